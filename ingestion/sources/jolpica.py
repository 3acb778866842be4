"""The Ergast-compatible API of Jolpica: a season in a few addresses.

``fetch_*`` asks for pages, ``parse_*`` makes lines of them: what the source says, in
its own names, checked value by value. Numbers are texts, ``position`` is the place in
the list even of who retired, and the time of a lapped car misleads: see the tests.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from ingestion.errors import SourceFormatError
from ingestion.models import SessionKind
from ingestion.sources.pages import (
    Ask,
    Node,
    Page,
    WrongError,
    fetch_pages,
    rows,
    whole,
)

T = TypeVar("T")

RACES, STANDINGS = "RaceTable", "StandingsTable"
#: Up to here two drivers could share a car, and one drive two.
LAST_SHARED_CAR = 1964
#: Three parts of qualifying since then; before, what is called Q1 is all of it.
FIRST_KNOCKOUT = 2006
SESSIONS = {
    "FirstPractice": SessionKind.FP1,
    "SecondPractice": SessionKind.FP2,
    "ThirdPractice": SessionKind.FP3,
    "Qualifying": SessionKind.QUALIFYING,
    "SprintShootout": SessionKind.SPRINT_QUALIFYING,
    "SprintQualifying": SessionKind.SPRINT_QUALIFYING,
    "Sprint": SessionKind.SPRINT,
}
POSITION_TEXT = re.compile(r"[1-9]\d?|[RDWNFE]")
CODE = re.compile(r"[A-Z]{3}")
LAP_TIME = re.compile(r"(?:(\d{1,2}):)?(\d{1,2})\.(\d{3})")
POINTS = re.compile(r"\d{1,4}(\.\d{1,2})?")
NAME = re.compile(r"[A-Za-z0-9_-]+")
TRIES = 100  # no field of any season had as many cars


@dataclass(frozen=True, slots=True)
class DriverLine:
    id: str
    first_name: str
    last_name: str
    code: str
    permanent_number: str
    born_on: date | None
    nationality: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class TeamLine:
    id: str
    name: str
    nationality: str


@dataclass(frozen=True, slots=True)
class CircuitLine:
    id: str
    name: str
    place: str
    country: str
    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True, slots=True)
class RaceLine:
    season: int
    round: int
    name: str
    circuit: CircuitLine
    starts_on: date
    starts_at: datetime | None
    #: (kind, day, time), the race itself not among them.
    sessions: tuple[tuple[str, date, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A driver in a car at a race, in the published order from 1."""

    race: RaceLine
    display_order: int
    driver: DriverLine
    team: TeamLine
    car_number: str
    position: int


@dataclass(frozen=True, slots=True)
class FinishLine(SeatLine):
    text: str  # a number, or R D W N F E
    status: str
    points: Decimal
    grid: int
    laps: int
    time_ms: int | None
    has_time_text: bool
    best_lap_ms: int | None
    best_lap_rank: int | None


@dataclass(frozen=True, slots=True)
class QualifyingLine(SeatLine):
    parts_ms: tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A driver or a team in the championship after a round."""

    season: int
    round: int
    display_order: int
    who: DriverLine | TeamLine
    position: int | None
    points: Decimal


# --- reading --------------------------------------------------------------------
def parse_calendar(pages: list[Page], season: int) -> list[RaceLine]:
    """The races of a season. Rounds without a gap: a page that lost a race is none."""
    races = _lines(pages, "Races", "", season, lambda _, row, __: _race(row))
    rounds = [race.round for race in races]
    if len(rounds) > 1 and rounds != list(range(1, len(rounds) + 1)):
        raise SourceFormatError(f"{pages[0].address} has the rounds {rounds}")
    return races


def parse_results(pages: list[Page], season: int) -> list[FinishLine]:
    return _checked(_lines(pages, "Races", "Results", season, _finish), season)


def parse_sprint(pages: list[Page], season: int) -> list[FinishLine]:
    return _checked(_lines(pages, "Races", "SprintResults", season, _finish), season)


def parse_qualifying(pages: list[Page], season: int) -> list[QualifyingLine]:
    return _checked(
        _lines(pages, "Races", "QualifyingResults", season, _qualifying), season
    )


def parse_standings(pages: list[Page], season: int) -> list[StandingLine]:
    """Of drivers or of teams, whichever the table is."""
    of_teams = "constructor" in pages[0].address
    name = "ConstructorStandings" if of_teams else "DriverStandings"
    who: Callable[[Node], Any] = _team if of_teams else _driver
    key = "Constructor" if of_teams else "Driver"

    def read(group: Node, row: Node, order: int) -> StandingLine:
        return _standing(group, row, order, who(row.node(key)))

    lines = _lines(pages, "StandingsLists", name, season, read)
    _refuse_twice(pages, [(line.round, line.who.id) for line in lines])
    return lines


def _lines(
    pages: list[Page],
    outer: str,
    inner: str,
    season: int,
    read: Callable[[Node, Node, int], T],
) -> list[T]:
    """The lines of all rows; one error for all that are wrong."""
    lines: list[T] = []
    problems: list[str] = []
    order, last = 0, 0
    try:
        pairs = [_placed(pair, season) for pair in rows(pages, outer, inner)]
    except WrongError as error:
        raise _wrong(pages, [str(error)]) from None
    for round, group, row in pairs:
        if round < last:
            problems.append(f"round {round} comes after round {last}")
        order, last = (order + 1 if round == last else 1), round
        try:
            lines.append(read(group, row, order))
        except WrongError as error:
            problems.append(str(error))
    if problems:
        raise _wrong(pages, problems)
    return lines


def _placed(pair: tuple[Node, Node], season: int) -> tuple[int, Node, Node]:
    """A row with its round, in words that say where it stands."""
    group, row = pair
    if group.value("season", whole, "a season") != season:
        raise WrongError(f"a row of season {group.data['season']} in {season}")
    round = group.value("round", within(1, TRIES), "a round")
    where = f"{season} round {round}"
    who = row.data.get("Driver") or row.data.get("Constructor")
    if isinstance(who, dict):
        name = who.get("driverId") or who.get("constructorId")
        return round, group.at(where), row.at(f"{where} {str(name)[:40]}")
    return round, group.at(where), row.at(where)


def _wrong(pages: list[Page], problems: list[str]) -> SourceFormatError:
    return SourceFormatError(f"{pages[0].address} has rows that are wrong", problems)


L = TypeVar("L", bound=SeatLine)


def _checked(lines: list[L], season: int) -> list[L]:
    """Nobody stands twice in a race, outside of the years of shared cars."""
    problems: list[str] = []
    by_race: Callable[[L], int] = lambda line: line.race.round  # noqa: E731
    for round, group in groupby(lines, by_race):
        race = list(group)
        cars = [(line.driver.id, line.car_number) for line in race]
        drivers = [line.driver.id for line in race]
        # In qualifying who is disqualified may keep his place: Britain 2023.
        places = [line.position for line in race if isinstance(line, FinishLine)]
        problems += _twice(cars, f"{season} round {round}")
        if season > LAST_SHARED_CAR:
            problems += _twice(drivers, f"{season} round {round}")
            problems += _twice(places, f"{season} round {round}, position")
    if problems:
        raise SourceFormatError("Rows stand twice in a race", sorted(set(problems)))
    return lines


def _twice(values: Iterable[Any], where: str) -> Iterator[str]:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            yield f"{where}: {value} stands there twice"
        seen.add(value)


def _refuse_twice(pages: list[Page], values: Iterable[Any]) -> None:
    if problems := list(_twice(values, "round and name")):
        raise _wrong(pages, problems)


# --- the objects ----------------------------------------------------------------
def _race(node: Node) -> RaceLine:
    season = node.value("season", whole, "a season")
    starts_on, starts_at = _moment(node)
    if starts_on.year != season:
        raise WrongError(f"{node.where}, date is {starts_on}; expected one of {season}")
    return RaceLine(
        season,
        node.value("round", within(1, TRIES), "a round"),
        node.value("raceName", _text, "a name"),
        _circuit(node.node("Circuit")),
        starts_on,
        starts_at,
        tuple(_sessions(node)),
    )


def _sessions(node: Node) -> Iterator[tuple[str, date, datetime | None]]:
    for name, kind in SESSIONS.items():
        if session := node.maybe_node(name):
            yield kind.value, *_moment(session)


def _moment(node: Node) -> tuple[date, datetime | None]:
    day = node.value("date", date.fromisoformat, "a date as 2024-05-26")
    at = node.maybe(
        "time", lambda time: _utc(f"{day}T{time}"), "a time of day as 13:00:00Z"
    )
    return day, at


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)


def _circuit(node: Node) -> CircuitLine:
    place = node.node("Location")
    return CircuitLine(
        node.value("circuitId", _id, "an id"),
        node.value("circuitName", _text, "a name"),
        place.value("locality", str, "a place"),
        place.value("country", str, "a country"),
        place.value("lat", degrees(90), "degrees north"),
        place.value("long", degrees(180), "degrees east"),
    )


def _driver(node: Node) -> DriverLine:
    return DriverLine(
        node.value("driverId", _id, "an id"),
        node.value("givenName", _text, "a name"),
        node.value("familyName", _text, "a name"),
        node.maybe("code", _matching(CODE), "three capitals") or "",
        node.maybe("permanentNumber", _car_number, "a car number") or "",
        node.maybe("dateOfBirth", date.fromisoformat, "a date"),
        node.maybe("nationality", str, "a nationality") or "",
    )


def _team(node: Node) -> TeamLine:
    return TeamLine(
        node.value("constructorId", _id, "an id"),
        node.value("name", _text, "a name"),
        node.maybe("nationality", str, "a nationality") or "",
    )


def _seat(group: Node, row: Node, order: int) -> dict[str, Any]:
    return {
        "race": _race(group),
        "display_order": order,
        "driver": _driver(row.node("Driver")),
        "team": _team(row.node("Constructor")),
        "car_number": row.maybe("number", _car_number, "a car number") or "",
        "position": row.value("position", within(1, TRIES), "a position from 1"),
    }


def _finish(group: Node, row: Node, order: int) -> FinishLine:
    time, lap = row.maybe_node("Time"), row.maybe_node("FastestLap")
    return FinishLine(
        **_seat(group, row, order),
        text=row.value("positionText", _matching(POSITION_TEXT), "a number or R D W N"),
        status=row.value("status", _text, "a status"),
        points=row.value("points", _points(100), "points"),
        grid=row.value("grid", within(0, TRIES), "a slot of the grid, 0: none"),
        laps=row.value("laps", within(0, 250), "laps"),
        time_ms=time.value("millis", within(1, 86_400_000), "milliseconds")
        if time
        else None,
        has_time_text=bool(time and time.data.get("time")),
        best_lap_ms=_best_lap(lap) if lap else None,
        best_lap_rank=lap.maybe("rank", within(1, TRIES), "a rank") if lap else None,
    )


def _best_lap(lap: Node) -> int | None:
    time = lap.maybe_node("Time")
    return time.maybe("time", lap_time_ms, "a time as 1:31.295") if time else None


def _qualifying(group: Node, row: Node, order: int) -> QualifyingLine:
    parts = [row.maybe(f"Q{n}", lap_time_ms, "a time as 1:31.295") for n in (1, 2, 3)]
    return QualifyingLine(
        **_seat(group, row, order), parts_ms=(parts[0], parts[1], parts[2])
    )


def _standing(
    group: Node, row: Node, order: int, who: DriverLine | TeamLine
) -> StandingLine:
    """Who has no points has no ``position``, and a dash in its place."""
    return StandingLine(
        group.value("season", whole, "a season"),
        group.value("round", within(1, TRIES), "a round"),
        order,
        who,
        row.maybe("position", within(1, 500), "a position"),
        row.value("points", _points(2000), "points"),
    )


# --- the values -----------------------------------------------------------------
def within(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = whole(value)
        if not least <= number <= most:
            raise ValueError(value)
        return number

    return read


def degrees(most: int) -> Callable[[str], Decimal]:
    def read(value: str) -> Decimal:
        number = Decimal(value)
        if not number.is_finite() or abs(number) > most:
            raise ValueError(value)
        return round(number, 6)

    return read


def lap_time_ms(value: str) -> int:
    found = LAP_TIME.fullmatch(value)
    if not found or not value.isascii():
        raise ValueError(value)
    minutes, seconds, thousandths = found.groups()
    return (int(minutes or 0) * 60 + int(seconds)) * 1000 + int(thousandths)


def _points(most: int) -> Callable[[str], Decimal]:
    def read(value: str) -> Decimal:
        if not POINTS.fullmatch(value) or not value.isascii() or Decimal(value) > most:
            raise ValueError(value)
        return Decimal(value)

    return read


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(value)
        return value

    return read


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError(value)
    return value.strip()


_id = _matching(NAME)
_car_number = _matching(re.compile(r"[0-9]{1,3}"))


# --- what can be asked ----------------------------------------------------------
@dataclass(frozen=True)
class Query:
    """Rows of one kind, of a season or of one of its races.

    ``name`` is what they are, ``word`` what the address calls them.
    """

    kind: str
    name: str
    word: str
    table: str
    parse: Callable[[list[Page], int], list[Any]]


QUERIES = (
    # A race alone would not tell what the others did: the calendar is always whole.
    Query("calendar", "calendar", "", RACES, parse_calendar),
    Query("qualifying", "qualifying", "qualifying", RACES, parse_qualifying),
    Query("sprint", "sprint", "sprint", RACES, parse_sprint),
    Query("results", "results", "results", RACES, parse_results),
    Query("standings", "drivers", "driverstandings", STANDINGS, parse_standings),
    Query("standings", "teams", "constructorstandings", STANDINGS, parse_standings),
)
KINDS = tuple(dict.fromkeys(query.kind for query in QUERIES))


def fetch_query(query: Query, ask: Ask, season: int, round: int | None) -> list[Page]:
    """All pages of a query; of standings those after the newest round, or the given."""
    if not query.word:
        address = f"{season}.json"
    elif round:
        address = f"{season}/{round}/{query.word}.json"
    else:
        address = f"{season}/{query.word}.json"
    return fetch_pages(ask, address, table=query.table)
