"""What the pages of drivers, teams and circuits, and the track record, are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from predictions.views.presenters.frame import Link, NamedDriver
from predictions.views.presenters.race import ResultCell


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverHead:
    name: str
    slug: str
    code: str = ""
    number: int | None = None
    nationality: str = ""
    born_on: date | None = None
    died_on: date | None = None
    age: int | None = None
    team_name: str = ""
    team_slug: str = ""
    team_class: str = "team-other"
    n_starts: int = 0
    n_wins: int = 0
    n_podiums: int = 0
    n_poles: int = 0
    n_titles: int = 0
    first_year: int | None = None
    last_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSeason:
    year: int
    team_name: str
    team_slug: str
    team_class: str
    n_starts: int
    n_wins: int
    n_podiums: int
    n_poles: int
    points: Decimal | None
    standing: str = ""  # "1", "DSQ"
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastResult:
    """A race of one driver, or of one car of a team."""

    label: str  # "Qatar 2024"
    url: str
    date: date
    result: ResultCell
    team_class: str
    grid_text: str = ""
    driver: NamedDriver | None = None  # on team pages
    p_win: float | None = None
    rating_change: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRace:
    """The forecast of the next race for one driver, or the next race at a circuit."""

    label: str
    url: str
    starts_at: datetime | None
    p_win: float | None = None
    p_podium: float | None = None
    expected_position: float | None = None
    low: int | None = None
    high: int | None = None
    grid: int | None = None
    driver: NamedDriver | None = None  # on team pages


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamHead:
    name: str
    slug: str
    team_class: str
    full_name: str = ""
    country: str = ""
    first_year: int | None = None
    last_year: int | None = None
    n_starts: int = 0
    n_wins: int = 0
    n_podiums: int = 0
    n_poles: int = 0
    n_titles: int = 0
    predecessor: Link | None = None
    successor: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSeason:
    year: int
    drivers: Sequence[NamedDriver]
    n_wins: int
    n_podiums: int
    points: Decimal | None
    standing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitHead:
    name: str
    slug: str
    place: str
    country: str
    full_name: str = ""
    type_label: str = ""  # "Street circuit"
    direction: str = ""
    length_km: float | None = None
    n_turns: int | None = None
    n_races: int = 0
    first_year: int | None = None
    last_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    label: str
    length_km: float | None
    n_turns: int | None
    years: str
    n_races: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWinner:
    label: str  # "Italian Grand Prix 2024"
    year: int
    url: str
    winner: NamedDriver
    team_name: str
    grid_text: str = ""
    pole: NamedDriver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverIndexRow:
    name: str
    slug: str
    code: str
    team_class: str
    nationality: str
    years: str
    n_starts: int
    n_wins: int
    n_podiums: int
    rating: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamIndexRow:
    name: str
    slug: str
    team_class: str
    country: str
    years: str
    n_starts: int
    n_wins: int
    n_podiums: int
    n_titles: int = 0
    rating: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitIndexRow:
    name: str
    slug: str
    place: str
    country: str
    type_label: str
    length_km: float | None
    n_races: int
    first_year: int | None
    last_year: int | None
    years: str
    pole_wins: float | None = None  # share of recent races won from the first slot
    n_poles: int = 0  # recent races that somebody started from it
    moved: float | None = None  # places between slot and flag, mean of recent races


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonScores:
    """Our scores of one season beside the best baseline."""

    year: int
    n: int
    log_loss: float
    baseline_log_loss: float
    winner_hit: float
    top_three: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A driver whom the reader follows."""

    name: str
    slug: str
    code: str
    team_class: str
    rating: float | None
    p_win: float | None  # of the next race
