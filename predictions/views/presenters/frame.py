"""What the frame of every page, and more than one page, is given."""

from dataclasses import dataclass
from datetime import date, datetime

from ingestion.models.calendar import FIRST_SEASON


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several addresses of a page: a tab, a season, a kind of rating."""

    label: str
    url: str
    is_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnd:
    """The newest race with a result."""

    label: str  # "Abu Dhabi Grand Prix 2024"
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteContext:
    name: str  # of the site
    now: datetime
    as_of: datetime  # of what is shown: its last change; of a stopped clock its moment
    version: str
    record_until: RecordEnd | None = None
    record_since: int = FIRST_SEASON  # with which careers are counted from
    is_clock_stopped: bool = False  # F1_NOW holds it
    is_stale: bool = False  # a race has been held that the record does not hold
    grade: str = ""  # of the record as a whole: "A, nothing open"
    update_hint: str = ""  # the command that brings the record up to date

    @property
    def lacks_early_seasons(self) -> bool:
        """Whether wins and titles may have been won before the record begins."""
        return self.record_since > FIRST_SEASON


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A figure, and what it is compared with."""

    label: str
    figure: str
    note: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Head of a table column; ``url`` sorts by it."""

    key: str
    label: str
    url: str = ""
    is_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where a long list stands: "1–100 of 907"."""

    text: str
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPart:
    """A piece of the lead sentence; ``kind`` is "", "name" or "chance"."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The sentence on top of a page, in words."""

    parts: tuple[LeadPart, ...]

    def __str__(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDriver:
    code: str
    name: str
    slug: str
    team_class: str
    chance: float | None = None
