"""What the history of ratings is given."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.views.presenters.frame import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A named line, and the address without it."""

    name: str
    code: str
    url: str
    remove_url: str
    team_class: str
    note: str = ""  # why it has no line


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinRow:
    label: str
    url: str
    ratings: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The chart as a table: a column for each named line, the newest row first."""

    caption: str
    head: str  # "Season", "Race"
    columns: Sequence[str]
    rows: Sequence[TwinRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryHead:
    """What is shown, and the addresses of everything near it."""

    kind: str
    session: str
    first: int
    last: int
    start: int
    end: int
    names: str | None  # as the address has them; None: who is best
    title: str
    sub: str
    troubles: Sequence[str]
    kinds: Sequence[Choice]
    sessions: Sequence[Choice]
    eras: Sequence[Choice]
    chips: Sequence[Chip]
    known: Sequence[str]  # names to complete
    best_url: str  # "" where the best are shown
    csv_url: str
    json_url: str
