"""What others ask of forecasts, each in one or two queries."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
from django.db.models import QuerySet

from f1site.base import metrics
from ingestion.models import STARTED, Race, RaceResult
from predictions.forecasting.comparison import Chances
from predictions.forecasting.models import BASELINES
from predictions.forecasting.scores import PODIUM, win_chances
from predictions.models import (
    Forecast,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
    Stage,
)

#: Races of the shorter time frame of the accuracy gauge.
LAST_RACES = 5


def forecasts_of_race(race: Race) -> QuerySet[Forecast]:
    """Everything issued of a race, the newest first."""
    return Forecast.objects.filter(race=race).select_related("model_version")


def latest_forecast(race: Race, stage: str | None = None) -> Forecast | None:
    """The newest forecast by the primary model of its day.

    Without a stage the most informed one that was issued speaks.
    """
    by_stage = latest_by_stage(race)
    stages = [stage] if stage else list(reversed(Stage.values))
    return next((by_stage[name] for name in stages if name in by_stage), None)


def latest_by_stage(race: Race) -> dict[str, Forecast]:
    """Stage and its newest primary forecast, from the least informed on.

    A late one never stands before one that was sealed in time.
    """
    newest = (
        forecasts_of_race(race)
        .filter(is_primary=True)
        .order_by("stage", "late", "-issued_at", "-id")
        .distinct("stage")
    )
    by_stage = {forecast.stage: forecast for forecast in newest}
    return {stage: by_stage[stage] for stage in Stage.values if stage in by_stage}


def is_shadow(forecast: Forecast) -> bool:
    """Made beside the primary model to be measured, and no baseline."""
    return not forecast.is_primary and forecast.model_version.name not in BASELINES


def predictions_of(forecast: Forecast) -> QuerySet[Prediction]:
    """Rows of a forecast, the favourite first; one partition is touched."""
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    return rows.select_related("driver", "team").order_by(
        "-p_win", "expected_position", "driver__slug"
    )


def scores_of_race(race: Race) -> list[PredictionAccuracy]:
    """Current scores of all models, the most informed stage first, then the best."""
    scores = PredictionAccuracy.objects.filter(forecast__race=race, is_current=True)
    known = {stage: n for n, stage in enumerate(Stage.values)}
    return sorted(
        scores.select_related("forecast__model_version"),
        key=lambda score: (-known[score.forecast.stage], score.log_loss),
    )


def chances_of(scores: Collection[PredictionAccuracy]) -> Chances | None:
    """Chances that scored forecasts gave to who started, and what became of them.

    Two queries for all; None where nobody who started was forecast.
    """
    races = {score.forecast.race_id for score in scores}
    places = _places(races)
    rows = Prediction.objects.filter(
        race_id__in=races, forecast__in=[score.forecast_id for score in scores]
    ).order_by("forecast_id", "driver_id")
    names = ("forecast_id", "race_id", "driver_id", "p_win", "p_podium")
    fields: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for forecast, race, driver, *chances in rows.values_list(*names):
        if place := places.get((race, driver)):
            fields[forecast].append((place, *chances))
    if not fields:
        return None
    tables = [np.array(field) for field in fields.values()]
    order, podium = np.concatenate(tables)[:, [0, 2]].T
    return Chances(
        win=np.concatenate([win_chances(table[:, 1:2]) for table in tables]),
        won=order == 1,
        podium=podium,
        on_podium=order <= PODIUM,
    )


def _places(races: Collection[int]) -> dict[tuple[int, int], int]:
    """Race and driver to the place among those who started."""
    started = RaceResult.objects.filter(race__in=races, status__in=STARTED)
    ordered = started.order_by("race_id", "display_order")
    places: dict[tuple[int, int], int] = {}
    n_before: dict[int, int] = defaultdict(int)
    for race, driver in ordered.values_list("race_id", "driver_id"):
        if (race, driver) not in places:
            n_before[race] += 1
            places[race, driver] = n_before[race]
    return places


def model_versions() -> QuerySet[ModelVersion]:
    """All with their events, the newest version of each model first."""
    versions = ModelVersion.objects.select_related("cutoff")
    return versions.prefetch_related("events").order_by("name", "-version")


def publish_accuracy() -> None:
    """Set the gauge: the winner in the first three of the primary forecast."""
    hits = _hits_of_primary()
    if not hits:
        return
    season = hits[0][1]
    frames = {
        "last_5_races": hits[:LAST_RACES],
        "season": [hit for hit in hits if hit[1] == season],
    }
    for frame, rows in frames.items():
        share = sum(hit for hit, _, _ in rows) / len(rows)
        gauge = metrics.prediction_accuracy
        gauge.labels(rows[0][2], metrics.GRAND_PRIX, frame).set(share)


def _hits_of_primary() -> Sequence[tuple[bool, int, str]]:
    """Hit, season and model for each race, the newest first; its last forecast."""
    return list(
        PredictionAccuracy.objects.filter(
            is_current=True, forecast__is_primary=True, forecast__late=False
        )
        .order_by("-forecast__race__starts_on", "-forecast__race_id", "-forecast_id")
        .distinct("forecast__race__starts_on", "forecast__race_id")
        .values_list(
            "winner_in_top3",
            "forecast__race__season_id",
            "forecast__model_version__name",
        )
    )
