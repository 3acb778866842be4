"""The effect of a correction on points: sums of the results of a season."""

from collections import Counter
from collections.abc import Collection
from decimal import Decimal

from ingestion import effects
from ingestion.effects import Comparison, Effect
from ingestion.models import Race, RaceResult, SprintResult

COLUMNS = ("season", "who", "points by results", "then")
NOTE = "Published standings are a sheet of their own: correct them there."

#: Season and name of a driver or team → points.
Totals = Counter[tuple[int, str]]


def register() -> None:
    effects.register_preview("points", points_effect)


def points_effect(races: Collection[int]) -> Comparison:
    """Season totals of drivers and teams that are not as they were."""
    seasons = set(Race.objects.filter(pk__in=races).values_list("season", flat=True))
    before = _totals(seasons)
    yield
    after = _totals(seasons)
    rows = [
        (str(season), name, _text(before[season, name]), _text(after[season, name]))
        for season, name in sorted({*before, *after})
        if before[season, name] != after[season, name]
    ]
    return Effect(COLUMNS, rows, NOTE if rows else "No season total by results moves.")


def _totals(seasons: Collection[int]) -> Totals:
    totals: Totals = Counter()
    for model in (RaceResult, SprintResult):
        results = model._default_manager.filter(race__season__in=seasons, points__gt=0)
        names = ("race__season", "driver__name", "team__name", "points")
        for season, driver, team, points in results.values_list(*names):
            totals[season, driver] += points
            totals[season, f"{team} (team)"] += points
    return totals


def _text(points: Decimal | int) -> str:
    return f"{Decimal(points).normalize():f}"
