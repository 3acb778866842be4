"""Which rows of the record an address is about."""

from collections.abc import Collection
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from f1site.base import clock
from ingestion.models import (
    Circuit,
    Driver,
    Entry,
    QualifyingResult,
    Race,
    RaceResult,
    Season,
    SessionKind,
    Team,
)
from predictions.ergast.asked import NUMBERED, Asked
from predictions.ergast.names import KINDS, Names

#: Filter → the field of a row of a session that holds the slug.
SLUGS = {
    "circuits": "race__circuit__slug",
    "constructors": "team__slug",
    "drivers": "driver__slug",
}


class Scope:
    """What is asked for, in terms of the record."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.season, self.round = _when(asked)

    @cached_property
    def names(self) -> Names:
        return Names()

    @property
    def named(self) -> dict[str, str]:
        """Season, round and filters as the answer repeats them."""
        when = {"season": self.season, "round": self.round}
        told = {name: str(value) for name, value in when.items() if value is not None}
        return told | self.asked.named

    # --- rows of sessions and entry lists -------------------------------------------
    def of_rows(self) -> Q:
        """Season, round, circuit, driver and constructor of a row of a session."""
        found = self._when("race__")
        for name, field in SLUGS.items():
            found &= self._called(name, field, "race__season_id")
        return found

    def results(self) -> QuerySet[RaceResult]:
        """The rows of results that are asked for, by their numbers as well."""
        rows: QuerySet[RaceResult] = RaceResult.objects.filter(self.of_rows())
        if rank := self.asked.wanted("fastest"):
            timed = with_rank(rows.filter(best_lap_ms__isnull=False))
            rows = timed.filter(Q(rank=int(rank)))
        return rows.filter(self.of_places())

    def of_places(self) -> Q:
        """Slot and place of a row of a race or a sprint; slot 0 is no slot."""
        found = Q()
        if grid := self.asked.wanted("grid"):
            found &= Q(grid=int(grid)) if int(grid) else Q(grid__isnull=True)
        if place := self.asked.wanted("results"):
            found &= Q(position=int(place))
        return found

    def qualifying(self) -> QuerySet[QualifyingResult]:
        """Everybody once: the archive has who was disqualified with his time, too.

        Slot, place and fastest lap are those of the driver's result of the race.
        """
        qualifying = QualifyingResult.objects.filter(kind=SessionKind.QUALIFYING)
        same = {"race": OuterRef("race"), "driver": OuterRef("driver")}
        above = qualifying.filter(display_order__lt=OuterRef("display_order"), **same)
        twice = Q(Exists(above), status=QualifyingResult.Status.DISQUALIFIED)
        rows = qualifying.filter(self.of_rows()).exclude(twice)
        if any(self.asked.wanted(name) for name in NUMBERED):
            rows = rows.filter(Exists(self.results().filter(**same)))
        return rows

    # --- seasons, races, and who took part -------------------------------------------
    def races(self) -> QuerySet[Race]:
        """Races that are to be or were, in their order."""
        races = _real(Race.objects.filter(self._when("")))
        races = races.filter(self._called("circuits", "circuit__slug", "season_id"))
        if self._names_people():
            rows = self._taking_part()
            races = races.filter(Exists(rows.filter(race=OuterRef("pk"))))
        return races.order_by("season_id", "round")

    def seasons(self) -> QuerySet[Season]:
        seasons = Season.objects.order_by("year")
        if self.named:
            races = self.races().order_by()
            seasons = seasons.filter(Exists(races.filter(season=OuterRef("pk"))))
        return seasons

    def circuits(self) -> QuerySet[Circuit]:
        races = self.races().order_by()
        return Circuit.objects.filter(Exists(races.filter(circuit=OuterRef("pk"))))

    def drivers(self) -> QuerySet[Driver]:
        rows = self._taking_part()
        return Driver.objects.filter(Exists(rows.filter(driver=OuterRef("pk"))))

    def teams(self) -> QuerySet[Team]:
        rows = self._taking_part()
        return Team.objects.filter(Exists(rows.filter(team=OuterRef("pk"))))

    def _taking_part(self) -> QuerySet[Any]:
        """Those entered who do more than practise; with numbers, rows of results."""
        if any(self.asked.wanted(name) for name in NUMBERED):
            return self.results()
        return Entry.objects.filter(self.of_rows(), is_practice_only=False)

    def _names_people(self) -> bool:
        names = ("drivers", "constructors", *NUMBERED)
        return any(self.asked.wanted(name) for name in names)

    def _when(self, path: str) -> Q:
        found = Q()
        if self.season is not None:
            found &= Q(**{f"{path}season_id": self.season})
        if self.round is not None:
            found &= Q(**{f"{path}round": self.round})
        return found

    def _called(self, name: str, field: str, season: str) -> Q:
        """Whom an id means, some of them from a season on only."""
        id_ = self.asked.wanted(name)
        if not id_:
            return Q()
        found = Q()
        for slug, since in self.names.slugs_of(KINDS[name], id_):
            found |= Q(**{field: slug, f"{season}__gte": since})
        return found


def with_rank(rows: QuerySet[RaceResult]) -> QuerySet[RaceResult]:
    """The place of a best lap among those of its race."""
    faster = (
        RaceResult.objects.filter(
            race=OuterRef("race"), best_lap_ms__lt=OuterRef("best_lap_ms")
        )
        .order_by()
        .values("race")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return rows.annotate(rank=Coalesce(Subquery(faster), 0) + 1)


def best_laps(races: Collection[int]) -> dict[int, list[int]]:
    """The best laps of races, ms, the fastest first. One query, or none."""
    found: dict[int, list[int]] = {}
    if races:
        timed = RaceResult.objects.filter(race__in=races, best_lap_ms__isnull=False)
        rows = timed.order_by("best_lap_ms").values_list("race_id", "best_lap_ms")
        for race, ms in rows:
            found.setdefault(race, []).append(ms or 0)
    return found


def _real(races: QuerySet[Race]) -> QuerySet[Race]:
    return races.filter(round__isnull=False).exclude(status=Race.Status.CANCELLED)


def _when(asked: Asked) -> tuple[int | None, int | None]:
    """Season and round as numbers. One query where they depend on what has been.

    The last round is the newest with a result, the next one the first without; after
    the last of a season, the first of the season to come.
    """
    if not asked.season:
        return None, None
    current = asked.season == "current"
    season = clock.now().year if current else int(asked.season)
    if not asked.round:
        return season, None
    if asked.round.isdigit():
        return season, int(asked.round)
    held = Q(status=Race.Status.COMPLETED)
    found = _real(Race.objects.filter(season=season)).aggregate(
        last=Max(F("round"), filter=held), next=Min(F("round"), filter=~held)
    )
    if asked.round == "last":
        return season, found["last"] or 1
    return (season, found["next"]) if found["next"] else (season + 1, 1)
