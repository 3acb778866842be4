"""Careers, team-mates and circuits, counted from the record."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from ingestion.models import (
    STARTED,
    Driver,
    DriverStanding,
    QualifyingResult,
    Race,
    RaceResult,
    Team,
    TeamStanding,
)

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


@dataclass
class DuelCount:
    """A driver against one team-mate in cars of one team."""

    mate_id: int
    team_id: int
    years: set[int]
    quali_for: int = 0
    quali_against: int = 0
    race_for: int = 0
    race_against: int = 0

    @property
    def n(self) -> int:
        return self.quali_for + self.quali_against + self.race_for + self.race_against


def duels(driver: Driver) -> list[DuelCount]:
    """Every team-mate; races that both finished, qualifying that both took part in.

    Two queries. The newest team-mates stand first.
    """
    table: dict[tuple[int, int], DuelCount] = {}
    _count(table, driver, _rows(RaceResult.objects.all(), driver), "race")
    qualifying = QualifyingResult.objects.filter(kind="qualifying")
    _count(table, driver, _rows(qualifying, driver), "quali")
    met = [duel for duel in table.values() if duel.n]
    return sorted(met, key=lambda duel: (-max(duel.years), -duel.n, duel.mate_id))


def _rows(results: QuerySet[Any], driver: Driver) -> list[tuple[int, int, int, int]]:
    """(race, team, driver, position) of everybody placed in races of the driver."""
    mine = RaceResult.objects.filter(driver=driver).order_by()
    pairs = list(mine.values_list("race_id", "team_id").distinct())
    return list(
        results.filter(
            race_id__in={race for race, _ in pairs},
            team_id__in={team for _, team in pairs},
            position__isnull=False,
        )
        .order_by()
        .values_list("race_id", "team_id", "driver_id", "position")
    )


def _count(
    table: dict[tuple[int, int], DuelCount],
    driver: Driver,
    rows: Iterable[tuple[int, int, int, int]],
    what: str,
) -> None:
    cars: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for race, team, who, position in rows:
        cars[race, team].setdefault(who, position)
    for (race, team), places in cars.items():
        if driver.pk not in places:
            continue
        for mate, place in places.items():
            if mate == driver.pk or place == places[driver.pk]:
                continue
            duel = table.setdefault((mate, team), DuelCount(mate, team, set()))
            duel.years.add(race // 1000)
            won = "for" if places[driver.pk] < place else "against"
            name = f"{what}_{won}"
            setattr(duel, name, getattr(duel, name) + 1)


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
