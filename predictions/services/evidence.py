"""What the gate goes by: how candidate, primary and baselines fared on the same races.

Forecasts that were issued in time come first; where they are too few a stored backtest
speaks for the configurations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db.models import F

from ingestion.models import SessionKind
from predictions import backtests, registry
from predictions.forecasting.gate import Evidence, FloatArray, IntArray
from predictions.forecasting.models import BASELINES, MODELS
from predictions.forecasting.scores import win_chances
from predictions.models import (
    CLOCK_TOLERANCE,
    BacktestScore,
    ModelVersion,
    PredictionAccuracy,
)
from predictions.provenance import is_of_today
from predictions.services.scoring import finishers_of

#: Race to the score of the last forecast of it that counts.
Scores = Mapping[int, PredictionAccuracy]


@dataclass(frozen=True)
class Gathered:
    """Evidence at a stage, and where it is from."""

    stage: str
    source: str
    evidence: Evidence


def gather(
    candidate: ModelVersion, primary: ModelVersion, stage: str
) -> Gathered | None:
    """Of issued forecasts or, where they are too few, of a backtest.

    Of two that are too few the one with more races.
    """
    issued = _of_issued(candidate, primary, stage)
    if issued and len(issued.evidence.candidate) >= settings.GATE_LEAST_RACES:
        return issued
    tried = _of_backtest(candidate, primary, stage)
    found = [one for one in (tried, issued) if one and len(one.evidence.candidate)]
    return max(found, key=lambda one: len(one.evidence.candidate), default=None)


def baselines_at(stage: str) -> list[str]:
    return [name for name in BASELINES if stage in MODELS[name].stages]


def _of_issued(
    candidate: ModelVersion, primary: ModelVersion, stage: str
) -> Gathered | None:
    names = baselines_at(stage)
    scores = [
        counted_scores(_kin(candidate), stage),
        counted_scores(_kin(primary), stage),
        *(counted_scores(_named(name), stage) for name in names),
    ]
    races = sorted(set.intersection(*map(set, scores)))
    if not races:
        return None
    ours, standing, *others = [_losses(of[race] for race in races) for of in scores]
    chances = [_chances_of_issued(scores[0][race]) for race in races]
    return Gathered(
        stage,
        "issued forecasts",
        _evidence(ours, standing, dict(zip(names, others, strict=True)), chances),
    )


def counted_scores(versions: Sequence[ModelVersion], stage: str) -> Scores:
    """Current scores of the last forecasts that some versions issued in time.

    One by a stopped clock proves nothing: it may have been made after the race.
    """
    rows = (
        PredictionAccuracy.objects.filter(
            forecast__model_version__in=versions,
            forecast__kind=SessionKind.RACE,
            forecast__stage=stage,
            forecast__late=False,
            forecast__stored_at__lte=F("forecast__issued_at") + CLOCK_TOLERANCE,
            is_current=True,
            result_version__isnull=False,
        )
        .select_related("forecast", "result_version")
        .order_by("forecast__race_id", "-forecast__issued_at", "-forecast_id")
        .distinct("forecast__race_id")
    )
    return {row.forecast.race_id: row for row in rows}


def _kin(version: ModelVersion) -> list[ModelVersion]:
    """All fits of its configuration."""
    return [one for one in _named(version.name) if one.is_same_kind(version)]


def _named(name: str) -> list[ModelVersion]:
    return list(ModelVersion.objects.filter(name=name))


def _of_backtest(
    candidate: ModelVersion, primary: ModelVersion, stage: str
) -> Gathered | None:
    """A backtest knows models by name: it speaks for what a fit would be now."""
    if candidate.name == primary.name:
        return None
    if not (registry.is_current(candidate) and registry.is_current(primary)):
        return None
    names = baselines_at(stage)
    models = list(dict.fromkeys((candidate.name, primary.name, *names)))
    backtest = backtests.latest(stage, models)
    if backtest is None or not is_of_today(backtest):
        return None
    scores = backtests.paired(stage, models, backtest=backtest)
    if not scores.get(candidate.name):
        return None
    losses = {name: _losses(of_model) for name, of_model in scores.items()}
    rows = BacktestScore.objects.filter(
        pk__in=[score.pk for score in scores[candidate.name]]
    ).order_by("race__starts_on", "race_id")
    return Gathered(
        stage,
        f"backtest {backtest.pk}",
        _evidence(
            losses[candidate.name],
            losses[primary.name],
            {name: losses[name] for name in names},
            [_chances_of_backtest(row) for row in rows],
        ),
    )


def _losses(scores: Iterable[PredictionAccuracy | BacktestScore]) -> FloatArray:
    return np.array([score.log_loss for score in scores])


#: Chances to win of those who started one race, and who won.
Chances = tuple[FloatArray, IntArray]


def _chances_of_issued(score: PredictionAccuracy) -> Chances:
    version = score.result_version
    finishers = finishers_of(version) if version else {}
    rows = score.forecast.predictions.filter(race_id=score.forecast.race_id)
    known = dict(rows.values_list("driver__slug", "p_win"))
    p_win = np.array([known.get(driver, 0.0) for driver in finishers])
    return _shared(p_win, np.array([one.place for one in finishers.values()]))


def _chances_of_backtest(score: BacktestScore) -> Chances:
    p_win = np.array([chances[0] for chances in score.positions])
    return _shared(p_win, np.array(score.places))


def _shared(p_win: FloatArray, places: IntArray) -> Chances:
    """Among those who started, as they are scored."""
    started = places > 0
    return win_chances(p_win[started][:, None]), places[started]


def _evidence(
    candidate: FloatArray,
    primary: FloatArray,
    baselines: Mapping[str, FloatArray],
    chances: Sequence[Chances],
) -> Evidence:
    sizes = [len(places) for _, places in chances]
    return Evidence(
        candidate=candidate,
        primary=primary,
        baselines=baselines,
        p_win=np.concatenate([p_win for p_win, _ in chances]),
        has_won=np.concatenate([places for _, places in chances]) == 1,
        race=np.repeat(np.arange(len(sizes)), sizes),
    )
