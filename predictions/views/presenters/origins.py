"""What pages are given of the sources of a race."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRow:
    label: str  # "Qualifying"
    source: str  # "archive (F1DB)"
    n_rows: int
    changed_at: datetime | None
    confirmed_at: datetime | None
    n_corrections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceSources:
    """Who says what of a race; the last two lead editors on."""

    rows: Sequence[OriginRow]
    csv_url: str
    json_url: str
    history_url: str
    corrections_url: str
