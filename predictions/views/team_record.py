"""Results of one team, counted: what stopped its cars, and how its drivers shared."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum

from ingestion.models import (
    STARTED,
    Driver,
    RaceResult,
    ResultStatus,
    SprintResult,
    Team,
)
from predictions.charts import bars
from predictions.views import parts
from predictions.views.presenters.careers import (
    Reliability,
    ReliabilityRow,
    SplitRow,
    Stopped,
)
from ratings import duels
from ratings.causes import Cause, cause_of

FILE_COLUMNS = (
    "season",
    "starts",
    "mechanical",
    "mechanical_low",
    "mechanical_high",
    "accident",
    "accident_low",
    "accident_high",
    "other",
    "first",
    "second",
    "first_points",
    "second_points",
    "first_qualifying",
    "second_qualifying",
    "first_race",
    "second_race",
)


# --- what stopped its cars --------------------------------------------------------
def reliability_of(team: Team) -> Reliability | None:
    """Retirements of each season by their cause; None without a start. One query.

    Every car counts once, also where the rules took its distance for a finish.
    """
    rows = (
        RaceResult.objects.started()
        .filter(team=team, is_shared_car=False)
        .order_by()
        .values_list("race__season_id", "status", "reason")
        .annotate(n=Count("pk"))
    )
    seasons: dict[int, Counter[Cause | None]] = defaultdict(Counter)
    for year, status, reason, n in rows:
        is_out = status == ResultStatus.RETIRED
        seasons[year][cause_of(status, reason) if is_out else None] += n
    if not seasons:
        return None
    shown = [_reliability(str(y), seasons[y]) for y in sorted(seasons, reverse=True)]
    intervals = [s.interval for row in shown for s in (row.mechanical, row.accident)]
    highest = max(interval.high for interval in intervals)
    return Reliability(
        rows=shown,
        total=_reliability("All seasons", sum(seasons.values(), Counter())),
        axis=bars.chance_axis([highest / bars.HEADROOM]),
    )


def _reliability(label: str, causes: Counter[Cause | None]) -> ReliabilityRow:
    n = causes.total()
    return ReliabilityRow(
        label=label,
        n_starts=n,
        mechanical=Stopped(n=causes[Cause.MECHANICAL], n_starts=n),
        accident=Stopped(n=causes[Cause.ACCIDENT], n_starts=n),
        n_other=causes[Cause.OTHER] + causes[Cause.UNKNOWN],
    )


# --- how its drivers shared -------------------------------------------------------
class Share(NamedTuple):
    """What one driver did for a team in one season."""

    n_starts: int
    points: Decimal


def split_of(team: Team) -> list[SplitRow]:
    """The two who drove most in each season, the newest first. Six queries."""
    shares = _shares(team)
    met = {
        (min(duel.years), duel.driver_id, duel.mate_id): duel
        for duel in duels.by_season(duels.meetings_of_team(team.pk))
    }
    pairs = {year: _two(drivers) for year, drivers in shares.items()}
    people = Driver.objects.in_bulk({key for pair in pairs.values() for key in pair})
    rows = []
    for year, pair in sorted(pairs.items(), reverse=True):
        if len(pair) == 2:
            first, second = pair
            rows.append(
                SplitRow(
                    year=year,
                    first=parts.named_driver(people[first], team),
                    second=parts.named_driver(people[second], team),
                    points=(shares[year][first].points, shares[year][second].points),
                    **_scores(met, year, first, second),
                )
            )
    return rows


def _two(drivers: Mapping[int, Share]) -> list[int]:
    """Who started most often, the one with more points first."""
    most = sorted(drivers, key=lambda key: (-drivers[key].n_starts, key))[:2]
    return sorted(most, key=lambda key: (-drivers[key].points, key))


def _shares(team: Team) -> dict[int, dict[int, Share]]:
    """Season and driver: starts in races, points of races and sprints."""
    started = Count("race_id", filter=Q(status__in=STARTED), distinct=True)
    shares: dict[int, dict[int, Share]] = defaultdict(dict)
    for model in (RaceResult, SprintResult):
        rows: Iterable[Any] = (
            model._default_manager.filter(team=team)
            .order_by()
            .values_list("race__season_id", "driver_id")
            .annotate(n=started, total=Sum("points"))
        )
        for year, driver, n, points in rows:
            known = shares[year].get(driver)
            if known is not None:
                shares[year][driver] = Share(known.n_starts, known.points + points)
            elif n and model is RaceResult:
                shares[year][driver] = Share(n, points)
    return shares


def _scores(
    met: Mapping[tuple[int, int, int], duels.Duel], year: int, first: int, second: int
) -> dict[str, tuple[int, int]]:
    """How often each was ahead, the first one's number first."""
    low, high = sorted((first, second))
    duel = met.get((year, low, high)) or duels.Duel(low, high, 0)
    tallies = {"qualifying": duel.qualifying, "race": duel.race}
    if first == low:
        return {name: (tally.won, tally.lost) for name, tally in tallies.items()}
    return {name: (tally.lost, tally.won) for name, tally in tallies.items()}


# --- as a file --------------------------------------------------------------------
def file_rows(
    reliability: Reliability | None, split: Sequence[SplitRow]
) -> Iterable[list[Any]]:
    """A line for each season, the newest first; see ``FILE_COLUMNS``."""
    shared = {str(row.year): row for row in split}
    for row in reliability.rows if reliability else ():
        pair = shared.get(row.label)
        yield [
            int(row.label),
            row.n_starts,
            *(
                figure
                for stopped in (row.mechanical, row.accident)
                for figure in (stopped.n, *(round(end, 4) for end in stopped.interval))
            ),
            row.n_other,
            *(
                [
                    pair.first.slug,
                    pair.second.slug,
                    *map(float, pair.points),
                    *pair.qualifying,
                    *pair.race,
                ]
                if pair
                else [None] * 8
            ),
        ]
