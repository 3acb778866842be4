"""What others ask of stored backtests. They are no forecasts: made afterwards."""

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from predictions.forecasting.comparison import (
    SCORES,
    StageTable,
    chances_of,
    compare,
)
from predictions.forecasting.exports import Exported
from predictions.forecasting.outlook import Outlook
from predictions.models import Backtest, BacktestScore
from predictions.provenance import code_hash, is_of_today


def latest(stage: str = "", names: Sequence[str] = ()) -> Backtest | None:
    """The one to go by of those that are whole and hold a stage and some models.

    Of those that today's code computed the one of most races, of equals the newest;
    where there is none, the newest.
    """
    whole = Backtest.objects.filter(state=Backtest.State.DONE)
    if stage:
        whole = whole.filter(stages__contains=[stage])
    whole = whole.filter(model_names__contains=list(names))
    by_this_code = whole.filter(code_hash=code_hash()).order_by("-n_races", "-pk")
    return next(filter(is_of_today, by_this_code), None) or whole.first()


def stages_of(name: str) -> set[str]:
    """Stages at which a model was backtested, by any that is whole."""
    whole = Backtest.objects.filter(state=Backtest.State.DONE)
    lists = whole.filter(model_names__contains=[name]).values_list("stages", flat=True)
    return {stage for stages in lists for stage in stages}


def scores_of(backtest: Backtest, stage: str, name: str) -> QuerySet[BacktestScore]:
    """Scores of a model in order of time, without the chances of each place."""
    rows = BacktestScore.objects.filter(backtest=backtest, stage=stage, model=name)
    return rows.order_by("race__starts_on", "race_id").defer("positions")


def paired(
    stage: str, names: Sequence[str], *, backtest: Backtest | None = None
) -> dict[str, list[BacktestScore]]:
    """Scores of some models on the same races, in order of time.

    Of the ``latest`` backtest that holds them all, unless one is named; empty where
    there is none. The n-th scores of all models are of the same race.
    """
    backtest = backtest or latest(stage, names)
    if backtest is None:
        return {}
    found = {
        name: {score.race_id: score for score in scores_of(backtest, stage, name)}
        for name in names
    }
    common = [
        race
        for race in next(iter(found.values()), {})
        if all(race in scores for scores in found.values())
    ]
    return {name: [scores[race] for race in common] for name, scores in found.items()}


def table_of(
    backtest: Backtest, stage: str, seasons: Collection[int] | None = None
) -> StageTable:
    """Models beside each other at a stage, over all its seasons or some of them."""
    scores, chances = {}, {}
    for name in backtest.model_names:
        rows = scores_of(backtest, stage, name).defer(None)
        known = list(rows if seasons is None else rows.filter(season__in=seasons))
        if known:
            scores[name] = values_of(known)
            chances[name] = chances_of(
                [(np.array(row.positions), np.array(row.places)) for row in known]
            )
    return compare(stage, scores, chances)


def values_of(rows: Iterable[BacktestScore]) -> NDArray[np.float64]:
    """Scores as an array, a row per race, columns as ``SCORES``, NaN for none."""
    values = [[getattr(row, name) for name in SCORES] for row in rows]
    return np.array(values, dtype=np.float64)


def exported(backtest: Backtest, stage: str, name: str) -> Iterator[Exported]:
    """Forecasts of one model at one stage as they go into a file."""
    for row in scores_of(backtest, stage, name).defer(None).iterator():
        positions = np.array(row.positions)
        outlook = Outlook(positions, np.zeros(len(positions)))
        yield Exported(row.season, row.round, row.drivers, outlook)
