"""What others ask of stored backtests. They are no forecasts: made afterwards."""

from collections.abc import Sequence

from django.db.models import QuerySet

from predictions.models import Backtest, BacktestScore


def latest(stage: str = "", names: Sequence[str] = ()) -> Backtest | None:
    """The newest that is whole and holds a stage and some models."""
    whole = Backtest.objects.filter(state=Backtest.State.DONE)
    if stage:
        whole = whole.filter(stages__contains=[stage])
    return whole.filter(model_names__contains=list(names)).first()


def scores_of(backtest: Backtest, stage: str, name: str) -> QuerySet[BacktestScore]:
    """Scores of a model in order of time, without the chances of each place."""
    rows = BacktestScore.objects.filter(backtest=backtest, stage=stage, model=name)
    return rows.order_by("race__starts_on", "race_id").defer("positions")


def paired(
    stage: str, names: Sequence[str], *, backtest: Backtest | None = None
) -> dict[str, list[BacktestScore]]:
    """Scores of some models on the same races, in order of time.

    Of the newest backtest that holds them all, unless one is named; empty where
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
