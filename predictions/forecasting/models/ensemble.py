"""The pool: two logits and the trees, their log odds of the win averaged.

Places come from the cumulative stack, which reads a logit of the order beside them and
learns from forecasts of earlier seasons that did not know their results.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.calibration import CumulativeStack
from predictions.forecasting.contributions import Contributions, summed
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.features import ALL, CORE, centred
from predictions.forecasting.frame import Frame, IntArray
from predictions.forecasting.models.base import (
    CALIBRATION_SEASONS,
    MODEL_FILE,
    Files,
    Memo,
    Scorer,
    out_of_sample,
    prefixed,
    remembered,
    to_json,
    under,
    win_scales,
)
from predictions.forecasting.models.gbm import Trees, TreeScores
from predictions.forecasting.models.logit import LinearScores, Logit
from predictions.forecasting.models.order import OrderLogit
from predictions.forecasting.regression import log_shares, shares
from predictions.forecasting.retirement import Retirement

FloatArray = NDArray[np.float64]

#: Members of the pool, and how many of their scores, from the first, speak of the win.
CORE_LOGIT = Logit(name="core", features=CORE, penalty=0.3)
WIDE_LOGIT = Logit(penalty=1.0)
TREES = Trees(goals=("podium", "points"))
ORDER = OrderLogit()
MEMBERS = (CORE_LOGIT, WIDE_LOGIT, TREES, ORDER)
N_WIN_SCORES = 3


@dataclass(frozen=True)
class Pooled:
    """The fitted pool.

    Attributes
    ----------
    core, wide, trees : members
    order : member that speaks of places alone; versions of old have none
    scales : array of shape (3,), what their scores are multiplied by to be log
        odds of the win
    stack : places from the pooled win and the scores of trees and order
    """

    core: LinearScores
    wide: LinearScores
    trees: TreeScores
    order: LinearScores | None
    scales: FloatArray
    stack: CumulativeStack

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        members = (self.core, self.wide, self.trees, self.order)
        scores = np.column_stack([one.scores(field) for one in members if one])
        win, stacked = pooled(scores, self.scales, field.offsets)
        return self.stack.positions(stacked, shares(win, field.offsets), p_dnf)

    def contributions(self, field: Frame) -> Contributions:
        weights = self.scales / N_WIN_SCORES
        members: tuple[Scorer, ...] = (self.core, self.wide, self.trees)
        return summed(
            member.contributions(field, weights[n : n + 1])
            for n, member in enumerate(members)
        )

    def dump(self) -> Files:
        content = {
            "core": self.core.dump(),
            "wide": self.wide.dump(),
            **({"order": self.order.dump()} if self.order else {}),
            "scales": self.scales.tolist(),
            "stack": self.stack.dump(),
        }
        return {MODEL_FILE: to_json(content)} | prefixed("trees", self.trees.dump())


def pooled(
    scores: FloatArray, scales: FloatArray, offsets: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Pooled log odds of the win, and what the stack reads.

    Parameters
    ----------
    scores : array of shape (n_rows, 5): core, wide, podium, points, order
    scales : array of shape (3,)
    offsets : array of shape (n_races + 1,)

    Returns
    -------
    arrays of shape (n_rows,) and (n_rows, 4), the latter centred in each race
    """
    win = scores[:, :N_WIN_SCORES] @ scales / N_WIN_SCORES
    wide = np.column_stack([log_shares(win, offsets), scores[:, 2:]])
    return win, centred(wide, offsets)


@dataclass(frozen=True)
class Ensemble:
    """Log-linear pool with equal weights and a temperature for each member."""

    name: ClassVar[str] = "ensemble"
    stages: ClassVar[tuple[str, ...]] = STAGES
    parameters: ClassVar[dict[str, Any]] = {
        "calibration_seasons": CALIBRATION_SEASONS,
        "core": CORE_LOGIT.parameters,
        "wide": WIDE_LOGIT.parameters,
        "trees": TREES.parameters,
        "order": ORDER.parameters,
    }

    def columns(self, stage: str) -> tuple[str, ...]:
        wide = WIDE_LOGIT.columns(stage)
        return (*wide, *(name for name in ALL[stage] if name not in wide))

    def fit(self, frame: Frame, stage: str, memo: Memo) -> Pooled:
        past, scores = out_of_sample(frame, stage, MEMBERS, memo)
        scales = np.concatenate(
            [win_scales(past, scores[:, [column]]) for column in range(N_WIN_SCORES)]
        )
        _, stacked = pooled(scores, scales, past.offsets)
        return Pooled(
            core=remembered(CORE_LOGIT, frame, stage, memo),
            wide=remembered(WIDE_LOGIT, frame, stage, memo),
            trees=remembered(TREES, frame, stage, memo),
            order=remembered(ORDER, frame, stage, memo),
            scales=scales,
            stack=CumulativeStack.fit(
                stacked, past, Retirement.fit(frame).chances(past)
            ),
        )

    def load(self, files: Mapping[str, str]) -> Pooled:
        content = json.loads(files[MODEL_FILE])
        return Pooled(
            core=LinearScores.load(content["core"]),
            wide=LinearScores.load(content["wide"]),
            trees=TreeScores.load(under("trees", files)),
            order=LinearScores.load(content["order"]) if "order" in content else None,
            scales=np.array(content["scales"]),
            stack=CumulativeStack.load(content["stack"]),
        )
