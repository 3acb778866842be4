"""Careers and circuits, counted from the record."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Abs

from ingestion.models import (
    STARTED,
    Driver,
    DriverStanding,
    Race,
    RaceResult,
    Team,
    TeamStanding,
)

MODERN = 2010  # grids before had other sizes and other cars
#: Positions within these words count as what a career lists.
COUNTS = {
    "n_starts": Count("race_id", filter=Q(status__in=STARTED), distinct=True),
    "n_wins": Count("race_id", filter=Q(position=1), distinct=True),
    "n_podiums": Count("race_id", filter=Q(position__lte=3), distinct=True),
    "n_poles": Count("race_id", filter=Q(has_pole=True), distinct=True),
    "first_year": Min("race__season_id"),
    "last_year": Max("race__season_id"),
}


def career(results: QuerySet[RaceResult]) -> dict[str, Any]:
    """Starts, wins, podiums, poles, first and last season of these results."""
    return results.aggregate(**COUNTS)


def seasons_of(results: QuerySet[RaceResult], *by: str) -> list[dict[str, Any]]:
    """The same counts for each season (and more keys), the newest first."""
    counts = {k: v for k, v in COUNTS.items() if not k.endswith("_year")}
    return list(
        results.order_by()
        .values("race__season_id", *by)
        .annotate(**counts, points=Sum("points"))
        .order_by("-race__season_id", "-n_starts")
    )


def titles(subject: Driver | Team) -> int:
    """Championships won; excluded seasons and shared names do not count twice."""
    standings: QuerySet[Any] = (
        DriverStanding.objects.filter(driver=subject)
        if isinstance(subject, Driver)
        else TeamStanding.objects.filter(team=subject)
    )
    return (
        standings.filter(is_champion=True)
        .order_by()
        .values("race__season_id")
        .distinct()
        .count()
    )


def team_titles() -> dict[int, int]:
    """Team key: championships won, of those that won any. One query."""
    won = TeamStanding.objects.filter(is_champion=True).order_by()
    return dict(
        won.values_list("team_id").annotate(n=Count("race__season_id", distinct=True))
    )


def final_standings(subject: Driver | Team) -> dict[int, tuple[int | None, Any]]:
    """Season: place and points after its last race on record."""
    standings: QuerySet[Any] = (
        DriverStanding.objects.filter(driver=subject)
        if isinstance(subject, Driver)
        else TeamStanding.objects.filter(team=subject)
    )
    rows = standings.order_by("race_id").values_list(
        "race__season_id", "position", "points"
    )
    # Teams were ranked once for each engine; the best row speaks for the team.
    return {year: (position, points) for year, position, points in rows}


def grid_and_finish(races: QuerySet[Race]) -> list[tuple[int | None, int | None]]:
    """(grid, position) of every starter; None from the pit lane and unplaced."""
    rows = RaceResult.objects.started().filter(race__in=races).order_by()
    return [
        (grid, position)
        for grid, pit_lane, position in rows.values_list(
            "grid", "from_pit_lane", "position"
        )
        if grid is not None or pit_lane
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFigures:
    """How much the grid decided, in some races.

    ``moved`` is the mean distance between slot and place of who was classified from
    a slot; None where nobody was. Who started from the pit lane had no slot.
    """

    n_races: int
    n_poles: int
    n_pole_wins: int
    moved: float | None

    @property
    def pole_wins(self) -> float | None:
        """Share of races won from the first slot."""
        return self.n_pole_wins / self.n_poles if self.n_poles else None


GRID_FIGURES = {
    "n_races": Count("race_id", distinct=True),
    "n_poles": Count("pk", filter=Q(grid=1)),
    "n_pole_wins": Count("pk", filter=Q(grid=1, position=1)),
    "moved": Avg(Abs(F("grid") - F("position"))),
}


def grid_figures(races: QuerySet[Race]) -> GridFigures:
    """Of all these races together. One query."""
    started = RaceResult.objects.started().filter(race__in=races)
    return GridFigures(**started.aggregate(**GRID_FIGURES))


def recent_grid_figures(circuits: Collection[int]) -> dict[int, GridFigures]:
    """Circuit key: the same of its races since 2010. One query."""
    races = Race.objects.held().filter(season_id__gte=MODERN)
    started = RaceResult.objects.started().filter(
        race__in=races.filter(circuit_id__in=circuits)
    )
    rows: Any = started.order_by().values("race__circuit_id").annotate(**GRID_FIGURES)
    return {
        row["race__circuit_id"]: GridFigures(**{key: row[key] for key in GRID_FIGURES})
        for row in rows
    }
