"""What the calendar and the ratings are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal

from predictions.views.presenters.frame import Choice, Column, Link, NamedDriver


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRound:
    round: int | None
    label: str
    url: str
    date: date
    status: str
    circuit_name: str
    circuit_slug: str
    country: str
    starts_at: datetime | None = None
    zone: tzinfo | None = None  # in which the start is told; None: the reader's
    is_sprint: bool = False
    is_next: bool = False
    note: str = ""  # why it was cancelled or moved
    winner: NamedDriver | None = None
    favourite: NamedDriver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    """A place in a championship, as published."""

    position: int | None  # None: without a place
    name: str
    slug: str
    code: str
    team_class: str
    teams: Sequence[Link]  # of a driver up to then
    engine: str  # of a team that is ranked once for each
    points: Decimal
    gap: Decimal | None  # points to the leader; None without a place
    n_wins: int | None  # None: not known which engine won
    is_champion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    rank: int
    name: str
    slug: str
    url: str
    code: str
    team_class: str
    rating: float
    team_name: str = ""
    change: float | None = None  # Elo points since the race before
    rank_change: int | None = None
    is_new: bool = False  # was not in the table that ranks are compared with
    deviation: float = 0.0  # Elo points
    is_provisional: bool = False
    n_starts: int | None = None
    spark: Sequence[float] = ()
    peak: float | None = None
    peak_year: int | None = None
    is_second_car: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AllTimeRow:
    """A driver in the list of all, at his best or at his last."""

    rank: int
    name: str
    url: str
    code: str
    team_class: str
    years: str
    rating: float
    error: float  # half of the 95 % interval, Elo points
    reached: str  # the race
    reached_url: str
    n_starts: int
    n_wins: int
    n_podiums: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsHead:
    """Which ratings are shown, and when they were true."""

    kind: str  # driver, team
    session: str  # race, qualifying
    as_of: date
    as_of_label: str  # "after Abu Dhabi 2024"
    first: date
    last: date
    kinds: Sequence[Choice] = ()
    sessions: Sequence[Choice] = ()
    span: int = 5  # races over which ranks are shown to have moved
    spans: Sequence[int] = ()
    sort: str = "rating"
    columns: Mapping[str, Column] = field(default_factory=dict)
