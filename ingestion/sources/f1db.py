"""The files of an F1DB release, and which of their columns the record keeps.

Times are taken from the ``…Millis`` columns: the texts come in several shapes
(``3:27.071`` and ``3:00:6.883`` are both hours). Dates and times are UTC.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ingestion import records
from ingestion.colours import TEAM_COLOURS
from ingestion.models import Circuit, QualifyingResult, Race, ResultStatus, SessionKind
from ingestion.sources.sheets import (
    Sheet,
    choice,
    combined,
    constant,
    day,
    decimal,
    decimal_number,
    flag,
    moment,
    optional_day,
    optional_decimal,
    optional_whole,
    reference,
    required,
    text,
    whole,
    whole_number,
)
from ingestion.timezones import TIME_ZONES

#: What stands in place of a number in a classification. Excluded drivers and those
#: who did not practise were kept from the start; disqualified ones had taken it.
NO_POSITION = {
    "DNF": ResultStatus.RETIRED,
    "DNQ": ResultStatus.DID_NOT_QUALIFY,
    "DNPQ": ResultStatus.DID_NOT_QUALIFY,
    "DNS": ResultStatus.DID_NOT_START,
    "DNP": ResultStatus.DID_NOT_START,
    "EX": ResultStatus.DID_NOT_START,
    "DSQ": ResultStatus.DISQUALIFIED,
    "NC": ResultStatus.NOT_CLASSIFIED,
}
NO_QUALIFYING_POSITION = {
    **dict.fromkeys(NO_POSITION, QualifyingResult.Status.NOT_CLASSIFIED),
    "EX": QualifyingResult.Status.EXCLUDED,
    "DSQ": QualifyingResult.Status.DISQUALIFIED,
}
KINDS = {kind.name: kind.value for kind in Circuit.Kind}
SESSIONS = {
    "freePractice1": SessionKind.FP1,
    "freePractice2": SessionKind.FP2,
    "freePractice3": SessionKind.FP3,
    "freePractice4": SessionKind.FP4,
    "qualifying": SessionKind.QUALIFYING,
    "sprintQualifying": SessionKind.SPRINT_QUALIFYING,
    "sprintRace": SessionKind.SPRINT,
    "warmingUp": SessionKind.WARM_UP,
}
SESSION_COLUMNS = (
    *("date", "time"),
    *(f"{name}{part}" for name in SESSIONS for part in ("Date", "Time")),
)


@dataclass(frozen=True, slots=True)
class Country:
    slug: str
    name: str
    demonym: str
    code: str


@dataclass(frozen=True, slots=True)
class GrandPrix:
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A team in the chain of renamed teams that ``chain`` names."""

    chain: str
    order: int
    team: str
    first_year: int
    last_year: int | None


@dataclass(frozen=True, slots=True)
class RaceId:
    """The number of a race in this release; the next one may number anew."""

    id: str
    season: int
    grand_prix: str


@dataclass(frozen=True, slots=True)
class Timetable:
    season: int
    grand_prix: str
    sessions: list[tuple[str, date, datetime | None]]


@dataclass(frozen=True, slots=True)
class FastestLap:
    race: str
    driver: str
    car_number: str
    time_ms: int | None


@dataclass(frozen=True, slots=True)
class SeasonEntry:
    """A driver of a team in a season; no rounds before the season has begun."""

    season: int
    team: str
    driver: str
    rounds: frozenset[int]
    is_test_driver: bool


@dataclass
class Known:
    """What the rows of a release may refer to; grows as its files are read."""

    country_names: dict[str, str] = field(default_factory=dict)
    demonyms: dict[str, str] = field(default_factory=dict)
    country_codes: dict[str, str] = field(default_factory=dict)
    grands_prix: dict[str, str] = field(default_factory=dict)
    circuits: dict[str, str] = field(default_factory=dict)
    layouts: dict[str, str | None] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    drivers: dict[str, str] = field(default_factory=dict)
    races: dict[str, records.RaceRef] = field(default_factory=dict)


# --- readers of single facts ----------------------------------------------------
def finish_status(cells: tuple[str, str, str, str]) -> str:
    """How a race ended for a driver.

    A classified driver may have retired near the end (860 did): the reason says so.
    """
    number, position, gap_laps, reason = cells
    if not number:
        return NO_POSITION[position]
    if reason:
        return ResultStatus.RETIRED
    return ResultStatus.LAPPED if gap_laps else ResultStatus.FINISHED


def qualifying_status(cells: tuple[str, str]) -> str:
    number, position = cells
    if number:
        return QualifyingResult.Status.CLASSIFIED
    return NO_QUALIFYING_POSITION[position]


def driver_code(cells: tuple[str, str]) -> str:
    """Three capitals: D'Orey is published as ``D'O`` and becomes ``DOR``."""
    code, last_name = cells
    if code.isalpha():
        return code
    plain = unicodedata.normalize("NFKD", last_name)
    return "".join(c for c in plain if c.isascii() and c.isalpha())[:3].upper()


def sprint_format(cells: tuple[str, str, str]) -> str:
    """Sprint weekends changed their rules nearly every year."""
    year, qualifying, sprint_qualifying = cells
    formats = Race.SprintFormat
    if qualifying == "SPRINT_RACE":
        return formats.SETS_GRID_2021 if year == "2021" else formats.SETS_GRID_2022
    if not sprint_qualifying:
        return formats.NONE
    return formats.SHOOTOUT_2023 if year == "2023" else formats.QUALIFYING_2024


def points_or_none(value: str) -> Decimal:
    """Points; an empty cell means that none were scored."""
    return decimal_number(value) if value else Decimal(0)


def rounds(value: str) -> frozenset[int]:
    return frozenset(whole_number(part) for part in value.split(";") if part)


def timetable(cells: tuple[str, ...]) -> list[tuple[str, date, datetime | None]]:
    kinds = [SessionKind.RACE, *SESSIONS.values()]
    return [
        (kind, date.fromisoformat(on), moment(on, at))
        for kind, on, at in zip(kinds, cells[::2], cells[1::2], strict=True)
        if on
    ]


# --- the files ------------------------------------------------------------------
COUNTRIES = Sheet(
    "f1db-countries.csv",
    Country,
    {
        "slug": required("id"),
        "name": required("name"),
        "demonym": text("demonym"),
        "code": text("alpha3Code"),
    },
    unique=("id",),
)
GRANDS_PRIX = Sheet(
    "f1db-grands-prix.csv",
    GrandPrix,
    {"slug": required("id"), "name": required("fullName")},
    unique=("id",),
)


def circuits(known: Known) -> Sheet[records.CircuitRecord]:
    columns = {
        "slug": required("id"),
        "name": required("name"),
        "full_name": required("fullName"),
        "place": required("placeName"),
        "country": reference("countryId", known.country_names, "country"),
        "latitude": optional_decimal("latitude"),
        "longitude": optional_decimal("longitude"),
        "length_km": optional_decimal("length"),
        "turns": optional_whole("turns"),
        "kind": choice("type", KINDS),
        "is_clockwise": choice(
            "direction", {"CLOCKWISE": True, "ANTI_CLOCKWISE": False}
        ),
        "time_zone": combined(("id",), lambda slug: TIME_ZONES.get(slug, ""), "a slug"),
    }
    return Sheet(
        "f1db-circuits.csv",
        records.CircuitRecord,
        columns,
        unique=("id",),
        is_core=True,
    )


def layouts(known: Known) -> Sheet[records.LayoutRecord]:
    columns = {
        "slug": required("id"),
        "circuit": reference("circuitId", known.circuits, "circuit"),
        "length_km": decimal("length"),
        "turns": optional_whole("turns"),
    }
    return Sheet(
        "f1db-circuits-layouts.csv", records.LayoutRecord, columns, unique=("id",)
    )


def teams(known: Known) -> Sheet[records.TeamRecord]:
    columns = {
        "slug": required("id"),
        "name": required("name"),
        "full_name": required("fullName"),
        "country": reference("countryId", known.country_names, "country"),
        "colour": combined(("id",), lambda slug: TEAM_COLOURS.get(slug, ""), "a slug"),
    }
    return Sheet(
        "f1db-constructors.csv",
        records.TeamRecord,
        columns,
        unique=("id",),
        is_core=True,
    )


def chronology(known: Known) -> Sheet[Link]:
    columns = {
        "chain": reference("parentConstructorId", known.teams, "constructor"),
        "order": whole("positionDisplayOrder"),
        "team": reference("constructorId", known.teams, "constructor"),
        "first_year": whole("yearFrom"),
        "last_year": optional_whole("yearTo"),
    }
    return Sheet(
        "f1db-constructors-chronology.csv",
        Link,
        columns,
        unique=("parentConstructorId", "positionDisplayOrder"),
        is_core=True,
    )


def drivers(known: Known) -> Sheet[records.DriverRecord]:
    columns = {
        "slug": required("id"),
        "name": required("name"),
        "first_name": required("firstName"),
        "last_name": required("lastName"),
        "code": combined(("abbreviation", "lastName"), driver_code, "three capitals"),
        "permanent_number": text("permanentNumber"),
        "born_on": optional_day("dateOfBirth"),
        "died_on": optional_day("dateOfDeath"),
        "nationality": reference("nationalityCountryId", known.demonyms, "country"),
        "country_code": reference(
            "nationalityCountryId", known.country_codes, "country"
        ),
    }
    return Sheet(
        "f1db-drivers.csv", records.DriverRecord, columns, unique=("id",), is_core=True
    )


RACE_IDS = Sheet(
    "f1db-races.csv",
    RaceId,
    {
        "id": required("id"),
        "season": whole("year"),
        "grand_prix": required("grandPrixId"),
    },
    unique=("id",),
    is_core=True,
)
TIMETABLES = Sheet(
    "f1db-races.csv",
    Timetable,
    {
        "season": whole("year"),
        "grand_prix": required("grandPrixId"),
        "sessions": combined(SESSION_COLUMNS, timetable, "dates and times of day"),
    },
)


def races(known: Known) -> Sheet[records.RaceRecord]:
    columns = {
        "id": constant(None),
        "season": whole("year"),
        "round": whole("round"),
        "grand_prix": required("grandPrixId"),
        "name": reference("grandPrixId", known.grands_prix, "Grand Prix"),
        "official_name": text("officialName"),
        "circuit": reference("circuitId", known.circuits, "circuit"),
        "layout": reference("circuitLayoutId", known.layouts, "layout"),
        "starts_on": day("date"),
        "starts_at": combined(
            ("date", "time"), lambda cells: moment(*cells), "a time of day"
        ),
        "status": constant(Race.Status.SCHEDULED.value),
        "qualifying_format": combined(("qualifyingFormat",), str.lower, "a format"),
        "sprint_format": combined(
            ("year", "qualifyingFormat", "sprintQualifyingFormat"),
            sprint_format,
            "a format",
        ),
        "laps": optional_whole("laps"),
        "scheduled_laps": optional_whole("scheduledLaps"),
        "course_length_km": optional_decimal("courseLength"),
    }
    return Sheet(
        "f1db-races.csv",
        records.RaceRecord,
        columns,
        unique=("year", "grandPrixId"),
        is_core=True,
    )


def season_entries(known: Known) -> Sheet[SeasonEntry]:
    columns = {
        "season": whole("year"),
        "team": reference("constructorId", known.teams, "constructor"),
        "driver": reference("driverId", known.drivers, "driver"),
        "rounds": combined(("rounds",), rounds, "rounds as 1;2;3"),
        "is_test_driver": flag("testDriver"),
    }
    return Sheet("f1db-seasons-entrants-drivers.csv", SeasonEntry, columns)
