"""What a source says, before it meets the database.

A field is named like the model's. References are natural keys: a slug, or
``(season, grand_prix)`` for a race.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

#: Season and Grand Prix: no Grand Prix occurs twice in a year, rounds move.
RaceRef = tuple[int, str]


@dataclass(frozen=True, slots=True)
class CircuitRecord:
    slug: str
    name: str
    full_name: str
    place: str
    country: str
    latitude: Decimal | None
    longitude: Decimal | None
    length_km: Decimal | None
    turns: int | None
    kind: str
    is_clockwise: bool
    time_zone: str


@dataclass(frozen=True, slots=True)
class LayoutRecord:
    slug: str
    circuit: str
    length_km: Decimal
    turns: int | None


@dataclass(frozen=True, slots=True)
class TeamRecord:
    slug: str
    name: str
    full_name: str
    country: str
    colour: str


@dataclass(frozen=True, slots=True)
class TeamEraRecord:
    team: str
    lineage: str
    first_year: int
    last_year: int | None


@dataclass(frozen=True, slots=True)
class DriverRecord:
    slug: str
    name: str
    first_name: str
    last_name: str
    code: str
    permanent_number: str
    born_on: date | None
    died_on: date | None
    nationality: str
    country_code: str


@dataclass(frozen=True, slots=True)
class SeasonRecord:
    year: int


@dataclass(frozen=True, slots=True)
class RaceRecord:
    """``id`` is empty where the source leaves the key to the record."""

    id: int | None
    season: int
    round: int | None
    grand_prix: str
    name: str
    official_name: str
    circuit: str
    layout: str | None
    starts_on: date
    starts_at: datetime | None
    status: str
    qualifying_format: str
    sprint_format: str
    laps: int | None
    scheduled_laps: int | None
    course_length_km: Decimal | None

    @property
    def ref(self) -> RaceRef:
        return self.season, self.grand_prix


@dataclass(frozen=True, slots=True)
class SessionRecord:
    race: RaceRef
    kind: str
    starts_on: date
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntryRecord:
    race: RaceRef
    driver: str
    team: str
    car_number: str
    is_practice_only: bool
    is_typed_in: bool = False


@dataclass(frozen=True, slots=True)
class SessionRowRecord:
    race: RaceRef
    driver: str
    team: str
    car_number: str
    display_order: int
    position: int | None


@dataclass(frozen=True, slots=True)
class SprintResultRecord(SessionRowRecord):
    is_classified: bool
    status: str
    reason: str
    grid: int | None
    from_pit_lane: bool
    qualifying_position: int | None
    laps: int | None
    time_ms: int | None
    gap_ms: int | None
    gap_laps: int | None
    penalty_ms: int | None
    points: Decimal


@dataclass(frozen=True, slots=True)
class RaceResultRecord(SprintResultRecord):
    is_shared_car: bool
    has_pole: bool
    has_fastest_lap: bool
    best_lap_ms: int | None
    pit_stops: int | None


@dataclass(frozen=True, slots=True)
class QualifyingResultRecord(SessionRowRecord):
    kind: str
    status: str
    time_ms: int | None
    q1_ms: int | None
    q2_ms: int | None
    q3_ms: int | None
    laps: int | None


@dataclass(frozen=True, slots=True)
class GridSlotRecord(SessionRowRecord):
    kind: str
    from_pit_lane: bool
    qualifying_position: int | None
    penalty_places: int | None
    penalty: str


@dataclass(frozen=True, slots=True)
class PracticeResultRecord(SessionRowRecord):
    kind: str
    time_ms: int | None
    laps: int | None


@dataclass(frozen=True, slots=True)
class DriverStandingRecord:
    race: RaceRef
    driver: str
    display_order: int
    position: int | None
    points: Decimal
    is_champion: bool


@dataclass(frozen=True, slots=True)
class TeamStandingRecord:
    race: RaceRef
    team: str
    engine: str
    display_order: int
    position: int | None
    points: Decimal
    is_champion: bool


@dataclass(frozen=True, slots=True)
class WeatherRecord:
    """An observation; ``race`` is found by season and round before it gets here."""

    race: RaceRef
    source: str
    air_temp_c: float | None
    humidity_pct: float | None
    wind_kmh: float | None
    rain_mm: float | None
    condition: str
    track_temp_c: float | None = None
    kind: str = "race"
    is_forecast: bool = False
    known_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """All that one source says, a list for each table of the record."""

    circuits: list[CircuitRecord] = field(default_factory=list)
    layouts: list[LayoutRecord] = field(default_factory=list)
    teams: list[TeamRecord] = field(default_factory=list)
    team_eras: list[TeamEraRecord] = field(default_factory=list)
    drivers: list[DriverRecord] = field(default_factory=list)
    seasons: list[SeasonRecord] = field(default_factory=list)
    races: list[RaceRecord] = field(default_factory=list)
    sessions: list[SessionRecord] = field(default_factory=list)
    entries: list[EntryRecord] = field(default_factory=list)
    results: list[RaceResultRecord] = field(default_factory=list)
    sprint_results: list[SprintResultRecord] = field(default_factory=list)
    qualifying_results: list[QualifyingResultRecord] = field(default_factory=list)
    grid_slots: list[GridSlotRecord] = field(default_factory=list)
    practice_results: list[PracticeResultRecord] = field(default_factory=list)
    driver_standings: list[DriverStandingRecord] = field(default_factory=list)
    team_standings: list[TeamStandingRecord] = field(default_factory=list)
    weather: list[WeatherRecord] = field(default_factory=list)
    #: Fields of races that the source is silent about: they repeat the record.
    unsaid: set[tuple[RaceRef, str]] = field(default_factory=set)
