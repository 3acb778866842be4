"""Scores: what became of forecasts, once the flag has fallen."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef

from ingestion import queries as record
from ingestion.models import Race, ResultVersion, SessionKind
from predictions.forecasting import scores
from predictions.forecasting.told import matched
from predictions.models import Forecast, Prediction, PredictionAccuracy


class Finisher(NamedTuple):
    """One who started: the place among those who did, and the team."""

    place: int
    team: str


Finishers = Mapping[str, Finisher]


def score_race(*, race: Race, kind: str = SessionKind.RACE) -> list[PredictionAccuracy]:
    """Score what was issued in time against the newest version of the result.

    Does nothing where that was done; scores of older versions are kept. Scores from
    before all of today's were kept are filled up.
    """
    return _made(race, kind) + _filled(race, kind)


def _made(race: Race, kind: str) -> list[PredictionAccuracy]:
    version = record.versions_of(race, kind).first()
    unscored = _unscored(version) if version else []
    if version is None or not unscored:
        return []
    finishers = finishers_of(version)
    if len(finishers) < 2:
        return []
    return [_score(forecast, version, finishers) for forecast in unscored]


def _unscored(version: ResultVersion) -> list[Forecast]:
    """Forecasts issued in time, without a score against that version."""
    score = PredictionAccuracy.objects.filter(
        forecast=OuterRef("pk"), result_version=version
    )
    issued = Forecast.objects.filter(
        race_id=version.race_id, kind=version.kind, late=False
    )
    return list(issued.filter(~Exists(score)))


def finishers_of(version: ResultVersion) -> dict[str, Finisher]:
    """Driver to finish, of those who started; a driver's first car counts."""
    finishers: dict[str, Finisher] = {}
    for row in record.rows_of(version):
        if row.did_start:
            finish = Finisher(len(finishers) + 1, row.team.slug)
            finishers.setdefault(row.driver.slug, finish)
    return finishers


@transaction.atomic
def _score(
    forecast: Forecast, version: ResultVersion, finishers: Finishers
) -> PredictionAccuracy:
    values = asdict(_race_score(forecast, finishers))
    forecast.scores.filter(is_current=True).update(is_current=False)
    score, _ = PredictionAccuracy.objects.update_or_create(
        forecast=forecast,
        result_version=version,
        defaults=values | {"is_current": True},
    )
    return score


def _filled(race: Race, kind: str) -> list[PredictionAccuracy]:
    """Scores that lacked some, each against the version it was made against."""
    lacking = PredictionAccuracy.objects.filter(
        forecast__race=race,
        forecast__kind=kind,
        kendall=None,
        result_version__isnull=False,
    ).select_related("forecast", "result_version")
    return [score for score in lacking if _fill(score)]


def _fill(score: PredictionAccuracy) -> bool:
    finishers = finishers_of(score.result_version) if score.result_version else {}
    if len(finishers) < 2:
        return False
    values = asdict(_race_score(score.forecast, finishers))
    for name in [name for name in values if getattr(score, name) is None]:
        setattr(score, name, values[name])
    score.save(update_fields=list(values))
    return True


def _race_score(forecast: Forecast, finishers: Finishers) -> scores.RaceScore:
    """Who was not forecast was thought to be last."""
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    slugs_first = rows.select_related("driver").order_by("driver__slug")
    drivers, matrix, place = matched(
        {row.driver.slug: row.positions for row in slugs_first},
        {driver: finish.place for driver, finish in finishers.items()},
    )
    absent = Finisher(0, "")
    team = np.array([finishers.get(driver, absent).team for driver in drivers])
    n_points = scores.points_counted(forecast.race.season_id, forecast.kind)
    return scores.score_race(matrix, place, team, n_points=n_points)
