"""How much of each season the record holds, kind by kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from f1site.base import clock
from ingestion import models
from ingestion.models import Race, SessionKind

THIS_RACE = OuterRef("pk")
Found = Exists | Coalesce | Q
#: The archive has times of day and dates of sessions from this season on. The live
#: source has those of earlier ones, but of them is asked by hand alone.
FIRST_TIMETABLE = 2024


@dataclass(frozen=True)
class Kind:
    """One kind of rows, and when they are to be expected.

    ``since`` is the first season of which a source that is asked by itself has it;
    what is there of earlier ones counts. Without ``rows`` the race
    itself is asked for its start.
    """

    key: str
    label: str
    what: str
    rows: Callable[[], QuerySet[Any]] | None = None
    since: int = models.calendar.FIRST_SEASON
    is_of_sprints: bool = False
    is_planned: bool = False

    def is_expected(self, race: "_Race") -> bool:
        if race.season < self.since or (self.is_of_sprints and not race.is_sprint):
            return False
        return race.is_over or self.is_planned

    def present(self) -> Found:
        if self.rows is None:
            return Q(starts_at__isnull=False)
        return Exists(self.rows())

    def number(self) -> Coalesce:
        counted = self.rows().order_by().values("race") if self.rows else None
        if counted is None:
            raise ValueError(f"kind {self.key!r} has no rows to count")
        n = Subquery(counted.annotate(n=Count("pk")).values("n"))
        return Coalesce(n, 0, output_field=IntegerField())


KINDS = (
    Kind(
        "calendar",
        "Start times",
        "lights out known to the minute",
        since=FIRST_TIMETABLE,
        is_planned=True,
    ),
    Kind(
        "sessions",
        "Session dates",
        "date of practice or qualifying known",
        lambda: models.Session.objects.filter(race=THIS_RACE).exclude(
            kind=SessionKind.RACE
        ),
        since=FIRST_TIMETABLE,
        is_planned=True,
    ),
    Kind(
        "entries",
        "Entries",
        "who was entered",
        lambda: models.Entry.objects.filter(race=THIS_RACE),
        is_planned=True,
    ),
    Kind(
        "practice",
        "Practice",
        "times of any practice",
        lambda: models.PracticeResult.objects.filter(race=THIS_RACE),
        since=1986,
    ),
    Kind(
        "qualifying",
        "Qualifying",
        "classification of qualifying",
        lambda: models.QualifyingResult.objects.filter(
            race=THIS_RACE, kind=SessionKind.QUALIFYING
        ),
    ),
    Kind(
        "grid",
        "Grid",
        "starting order of the race",
        lambda: models.GridSlot.objects.filter(race=THIS_RACE, kind=SessionKind.RACE),
    ),
    Kind(
        "sprint",
        "Sprint",
        "classification of the sprint, on sprint weekends",
        lambda: models.SprintResult.objects.filter(race=THIS_RACE),
        is_of_sprints=True,
    ),
    Kind(
        "results",
        "Results",
        "classification of the race",
        lambda: models.RaceResult.objects.filter(race=THIS_RACE),
    ),
    Kind(
        "standings",
        "Standings",
        "the drivers' championship after the race",
        lambda: models.DriverStanding.objects.filter(race=THIS_RACE),
    ),
    Kind(
        "weather",
        "Weather",
        "weather of the race, observed",
        lambda: models.WeatherData.objects.filter(
            race=THIS_RACE, is_forecast=False, kind=SessionKind.RACE
        ),
    ),
)
FACTS = ("pk", "season_id", "round", "name", "status", "sprint_format", "starts_on")


@dataclass(frozen=True)
class Share:
    """So many races have it, of those of which it is to be expected."""

    kind: Kind
    n: int
    of: int


@dataclass(frozen=True)
class SeasonShares:
    year: int
    n_races: int
    n_over: int
    shares: list[Share]


@dataclass(frozen=True)
class Sheets:
    """Rows of each kind of one race; None: not to be expected, and not there."""

    race: int
    name: str
    round: int | None
    is_over: bool
    counts: list[int | None]


@dataclass(frozen=True)
class _Race:
    pk: int
    season: int
    round: int | None
    name: str
    is_over: bool
    is_sprint: bool
    #: Of each kind: whether the race has rows, or how many.
    found: tuple[int, ...]


def by_season() -> list[SeasonShares]:
    """All seasons, the newest first. Races that are over count, and plans as such."""
    present = {f"has_{kind.key}": kind.present() for kind in KINDS}
    seasons: dict[int, list[_Race]] = {}
    for race in _races(Q(), present):
        seasons.setdefault(race.season, []).append(race)
    return [
        SeasonShares(
            year,
            len(races),
            sum(race.is_over for race in races),
            [_share(kind, i, races) for i, kind in enumerate(KINDS)],
        )
        for year, races in sorted(seasons.items(), reverse=True)
    ]


def of_season(year: int) -> list[Sheets]:
    """The races of a season with the rows that the record has of each kind."""
    numbers = {f"has_{kind.key}": _number(kind) for kind in KINDS}
    return [
        Sheets(
            race.pk,
            race.name,
            race.round,
            race.is_over,
            [
                n if n or kind.is_expected(race) else None
                for kind, n in zip(KINDS, race.found, strict=True)
            ],
        )
        for race in _races(Q(season=year), numbers)
    ]


def _number(kind: Kind) -> Found:
    return kind.number() if kind.rows else kind.present()


def _races(wanted: Q, found: dict[str, Any]) -> Iterator[_Race]:
    today = clock.now().date()
    races = Race.objects.filter(wanted).exclude(status=Race.Status.CANCELLED)
    rows = races.annotate(**found).order_by("starts_on", "pk")
    for row in rows.values_list(*FACTS, *found):
        pk, season, round, name, status, sprint, day = row[: len(FACTS)]
        yield _Race(
            pk,
            season,
            round,
            name,
            _is_over(status, day, today),
            bool(sprint),
            tuple(int(n) for n in row[len(FACTS) :]),
        )


def _is_over(status: str, day: date, today: date) -> bool:
    """Held, or its day has passed and nobody moved it."""
    if status == Race.Status.SCHEDULED:
        return day < today
    return status == Race.Status.COMPLETED


def _share(kind: Kind, index: int, races: list[_Race]) -> Share:
    counted = [
        bool(race.found[index])
        for race in races
        if kind.is_expected(race) or (race.found[index] and race.season < kind.since)
    ]
    return Share(kind, sum(counted), len(counted))
