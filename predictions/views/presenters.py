"""What the templates are given: plain frozen values, and the sentences on top of pages.

Views fill these from the record; nothing here reads a table. Chances are floats in
[0, 1], moments are aware, and every ``url`` is ready to print ("" where there is none).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from predictions.charts import words

STAGE_LABELS = {
    "pre_weekend": "Pre-weekend",
    "post_practice": "Post-practice",
    "post_qualifying": "Post-qualifying",
    "final_grid": "Final grid",
}
SMALL = 0.01  # rows of the win bars shrink below this chance


# The frame of every page


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
    version: str
    record_until: RecordEnd | None = None
    is_stale: bool = False  # a race has been held that the record does not hold
    update_hint: str = ""  # the command that brings the record up to date
    data_grade: str = ""  # "A: 20 of 20 entries, grid confirmed"


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


# A race and its forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    impact: int  # 0 to 10
    label: str  # "17 °C, dry"
    detail: str = ""  # "wind 9 km/h"


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
    track_time: str = ""  # "22:00 Sat at the track"
    laps: int | None = None
    length_km: float | None = None
    circuit_type: str = ""  # "Street circuit"
    is_sprint: bool = False
    is_next: bool = False
    wet: bool | None = None
    weather: Weather | None = None
    previous: Link | None = None
    next: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTab:
    """A forecast stage; without a ``url`` it was not issued."""

    stage: str
    label: str
    state: str  # "Mon 18 Nov", "due Sat 17:00", "not issued: source late"
    url: str = ""
    is_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastHead:
    model_label: str  # "ensemble 2024.2"
    stage: str
    stage_label: str
    issued_at: datetime
    content_hash: str  # hexadecimal
    n_drivers: int
    as_of: datetime
    knew: str = ""  # a sentence on what the forecast knew
    late: bool = False
    is_replay: bool = False
    starts_at: datetime | None = None
    previous_stage_label: str = ""  # whose chances the upright ticks show
    permanent_url: str = ""
    verify_url: str = ""
    json_url: str = ""
    csv_url: str = ""

    @property
    def seal(self) -> str:
        """How the stamp looks: "sealed", "replayed" or "late"."""
        if self.late:
            return "late"
        return "replayed" if self.is_replay else "sealed"

    @property
    def margin(self) -> timedelta | None:
        """Time between issue and start, negative when issued after it."""
        return self.starts_at - self.issued_at if self.starts_at else None

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
    result_label: str = "result"  # "final result", "provisional result"


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


# Calendar and ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDriver:
    code: str
    name: str
    slug: str
    team_class: str
    chance: float | None = None


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
    is_sprint: bool = False
    is_next: bool = False
    note: str = ""  # why it was cancelled or moved
    winner: NamedDriver | None = None
    favourite: NamedDriver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    rank: int
    name: str
    url: str
    code: str
    team_class: str
    rating: float
    team_name: str = ""
    change: float | None = None  # Elo points since the race before
    rank_change: int | None = None
    deviation: float | None = None
    n_starts: int | None = None
    spark: Sequence[float] = ()
    peak: float | None = None
    peak_year: int | None = None
    is_second_car: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsHead:
    """Which ratings are shown, and when they were true."""

    title: str  # "Driver ratings"
    kind: str  # driver, team
    session: str  # race, qualifying
    as_of: date
    as_of_label: str  # "after Abu Dhabi 2024"
    first: date
    last: date
    kinds: Sequence[Choice] = ()
    sessions: Sequence[Choice] = ()


# Drivers, teams, circuits


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
class Duel:
    """A driver against one team-mate: sessions both finished."""

    name: str
    slug: str
    code: str
    team_name: str
    team_class: str
    years: str  # "2015–2017"
    quali_for: int
    quali_against: int
    race_for: int
    race_against: int


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
    nationality: str = ""
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
    team_name: str
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
    nationality: str
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
    years: str


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
class Miss:
    """A winner to whom we gave a small chance."""

    label: str
    url: str
    winner: NamedDriver
    our_rank: int
    p_win: float
    favourite: NamedDriver | None = None


# Sentences and orders


def lead_sentence(rows: Sequence[ForecastRow], *, where: str) -> Lead:
    """The forecast in words, with its chance and what speaks against it.

    >>> # "A is the favourite in Melbourne at 34 % (about 1 in 3). Two times in three
    >>> # somebody else wins."
    """
    favourites = favourites_of(rows)
    first = favourites[0]
    if len(favourites) > 1:
        return _level_sentence(favourites, where=where)
    parts = [
        LeadPart(text=first.driver_name, kind="name"),
        LeadPart(text=f" is the favourite {where} at "),
        LeadPart(text=_chance(first.p_win), kind="chance"),
        LeadPart(text=_start_words(first) + ". "),
    ]
    if first.p_win < 0.975:
        text = f"{words.times_in(1 - first.p_win)} somebody else wins."
        parts.append(LeadPart(text=text))
    return Lead(parts=tuple(parts))


def review_sentence(rows: Sequence[ForecastRow]) -> Lead | None:
    """The result in words, and what the forecast had said; None without a winner."""
    winners = [row for row in rows if row.result and row.result.position == 1]
    if not winners:
        return None
    winner, favourite = winners[0], favourites_of(rows)[0]
    opening = " won" + (f" from {words.ordinal(winner.grid)}" if winner.grid else "")
    parts = [
        LeadPart(text=winner.driver_name, kind="name"),
        LeadPart(text=f"{opening}. Our forecast gave "),
        LeadPart(text=_chance(winner.p_win), kind="chance"),
    ]
    parts.append(LeadPart(text=_verdict(winner, favourite)))
    return Lead(parts=tuple(parts))


def favourites_of(rows: Sequence[ForecastRow]) -> list[ForecastRow]:
    """The top of a forecast, all of a tie."""
    top = max(row.p_win for row in rows)
    return [row for row in rows if row.p_win == top]


def likely_podium(rows: Sequence[ForecastRow]) -> list[ForecastRow]:
    """The three with the best chance of a podium."""
    return sorted(rows, key=lambda row: -row.p_podium)[:3]


def movers(rows: Sequence[ForecastRow], n: int = 6) -> list[ForecastRow]:
    """Drivers whose chance moved most since the previous stage, gains first."""
    moved = [row for row in rows if row.change]
    moved.sort(key=lambda row: -abs(row.change or 0))
    return sorted(moved[:n], key=lambda row: -(row.change or 0))


def largest_moves(moves: Sequence[RatingMove], n: int = 5) -> list[RatingMove]:
    """The largest gains and the largest losses of a race, gains first."""
    ordered = sorted(moves, key=lambda move: -move.change)
    gains = [move for move in ordered if move.change > 0][:n]
    return gains + [move for move in ordered if move.change < 0][-n:]


def mark_best(scores: Sequence[ScoreRow]) -> list[ScoreRow]:
    """Name in each row the columns where it is best (all of a tie)."""
    lower = ("log_loss", "brier", "rps")
    higher = ("winner_chance", "winner_hit")
    best: dict[str, float] = {}
    for column in (*lower, *higher):
        values = [v for row in scores if (v := getattr(row, column)) is not None]
        if values:
            best[column] = (min if column in lower else max)(values)
    return [
        replace(
            row,
            best=frozenset(c for c, value in best.items() if getattr(row, c) == value),
        )
        for row in scores
    ]


# Sort keys of the forecast table: label, attribute, whether large comes first.
FORECAST_SORTS = {
    "grid": ("Grid", "grid", False),
    "win": ("Win", "p_win", True),
    "podium": ("Podium", "p_podium", True),
    "points": ("Points", "p_points", True),
    "dnf": ("Retire", "p_dnf", True),
    "expected": ("Expected", "expected_position", False),
}


def forecast_columns(base_url: str, active: str = "win") -> list[Column]:
    """Heads of the forecast table; ``base_url`` ends in "?" or "&"."""
    return [
        Column(
            key=key,
            label=label,
            url=f"{base_url}sort={key}",
            is_active=key == active,
        )
        for key, (label, _, _) in FORECAST_SORTS.items()
    ]


def sort_rows(rows: Sequence[ForecastRow], key: str) -> list[ForecastRow]:
    """Forecast rows by one of `FORECAST_SORTS`; unknown values last, ties by rank."""
    _, attribute, large_first = FORECAST_SORTS.get(key, FORECAST_SORTS["win"])
    sign = -1 if large_first else 1

    def order(row: ForecastRow) -> tuple[bool, float, int]:
        value = getattr(row, attribute)
        return value is None, sign * (value or 0), row.position_rank

    return sorted(rows, key=order)


def _chance(chance: float) -> str:
    return f"{words.percent(chance)} ({words.frequency(chance)})"


def _start_words(row: ForecastRow) -> str:
    notes = []
    if row.grid:
        notes.append(
            "from pole" if row.grid == 1 else f"from {words.ordinal(row.grid)}"
        )
    if row.p_win_before is not None and row.change:
        way = "up" if row.change > 0 else "down"
        notes.append(f"{way} from {words.percent(row.p_win_before)}")
    return "".join(f", {note}" for note in notes)


def _level_sentence(favourites: Sequence[ForecastRow], *, where: str) -> Lead:
    if len(favourites) > 3:
        chance = _chance(favourites[0].p_win)
        return Lead(
            parts=(
                LeadPart(
                    text=f"No favourite {where}: {len(favourites)} drivers stand "
                ),
                LeadPart(text="level at "),
                LeadPart(text=chance, kind="chance"),
                LeadPart(text=" each."),
            )
        )
    names = " and ".join(row.driver_name for row in favourites)
    return Lead(
        parts=(
            LeadPart(text=names, kind="name"),
            LeadPart(text=f" stand level {where} at "),
            LeadPart(text=_chance(favourites[0].p_win), kind="chance"),
            LeadPart(text=" each."),
        )
    )


def _verdict(winner: ForecastRow, favourite: ForecastRow) -> str:
    if winner.p_win == favourite.p_win:
        return ", more than anybody else had."
    end = favourite.result.text if favourite.result else ""
    place = words.ordinal(int(end)) if end.isdigit() else ""
    finish = f"finished {place}" if place else "did not finish"
    text = f"; our favourite, {favourite.driver_name}, at "
    text += f"{words.percent(favourite.p_win)}, {finish}."
    return text + (" A plain miss." if winner.p_win < 0.05 else "")
