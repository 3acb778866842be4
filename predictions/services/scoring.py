"""Scores: what became of forecasts, once the flag has fallen."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef
from numpy.typing import NDArray

from ingestion.models import STARTED, Race, RaceResult
from predictions import queries
from predictions.forecasting import scores
from predictions.models import Forecast, Prediction, PredictionAccuracy

#: Scores that are kept of an issued forecast.
KEPT_SCORES = (
    "n_starters",
    "log_loss",
    "brier",
    "rps",
    "winner_hit",
    "winner_in_top3",
    "podium_overlap",
    "rank_correlation",
)


def score_race(*, race: Race) -> list[PredictionAccuracy]:
    """Score what was issued in time against the result as it stands.

    Does nothing where that was done; after an amendment the scores are made anew
    and the old ones kept.
    """
    places = _places(race)
    if len(places) < 2:
        return []
    result_hash = _result_hash(places)
    made = [
        _score(forecast, places, result_hash)
        for forecast in _unscored(race, result_hash)
    ]
    if made:
        queries.publish_accuracy()
    return made


def _unscored(race: Race, result_hash: str) -> list[Forecast]:
    """Forecasts issued in time, without a current score against that result."""
    score = PredictionAccuracy.objects.filter(
        forecast=OuterRef("pk"), result_hash=result_hash, is_current=True
    )
    return list(Forecast.objects.filter(~Exists(score), race=race, late=False))


def _places(race: Race) -> dict[int, int]:
    """Driver and place among those who started; a driver's first car counts."""
    rows = RaceResult.objects.filter(race=race, status__in=STARTED)
    places: dict[int, int] = {}
    for driver in rows.order_by("display_order").values_list("driver_id", flat=True):
        places.setdefault(driver, len(places) + 1)
    return places


def _result_hash(places: Mapping[int, int]) -> str:
    return hashlib.sha256(json.dumps(sorted(places.items())).encode()).hexdigest()


@transaction.atomic
def _score(
    forecast: Forecast, places: Mapping[int, int], result_hash: str
) -> PredictionAccuracy:
    values = asdict(scores.score_race(*_arrays(forecast, places)))
    forecast.scores.filter(is_current=True).update(is_current=False)
    score, _ = PredictionAccuracy.objects.update_or_create(
        forecast=forecast,
        result_hash=result_hash,
        defaults={name: values[name] for name in KEPT_SCORES} | {"is_current": True},
    )
    return score


def _arrays(
    forecast: Forecast, places: Mapping[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Position matrix and places; who was not forecast was thought to be last."""
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    known = {row.driver_id: row.positions for row in rows.order_by("driver__slug")}
    drivers = [*known, *sorted(set(places) - set(known))]
    matrix = np.zeros((len(drivers), len(drivers)))
    for n, driver in enumerate(drivers):
        if driver in known:
            matrix[n, : len(known)] = known[driver]
        else:
            matrix[n, len(places) - 1] = 1.0
    return matrix, np.array([places.get(driver, 0) for driver in drivers])
