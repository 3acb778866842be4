"""LightGBM: trees that score the podium and the points, and from them the win."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import lightgbm
import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.calibration import coherent
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.features import ALL, design_matrix
from predictions.forecasting.frame import Frame
from predictions.forecasting.models.base import (
    FIRST_SEASON,
    HALF_LIFE,
    MODEL_FILE,
    Files,
    Memo,
    order_scale,
    out_of_sample,
    prefixed,
    recency,
    remembered,
    to_json,
    under,
    win_scale,
)
from predictions.forecasting.plackett_luce import win_probabilities
from predictions.forecasting.simulation import finishing_positions

FloatArray = NDArray[np.float64]

#: Places that a tree ensemble tells from the rest.
GOALS = {"podium": 3, "points": 10}
N_TREES = 100
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 6,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 31,
    # the same numbers on every run; one thread, because several wait for each other
    # on a busy machine longer than the work takes
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class TreeScores:
    """Fitted trees, one ensemble per goal.

    Attributes
    ----------
    stage : whose facts they read
    names : of the facts; the size of the field comes after them
    texts : LightGBM's own format, by goal
    """

    stage: str
    names: tuple[str, ...]
    texts: Mapping[str, str]
    _boosters: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def scores(self, frame: Frame) -> FloatArray:
        """Log odds of each goal, of shape (n_rows, n_goals)."""
        table = _table(frame, self.stage, self.names)
        return np.column_stack([self._predicted(goal, table) for goal in GOALS])

    def _predicted(self, goal: str, table: FloatArray) -> Any:
        """On one thread: for a field of twenty, waking others takes longer."""
        return self._booster(goal).predict(table, raw_score=True, num_threads=1)

    def _booster(self, goal: str) -> Any:
        """Read from its text also when just fitted: loaded or not, the same bits."""
        if goal not in self._boosters:
            self._boosters[goal] = lightgbm.Booster(model_str=self.texts[goal])
        return self._boosters[goal]

    def dump(self) -> Files:
        content = {"stage": self.stage, "names": list(self.names)}
        return {MODEL_FILE: to_json(content)} | {
            f"{goal}.txt": text for goal, text in self.texts.items()
        }

    @classmethod
    def load(cls, files: Mapping[str, str]) -> "TreeScores":
        content = json.loads(files[MODEL_FILE])
        texts = {goal: files[f"{goal}.txt"] for goal in GOALS}
        return cls(content["stage"], tuple(content["names"]), texts)


def _table(frame: Frame, stage: str, names: tuple[str, ...]) -> FloatArray:
    return np.column_stack([design_matrix(frame, stage, names), frame.field_size])


@dataclass(frozen=True)
class DrawnFromTrees:
    """Trees whose podium score tells the win, and whose places are drawn.

    Attributes
    ----------
    trees : scores
    win_scale : what the podium score is multiplied by to be log odds of the win
    order_scale : what those are multiplied by when places are drawn
    """

    trees: TreeScores
    win_scale: float
    order_scale: float

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        scores = self.win_scale * self.trees.scores(field)[:, 0]
        drawn = finishing_positions(self.order_scale * scores, p_dnf, rng)
        return coherent(drawn, win_probabilities(scores))

    def dump(self) -> Files:
        content = {"win_scale": self.win_scale, "order_scale": self.order_scale}
        return {MODEL_FILE: to_json(content)} | prefixed("trees", self.trees.dump())


@dataclass(frozen=True)
class Gbm:
    """Gradient boosted trees."""

    name: ClassVar[str] = "lightgbm"
    key: ClassVar[str] = "lightgbm"
    stages: ClassVar[tuple[str, ...]] = STAGES
    parameters: ClassVar[dict[str, Any]] = {
        **PARAMETERS,
        "n_trees": N_TREES,
        "goals": GOALS,
        "first_season": FIRST_SEASON,
        "half_life": HALF_LIFE,
    }

    def columns(self, stage: str) -> tuple[str, ...]:
        return ALL[stage]

    def learn(self, frame: Frame, stage: str) -> TreeScores:
        names = self.columns(stage)
        table = _table(frame, stage, names)
        weights = np.repeat(recency(frame), np.diff(frame.offsets))
        data = lightgbm.Dataset(table, weight=weights, params=PARAMETERS)
        texts = {
            goal: _grown(data, frame.place <= places) for goal, places in GOALS.items()
        }
        return TreeScores(stage, names, texts)

    def fit(self, frame: Frame, stage: str, memo: Memo) -> DrawnFromTrees:
        trees = remembered(self, frame, stage, memo)
        past, scores = out_of_sample(frame, stage, (self,), memo)
        scale = win_scale(past, scores[:, 0])
        return DrawnFromTrees(trees, scale, order_scale(past, scale * scores[:, 0]))

    def load(self, files: Mapping[str, str]) -> DrawnFromTrees:
        content = json.loads(files[MODEL_FILE])
        trees = TreeScores.load(under("trees", files))
        return DrawnFromTrees(trees, content["win_scale"], content["order_scale"])


def _grown(data: Any, goal: NDArray[np.bool_]) -> str:
    """Trees for one goal, as text; the table is cut into bins once for all goals."""
    data.set_label(goal.astype(np.float64))
    text: str = lightgbm.train(PARAMETERS, data, N_TREES).model_to_string()
    return text
