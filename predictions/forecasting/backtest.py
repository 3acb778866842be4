"""Walk-forward: every season forecast by models that saw only seasons before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from predictions.forecasting import forecaster
from predictions.forecasting.entrant import RACE, SPRINT
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import Memo, Model
from predictions.forecasting.outlook import Outlook
from predictions.forecasting.scores import RaceScore, points_counted, score_race

#: Told after each season of each model: name of the model, year.
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Trial:
    """One forecast of the past and how it fared."""

    field: Frame
    outlook: Outlook
    score: RaceScore


def walk_forward(
    frame: Frame,
    models: Sequence[Model],
    stage: str,
    seasons: Sequence[int],
    *,
    seed: int,
    progress: Progress | None = None,
    memo: Memo | None = None,
    sprints: Frame | None = None,
) -> dict[str, list[Trial]]:
    """Forecast every race of some seasons as it could have been forecast then.

    Parameters
    ----------
    frame : of all races in order of time, also those before the seasons
    models : unfitted; those that have nothing to go by at the stage are left out
    stage : what the forecasts may know
    seasons : years, each of which needs races before it
    seed : of all that is drawn
    progress : called after each season of each model
    memo : fits made before; the numbers are the same without
    sprints : forecast these in place of the races; nothing is learnt from them

    Returns
    -------
    by model, a trial for each race that is over, in order of time

    Raises
    ------
    ValueError : a season without a race over (or a sprint), or without one before it
    """
    models = [model for model in models if stage in model.stages]
    trials: dict[str, list[Trial]] = {model.name: [] for model in models}
    memo = {} if memo is None else memo
    kind = RACE if sprints is None else SPRINT
    for year in seasons:
        races = _held(frame if sprints is None else sprints, year)
        past = frame.where(frame.season < year)
        for model in models:
            fitted = forecaster.fit(model, past, stage, memo)
            trials[model.name] += [_trial(fitted, race, seed, kind) for race in races]
            if progress:
                progress(model.name, year)
    return trials


def _held(frame: Frame, year: int) -> list[Frame]:
    races = [race for race in frame.seasons(year, year).races() if race.place.any()]
    if not races:
        raise ValueError(f"seasons holds {year}, of which none is over")
    return races


def _trial(fitted: forecaster.Forecaster, race: Frame, seed: int, kind: str) -> Trial:
    outlook = fitted.outlook(race, seed=seed, kind=kind)
    n_points = points_counted(int(race.season[0]), kind)
    score = score_race(outlook.positions, race.place, race.team, n_points=n_points)
    return Trial(race, outlook, score)
