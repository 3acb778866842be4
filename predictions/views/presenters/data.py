"""What the page on the health of the data is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How much there is of one kind: the text says it, the tone repeats it."""

    text: str
    tone: str  # full, part, none, off
    reading: str
    url: str = ""  # where a gap is looked into, or mended


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessRow:
    label: str
    url: str
    note: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """A race whose day has passed without a result."""

    label: str
    url: str
    edit_url: str = ""  # of those who may correct


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    label: str
    good_at: datetime | None
    age: str  # "3 h 20 min"
    tried_at: datetime | None
    outcome: str
    asked: str  # "12 of 200"
    shut_until: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """A kind of figures, and when a source last confirmed any of them."""

    label: str  # "Race results"
    heard_at: datetime | None
    age: str  # "3 h 20 min"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    subject: str
    url: str
    what: str  # "results, laps"
    ours: str
    theirs: str
    source: str
    since: datetime
    edit_url: str = ""  # of those who may correct
