"""What the pages of duels, chains and surprises are given."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.views.presenters.frame import Choice, NamedDriver


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Sessions of one kind between two drivers."""

    won: int
    lost: int
    gap_percent: float | None = None  # median; below 0 the first was faster
    gap_seconds: float | None = None
    left_out: str = ""  # "5 mechanical, 1 crash"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelRow:
    """A season, or all years, of two drivers in cars of one team."""

    years: str  # "2015–2017"
    driver: NamedDriver
    mate: NamedDriver
    url: str  # of the duel of the two
    team_name: str
    team_slug: str
    team_class: str
    qualifying: Score
    race: Score
    n_left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelsHead:
    """Which duels are shown, and what is left out of them."""

    exclude: str
    excludes: Sequence[Choice]
    title: str
    season: int | None = None  # of an overview without a driver
    driver: NamedDriver | None = None
    mate: NamedDriver | None = None
    notes: Sequence[str] = ()
    csv_url: str = ""
    json_url: str = ""
    chain_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    driver: NamedDriver
    mate: NamedDriver
    url: str  # of their duels
    teams: str
    years: str
    n_race: int
    n_qualifying: int
    won: int
    n: int
    points: float
    reach: float  # of the 95 % interval, Elo points
    strength: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSum:
    """What a chain says of its ends."""

    points: float
    low: float
    high: float
    reach: float
    strength: str
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurpriseRow:
    rank: int
    label: str
    url: str
    position: int
    winners: Sequence[NamedDriver]
    team_name: str
    team_class: str
    chance: str  # "0.06 %"
    often: str  # "about 1 in 33"
    bits: float
    even_bits: float
    place: int  # of the driver by the ratings
    n_rated: int
    favourite: NamedDriver | None
    became: str  # "7th", "out: engine"
    tag: str = ""  # "first race", "new team"
