"""Scores: what became of forecasts, once the flag has fallen."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef
from numpy.typing import NDArray

from ingestion import queries as record
from ingestion.models import Race, ResultVersion
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
    """Score what was issued in time against the newest version of the result.

    Does nothing where that was done; scores of older versions are kept.
    """
    version = record.versions_of(race).first()
    unscored = _unscored(version) if version else []
    if version is None or not unscored:
        return []
    places = _places(version)
    if len(places) < 2:
        return []
    made = [_score(forecast, version, places) for forecast in unscored]
    queries.publish_accuracy()
    return made


def _unscored(version: ResultVersion) -> list[Forecast]:
    """Forecasts issued in time, without a score against that version."""
    score = PredictionAccuracy.objects.filter(
        forecast=OuterRef("pk"), result_version=version
    )
    issued = Forecast.objects.filter(race_id=version.race_id, late=False)
    return list(issued.filter(~Exists(score)))


def _places(version: ResultVersion) -> dict[str, int]:
    """Driver and place among those who started; a driver's first car counts."""
    places: dict[str, int] = {}
    for row in record.rows_of(version):
        if row.did_start:
            places.setdefault(row.driver.slug, len(places) + 1)
    return places


@transaction.atomic
def _score(
    forecast: Forecast, version: ResultVersion, places: Mapping[str, int]
) -> PredictionAccuracy:
    values = asdict(scores.score_race(*_arrays(forecast, places)))
    forecast.scores.filter(is_current=True).update(is_current=False)
    score, _ = PredictionAccuracy.objects.update_or_create(
        forecast=forecast,
        result_version=version,
        defaults={name: values[name] for name in KEPT_SCORES} | {"is_current": True},
    )
    return score


def _arrays(
    forecast: Forecast, places: Mapping[str, int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Position matrix and places; who was not forecast was thought to be last."""
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    slugs_first = rows.select_related("driver").order_by("driver__slug")
    known = {row.driver.slug: row.positions for row in slugs_first}
    drivers = [*known, *sorted(set(places) - set(known))]
    matrix = np.zeros((len(drivers), len(drivers)))
    for n, driver in enumerate(drivers):
        if driver in known:
            matrix[n, : len(known)] = known[driver]
        else:
            matrix[n, len(places) - 1] = 1.0
    return matrix, np.array([places.get(driver, 0) for driver in drivers])
