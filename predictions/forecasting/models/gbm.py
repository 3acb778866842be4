"""LightGBM: trees that score win, podium and points, and from them the win."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import lightgbm
import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.contributions import Contributions
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.features import ALL, FIELD_SIZE, tree_table
from predictions.forecasting.frame import Frame
from predictions.forecasting.models.base import (
    FIRST_SEASON,
    HALF_LIFE,
    MODEL_FILE,
    Files,
    Memo,
    recency,
    to_json,
    under,
)
from predictions.forecasting.models.drawn import DrawnFromTrees

FloatArray = NDArray[np.float64]

#: Places that a tree ensemble tells from the rest.
GOALS = {"winner": 1, "podium": 3, "points": 10}
#: Goals of files that do not name theirs.
FIRST_GOALS = ("podium", "points")
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
    texts : LightGBM's own format, by goal, in the order of the scores
    """

    stage: str
    names: tuple[str, ...]
    texts: Mapping[str, str]
    _boosters: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def scores(self, frame: Frame) -> FloatArray:
        """Log odds of each goal, of shape (n_rows, n_goals)."""
        table = tree_table(frame, self.stage, self.names)
        return np.column_stack([self._predicted(goal, table) for goal in self.texts])

    def contributions(self, field: Frame, weights: FloatArray) -> Contributions:
        """Shapley values along the paths of the trees, as LightGBM reckons them."""
        table = tree_table(field, self.stage, self.names)
        parts = [
            weight * self._predicted(goal, table, pred_contrib=True)[:, :-1]
            for goal, weight in zip(self.texts, weights, strict=False)
        ]
        return Contributions.of((*self.names, FIELD_SIZE), np.sum(parts, axis=0))

    def _predicted(self, goal: str, table: FloatArray, **what: bool) -> Any:
        """On one thread: for a field of twenty, waking others takes longer."""
        how = what or {"raw_score": True}
        return self._booster(goal).predict(table, num_threads=1, **how)

    def _booster(self, goal: str) -> Any:
        """Read from its text also when just fitted: loaded or not, the same bits."""
        if goal not in self._boosters:
            self._boosters[goal] = lightgbm.Booster(model_str=self.texts[goal])
        return self._boosters[goal]

    def dump(self) -> Files:
        content = {
            "stage": self.stage,
            "names": list(self.names),
            "goals": list(self.texts),
        }
        return {MODEL_FILE: to_json(content)} | {
            f"{goal}.txt": text for goal, text in self.texts.items()
        }

    @classmethod
    def load(cls, files: Mapping[str, str]) -> "TreeScores":
        content = json.loads(files[MODEL_FILE])
        goals = content.get("goals", FIRST_GOALS)
        texts = {goal: files[f"{goal}.txt"] for goal in goals}
        return cls(content["stage"], tuple(content["names"]), texts)


@dataclass(frozen=True)
class Trees:
    """What grows trees, an ensemble for each goal.

    Attributes
    ----------
    goals : names of ``GOALS``, in the order of the scores
    """

    goals: tuple[str, ...]

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            **PARAMETERS,
            "n_trees": N_TREES,
            "goals": {goal: GOALS[goal] for goal in self.goals},
            "first_season": FIRST_SEASON,
            "half_life": HALF_LIFE,
        }

    @property
    def key(self) -> str:
        return f"lightgbm {' '.join(self.goals)}"

    def learn(self, frame: Frame, stage: str) -> TreeScores:
        names = ALL[stage]
        table = tree_table(frame, stage, names)
        weights = np.repeat(recency(frame), np.diff(frame.offsets))
        data = lightgbm.Dataset(table, weight=weights, params=PARAMETERS)
        texts = {goal: _grown(data, frame.place <= GOALS[goal]) for goal in self.goals}
        return TreeScores(stage, names, texts)


@dataclass(frozen=True)
class Gbm:
    """Gradient boosted trees.

    The scores of winner and podium together are scaled to the win.
    """

    name: ClassVar[str] = "lightgbm"
    stages: ClassVar[tuple[str, ...]] = STAGES
    trees: ClassVar[Trees] = Trees(goals=("winner", "podium"))
    parameters: ClassVar[dict[str, Any]] = trees.parameters

    def columns(self, stage: str) -> tuple[str, ...]:
        return ALL[stage]

    def fit(self, frame: Frame, stage: str, memo: Memo) -> DrawnFromTrees:
        return DrawnFromTrees.fit(self.trees, frame, stage, memo, n_win_scores=2)

    def load(self, files: Mapping[str, str]) -> DrawnFromTrees:
        trees = TreeScores.load(under("trees", files))
        return DrawnFromTrees.load(trees, json.loads(files[MODEL_FILE]))


def _grown(data: Any, goal: NDArray[np.bool_]) -> str:
    """Trees for one goal, as text; the table is cut into bins once for all goals."""
    data.set_label(goal.astype(np.float64))
    text: str = lightgbm.train(PARAMETERS, data, N_TREES).model_to_string()
    return text
