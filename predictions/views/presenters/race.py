"""What pages are given of a race, its forecasts, its result and its scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from predictions.charts import words
from predictions.views.presenters.frame import Link, NamedDriver

STAGE_LABELS = {
    "pre_weekend": "Pre-weekend",
    "post_practice": "Post-practice",
    "post_qualifying": "Post-qualifying",
    "final_grid": "Final grid",
}


SMALL = 0.01  # rows of the win bars shrink below this chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    impact: int  # 0 to 10
    label: str  # "17 °C, dry"
    detail: str = ""  # "wind 9 km/h"
    is_forecast: bool = False
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWeather:
    """A line of the weather of a weekend; unknown figures are dashes."""

    session: str  # "FP1", "Sprint qualifying"
    label: str  # "17 °C, dry"
    rain: str
    wind: str
    humidity: str
    is_forecast: bool
    known_at: datetime | None
    is_provisional: bool  # observed, but the archive may know better
    source: str  # empty: nobody knows it
    impact: int | None  # 0 to 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceHead:
    label: str  # "Australian Grand Prix"
    official_name: str
    year: int
    round: int
    date: date
    status: str  # scheduled, completed, cancelled, postponed
    circuit_name: str
    circuit_slug: str
    place: str
    country: str
    url: str = ""
    n_rounds: int | None = None
    starts_at: datetime | None = None
    track_time: str = ""  # "22:00 Sat"
    laps: int | None = None
    length_km: float | None = None
    circuit_type: str = ""  # "Street circuit"
    is_sprint: bool = False
    is_next: bool = False
    wet: bool | None = None
    weather: Weather | None = None
    weather_awaited: str = ""  # "Weather forecast from 28 Feb 2025 on"
    previous: Link | None = None
    next: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTab:
    """A forecast stage; without a ``url`` none was issued (yet)."""

    stage: str
    label: str
    state: str  # "Mon 18 Nov 2024", "due Sat 15 Mar", "not issued: source late"
    due_at: datetime | None = None  # where not just the day is known
    needs: str = ""  # beside its source: "needs an editor"
    url: str = ""
    is_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastHead:
    model_label: str  # "ensemble v2"
    model_url: str = ""  # of its card
    stage: str
    stage_label: str
    issued_at: datetime
    content_hash: str  # hexadecimal
    n_drivers: int
    knew: str = ""  # a sentence on what the forecast knew
    data_grade: str = ""  # "Data grade B: no practice"; empty where nothing was missing
    late: bool = False
    is_ours: bool = True
    stored_at: datetime | None = None  # set where a stopped clock wrote issued_at
    starts_at: datetime | None = None
    previous_stage_label: str = ""  # whose chances the upright ticks show
    permanent_url: str = ""
    json_url: str = ""
    csv_url: str = ""

    @property
    def seal(self) -> str:
        """How the stamp looks: "sealed" or "late"."""
        return "late" if self.late else "sealed"

    @property
    def margin(self) -> timedelta | None:
        """Time between issue and start, negative when issued after it."""
        return self.starts_at - self.issued_at if self.starts_at else None

    @property
    def lateness(self) -> str:
        """Why a late forecast is late: after lights out, or with the result known."""
        if self.margin is None:
            return ""
        if self.margin > timedelta(0):
            return "when the result was on record"
        return f"{words.span(self.margin)} after lights out"

    @property
    def short_hash(self) -> str:
        return f"{self.content_hash[:8]}…{self.content_hash[-4:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultCell:
    text: str  # "1", "Ret", "DSQ"
    status: str
    position: int | None = None
    points: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRow:
    position_rank: int
    driver_name: str
    driver_slug: str
    code: str
    team_name: str
    team_slug: str
    team_class: str
    p_win: float
    p_podium: float
    p_points: float
    p_dnf: float
    expected_position: float
    low: int  # bounds of the 80 % range of finishing places
    high: int
    car_number: int | None = None
    is_second_car: bool = False
    p_win_before: float | None = None  # at the previous stage
    grid: int | None = None
    is_favorite: bool = False
    result: ResultCell | None = None

    @property
    def change(self) -> int | None:
        """Points of win chance since the previous stage, as printed."""
        if self.p_win_before is None:
            return None
        return words.points_between(self.p_win, self.p_win_before)

    @property
    def is_small(self) -> bool:
        return self.p_win < SMALL


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """Chances of one driver for each place, first place first."""

    code: str
    name: str
    slug: str
    team_class: str
    shares: Sequence[float]
    n_points: int = 10  # places that score points


@dataclass(frozen=True, slots=True, kw_only=True)
class MateDuel:
    """Which of two team-mates finishes ahead; ``first`` is the likelier."""

    first: NamedDriver
    second: NamedDriver
    team_name: str
    team_slug: str
    is_first_ahead: bool | None = None  # once both have a place

    @property
    def verdict(self) -> str:
        """Who was ahead, in words; nothing before the flag."""
        if self.is_first_ahead is None:
            return ""
        return self.first.code if self.is_first_ahead else self.second.code


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifiedRow:
    """A line of the published result of a race."""

    result: ResultCell
    driver_name: str
    driver_slug: str
    code: str
    team_name: str
    team_slug: str
    team_class: str
    car_number: int | None = None
    grid_text: str = ""  # "1", "pit"
    laps: int | None = None
    time_text: str = ""  # "1:31:44.742", "+22.457", "engine"
    is_fastest_lap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """Scores of one forecast; ``best`` names the columns where it leads."""

    label: str
    is_ours: bool = False
    is_shadow: bool = False  # measured beside ours, never shown as it
    url: str = ""  # of the card of the version
    n: int = 1  # races
    winner_chance: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    rps: float | None = None
    winner_hit: float | None = None  # share of winners named first
    best: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How a forecast did, beside the baselines."""

    scores: Sequence[ScoreRow]
    surprise: str = ""  # the biggest surprise in words
    n_races: int = 0  # scored in all
    result_label: str = "result"  # "provisional result of 24 Nov 2024"
    is_behind: bool = False  # against another version than the one that is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingMove:
    """What a race did to one rating, in Elo points."""

    code: str
    name: str
    team_class: str
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentForecast:
    """A past race as one line: who won, and what we had said."""

    label: str  # "Monaco"
    url: str
    winner_code: str
    winner_name: str
    our_rank: int
    p_win: float

    @property
    def mark(self) -> str:
        """ "hit" when our first won, "near" for our second or third, else "miss"."""
        if self.our_rank == 1:
            return "hit"
        return "near" if self.our_rank <= 3 else "miss"
