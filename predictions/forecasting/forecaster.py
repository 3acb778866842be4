"""A model fitted for one stage, with the chance to retire beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from predictions.forecasting.entrant import RACE, SPRINT
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import Files, Fitted, Memo, Model, learnable
from predictions.forecasting.models.base import prefixed, to_json, under
from predictions.forecasting.outlook import Outlook
from predictions.forecasting.retirement import Retirement

RETIREMENT_FILE = "retirement.json"
#: In races: a sprint goes over 100 km, a race over a little more than 300.
SPRINT_DISTANCE = 1 / 3
#: What is drawn for a sprint is not what is drawn for the race of its weekend.
STREAMS: dict[str, tuple[int, ...]] = {RACE: (), SPRINT: (1,)}


@dataclass(frozen=True)
class Forecaster:
    """What forecasts races at one stage.

    Attributes
    ----------
    fitted : the model
    retirement : chances to retire
    """

    fitted: Fitted
    retirement: Retirement

    def outlook(self, field: Frame, *, seed: int, kind: str = RACE) -> Outlook:
        """Forecast of one race, or of a sprint, which is a shorter one.

        Parameters
        ----------
        field : the rows of one race, sorted by driver
        seed : with the key of the race it fixes all that is drawn
        kind : race or sprint; the chance to retire grows with the distance

        Raises
        ------
        ValueError : rows of several races, or none
        """
        if field.n_races != 1:
            raise ValueError(f"field holds {field.n_races} races; it must be one")
        rng = np.random.default_rng([seed, int(field.race[0]), *STREAMS[kind]])
        p_dnf = self.retirement.chances(field)
        if kind == SPRINT:
            p_dnf = 1 - (1 - p_dnf) ** SPRINT_DISTANCE
        return Outlook(self.fitted.positions(field, p_dnf, rng), p_dnf)

    def dump(self) -> Files:
        """Texts by file name, from which ``load`` makes an equal forecaster."""
        retirement = to_json(self.retirement.dump())
        return {RETIREMENT_FILE: retirement} | prefixed("model", self.fitted.dump())

    @classmethod
    def load(cls, model: Model, files: Mapping[str, str]) -> "Forecaster":
        retirement = Retirement.load(json.loads(files[RETIREMENT_FILE]))
        return cls(model.load(under("model", files)), retirement)


def fit(model: Model, frame: Frame, stage: str, memo: Memo | None = None) -> Forecaster:
    """Learn from all races of a frame that are over.

    Parameters
    ----------
    model : unfitted
    frame : of races in order of time; rows of open races are not learnt from
    stage : one of the model's
    memo : fits made before, to be shared between models and seasons

    Raises
    ------
    ValueError : a stage at which the model has nothing to go by, or no race over
    """
    if stage not in model.stages:
        raise ValueError(f"stage is {stage!r}; {model.name} has {model.stages}")
    past = learnable(frame)
    if not len(past):
        raise ValueError("frame holds no race that is over")
    fitted = model.fit(past, stage, {} if memo is None else memo)
    return Forecaster(fitted, Retirement.fit(past))
