"""From rows of the record to the arrays that are rated."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.db.models import Q, QuerySet

from ingestion.models import (
    QualifyingResult,
    Race,
    RaceResult,
    ResultStatus,
    SessionKind,
    Team,
    TeamEra,
)
from ratings.history import Ending, History, IntArray
from ratings.models import RatingKind

#: A retirement for one of these was a crash, as the sources word it.
CRASH_WORDS = ("accident", "collision", "crash", "damage", "spin", "spun")

#: Who was disqualified is left out, like who did not start: the place on the road
#: was taken with a car, or in a way, that does not compare.
RATED_STATUS = [
    ResultStatus.FINISHED,
    ResultStatus.LAPPED,
    ResultStatus.RETIRED,
    ResultStatus.NOT_CLASSIFIED,
]

#: Who of them came through to the flag. Who stopped before it has retired, also where
#: the rules counted the distance and gave a position.
FINISHED_STATUS = [ResultStatus.FINISHED, ResultStatus.LAPPED]

#: Fewer laps than this were no race (Spa 2021); its qualifying counts.
LEAST_LAPS = 5

#: The Indianapolis 500 counted for the championship up to 1960, though hardly
#: anybody drove both there and elsewhere.
INDIANAPOLIS = Q(grand_prix="indianapolis", season__lte=1960)

#: Who did not finish comes behind all who did.
BEHIND = 1000


class Row(NamedTuple):
    """What is rated of one driver in one session."""

    race: int
    driver: int
    team: int
    rank: int
    ending: int


@dataclass(frozen=True)
class Record:
    """All that is rated, in order of time.

    Attributes
    ----------
    race_ids, seasons : int arrays of shape (n_races,)
    driver_ids : int array, sorted; places in it are the drivers of the histories
    lineages : places in it are the teams of the histories
    histories : by kind; of the same races, drivers and lineages
    team_ids : by kind, int array of shape (n_rows,): the team of each row
    digests : SHA-256 of the rows of each race
    """

    race_ids: IntArray
    seasons: IntArray
    driver_ids: IntArray
    lineages: list[str]
    histories: dict[str, History]
    team_ids: dict[str, IntArray]
    digests: list[str]

    @property
    def data_hash(self) -> str:
        """SHA-256 of everything that is rated."""
        return hashlib.sha256("".join(self.digests).encode()).hexdigest()


class Lineages:
    """Which chain of renamed teams a team was a link of in a year. Two queries."""

    def __init__(self) -> None:
        self._teams = dict(Team.objects.values_list("pk", "slug"))
        self._eras: dict[int, list[TeamEra]] = defaultdict(list)
        for era in TeamEra.objects.order_by("first_year", "lineage"):
            self._eras[era.team_id].append(era)

    def of(self, team: int, year: int) -> str:
        """Slug of the first team of the chain; a team without one is its own."""
        for era in self._eras.get(team, ()):
            if era.first_year <= year <= (era.last_year or year):
                return era.lineage
        return self._teams[team]


def rated_races() -> QuerySet[Race]:
    """Races whose results are rated, in order of time."""
    return Race.objects.held().exclude(INDIANAPOLIS).order_by("starts_on", "id")


def read_record() -> Record:
    """The whole record as arrays. Five queries."""
    races = list(rated_races().values_list("id", "season_id", "laps"))
    years = {race: year for race, year, _ in races}
    run = {race for race, _, laps in races if laps is None or laps >= LEAST_LAPS}
    rows = {
        RatingKind.RACE.value: _first_of_each(_finishes(), run),
        RatingKind.QUALIFYING.value: _first_of_each(_qualifying(), set(years)),
    }
    return _Layout(years, rows).record()


def ending_of(status: str, reason: str) -> Ending:
    """How the race ended for somebody who did not finish, classified or not."""
    words = reason.lower()
    if status == ResultStatus.RETIRED and any(word in words for word in CRASH_WORDS):
        return Ending.CRASHED
    return Ending.FAILED


def _finishes() -> Iterator[Row]:
    results = RaceResult.objects.filter(status__in=RATED_STATUS)
    names = ("race_id", "driver_id", "team_id", "display_order", "position")
    for race, driver, team, order, position, status, reason in results.order_by(
        "race_id", "display_order"
    ).values_list(*names, "status", "reason"):
        if position is None or status not in FINISHED_STATUS:
            ending = ending_of(status, reason)
            yield Row(race, driver, team, BEHIND + order, ending)
        else:
            yield Row(race, driver, team, position, Ending.FINISHED)


def _qualifying() -> Iterator[Row]:
    results = QualifyingResult.objects.filter(kind=SessionKind.QUALIFYING)
    names = ("race_id", "driver_id", "team_id", "display_order", "position")
    for race, driver, team, order, position, status in results.order_by(
        "race_id", "display_order"
    ).values_list(*names, "status"):
        if position is None or status != QualifyingResult.Status.CLASSIFIED:
            yield Row(race, driver, team, BEHIND + order, Ending.FAILED)
        else:
            yield Row(race, driver, team, position, Ending.FINISHED)


def _first_of_each(rows: Iterator[Row], races: set[int]) -> list[Row]:
    """Of a driver with several rows in a race (shared cars) the best placed."""
    first: dict[tuple[int, int], Row] = {}
    for row in rows:
        if row.race in races:
            first.setdefault((row.race, row.driver), row)
    return list(first.values())


class _Layout:
    """Rows of each kind, on the way to arrays of one numbering."""

    def __init__(self, years: dict[int, int], rows: dict[str, list[Row]]) -> None:
        self._years = years
        self._place = {race: place for place, race in enumerate(years)}
        self._drivers = sorted({row.driver for kind in rows.values() for row in kind})
        cars = {(row.team, years[row.race]) for kind in rows.values() for row in kind}
        lineages = Lineages()
        self._lineage = {car: lineages.of(*car) for car in cars}
        self._lineages = sorted(set(self._lineage.values()))
        self._tables = {kind: self._table(some) for kind, some in rows.items()}

    def record(self) -> Record:
        return Record(
            race_ids=np.array(list(self._years), np.int64),
            seasons=np.array(list(self._years.values()), np.int64),
            driver_ids=np.array(self._drivers, np.int64),
            lineages=self._lineages,
            histories={kind: self._history(t) for kind, t in self._tables.items()},
            team_ids={kind: table[:, 3] for kind, table in self._tables.items()},
            digests=self._digests(),
        )

    def _table(self, rows: Sequence[Row]) -> IntArray:
        """Columns: race, driver and lineage as places, then team, rank, ending."""
        driver = {key: place for place, key in enumerate(self._drivers)}
        lineage = {slug: place for place, slug in enumerate(self._lineages)}
        lines = [
            (
                self._place[row.race],
                driver[row.driver],
                lineage[self._lineage[row.team, self._years[row.race]]],
                *row[2:],
            )
            for row in rows
        ]
        return np.array(sorted(lines), np.int64).reshape(-1, 6)

    def _offsets(self, table: IntArray) -> IntArray:
        return np.searchsorted(table[:, 0], np.arange(len(self._years) + 1))

    def _history(self, table: IntArray) -> History:
        return History(
            season=np.array(list(self._years.values()), np.int64),
            offsets=self._offsets(table),
            driver=table[:, 1],
            team=table[:, 2],
            rank=table[:, 4],
            ending=table[:, 5],
            n_drivers=len(self._drivers),
            n_teams=len(self._lineages),
        )

    def _digests(self) -> list[str]:
        """Made of keys and names, which stay, not of places, which shift."""
        drivers = np.array(self._drivers, np.int64)
        names = np.array([_number(slug) for slug in self._lineages], np.int64)
        pieces = []
        for table in self._tables.values():
            told = table[:, 1:].copy()
            told[:, 0], told[:, 1] = drivers[table[:, 1]], names[table[:, 2]]
            # Of no races, too, split would make a piece.
            split = np.split(told, self._offsets(table)[1:-1])
            pieces.append(split[: len(self._years)])
        return [
            hashlib.sha256(b"|".join(part.tobytes() for part in race)).hexdigest()
            for race in zip(*pieces, strict=True)
        ]


def _number(name: str) -> int:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
