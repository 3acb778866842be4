"""Forecasts and predictions as pages read them, each in one or two queries."""

import math
from collections.abc import Collection

from django.db.models import QuerySet

from ingestion import queries as record
from ingestion.models import Driver, Race, SessionKind, Team
from predictions import queries
from predictions.models import Forecast, Prediction, PredictionAccuracy


def newest_forecasts(race_ids: Collection[int]) -> QuerySet[Forecast]:
    """The newest of the primary model for each race that was issued in time."""
    return (
        Forecast.objects.filter(
            race_id__in=race_ids, kind=SessionKind.RACE, is_primary=True, late=False
        )
        .order_by("race_id", "-issued_at", "-id")
        .distinct("race_id")
    )


def favourites(race_ids: Collection[int]) -> dict[int, Prediction]:
    """Race: the favourite of its newest forecast."""
    rows = _newest_predictions(race_ids).filter(is_favorite=True)
    return {row.race_id: row for row in rows.select_related("driver", "team")}


def win_chances(race_ids: Collection[int]) -> dict[tuple[int, int], float]:
    """(race, driver): the chance to win in the race's newest forecast."""
    rows = _newest_predictions(race_ids).values_list("race_id", "driver_id", "p_win")
    return {(race, driver): p_win for race, driver, p_win in rows}


def next_predictions(
    *, driver: Driver | None = None, team: Team | None = None
) -> list[Prediction]:
    """What the newest forecast of the next race says of a driver or a team."""
    race = record.next_race()
    if race is None:
        return []
    rows = _newest_predictions([race.pk])
    if driver is not None:
        rows = rows.filter(driver=driver)
    if team is not None:
        rows = rows.filter(team=team)
    return list(rows.select_related("race", "driver", "team").order_by("-p_win"))


def _newest_predictions(race_ids: Collection[int]) -> QuerySet[Prediction]:
    newest = list(newest_forecasts(race_ids).values_list("pk", flat=True))
    return Prediction.objects.filter(race_id__in=race_ids, forecast_id__in=newest)


def newest_counted(race: Race) -> Forecast | None:
    """The newest forecast of the primary model that was issued before the start."""
    return (
        queries.forecasts_of_race(race)
        .filter(is_primary=True, late=False)
        .order_by("-issued_at", "-id")
        .first()
    )


def rounds_of(year: int) -> list[Race]:
    """The rounds of a season in order."""
    rows = Race.objects.filter(season_id=year, round__isnull=False)
    return list(rows.select_related("circuit").order_by("round"))


def n_scored(kind: str = SessionKind.RACE) -> int:
    """Races that a sealed forecast of the primary model was scored on."""
    races = counted_scores(kind).order_by().values("forecast__race_id")
    return races.distinct().count()


def counted_scores(kind: str = SessionKind.RACE) -> QuerySet[PredictionAccuracy]:
    """Scores that make the track record: primary, sealed, newest result."""
    return PredictionAccuracy.objects.filter(
        is_current=True,
        forecast__kind=kind,
        forecast__is_primary=True,
        forecast__late=False,
    )


def chance_of_winner(score: PredictionAccuracy) -> float:
    """The winner's chance, as the log loss holds it."""
    return math.exp(-score.log_loss)
