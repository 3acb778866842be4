"""Random forest: trees grown apart from each other, which vote on the podium.

scikit-learn grows them; they are kept as plain arrays and walked here, so that a
model read from its text gives the same bits and nothing is pickled.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

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
IntArray = NDArray[np.int64]

#: Places that the trees tell apart: the winner, the podium, the points, the rest.
LAST_PLACES = (1, 3, 10)
PODIUM = LAST_PLACES.index(3)
#: Added to both sides of the odds, as no vote is ever certain.
DOUBT = 0.005
PARAMETERS: dict[str, Any] = {
    "n_estimators": 50,
    "min_samples_leaf": 25,
    "max_features": 0.2,
    "max_samples": 0.6,
    "random_state": 1,
    "n_jobs": 1,
}


@dataclass(frozen=True)
class Nodes:
    """The nodes of all trees, one tree after the other, parents before children.

    The left child of a node follows it at once.

    Attributes
    ----------
    roots : int array of shape (n_trees,)
    right : int array of shape (n_nodes,), the right child; 0 at a leaf
    feature : int array of shape (n_nodes,), column that is asked for
    threshold : array of shape (n_nodes,), up to it a row goes left
    chance : array of shape (n_nodes,), share of podiums among the rows learnt from
    """

    roots: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    chance: FloatArray

    @classmethod
    def of(cls, forest: RandomForestClassifier) -> "Nodes":
        trees = [one.tree_ for one in forest.estimators_]
        sizes = np.array([tree.node_count for tree in trees])
        roots = np.cumsum(sizes) - sizes
        on_podium = forest.classes_ <= PODIUM

        def joined(name: str) -> Any:
            return np.concatenate([getattr(tree, name) for tree in trees])

        right = joined("children_right")
        is_leaf = right < 0
        return cls(
            roots=roots,
            right=np.where(is_leaf, 0, right + np.repeat(roots, sizes)),
            feature=np.where(is_leaf, 0, joined("feature")),
            threshold=np.where(is_leaf, 0.0, joined("threshold")),
            chance=joined("value")[:, 0, on_podium].sum(axis=1),
        )

    def chances(self, table: FloatArray) -> FloatArray:
        """Chance of the podium, mean over the trees, of shape (n_rows,)."""
        at = np.tile(self.roots, (len(table), 1))
        for rows, trees, _, children in self._steps(table):
            at[rows, trees] = children
        means: FloatArray = self.chance[at].mean(axis=1)
        return means

    def paths(self, table: FloatArray) -> FloatArray:
        """What each column adds to the chance on the way from root to leaf.

        Returns
        -------
        array of shape (n_rows, n_columns); a row sums to its chance less that of
        the roots

        Source: Saabas (2014), Interpreting random forests.
        """
        parts = np.zeros(table.shape)
        for rows, _, nodes, children in self._steps(table):
            gained = self.chance[children] - self.chance[nodes]
            np.add.at(parts, (rows, self.feature[nodes]), gained)
        return parts / len(self.roots)

    def _steps(
        self, table: FloatArray
    ) -> Iterator[tuple[IntArray, IntArray, IntArray, IntArray]]:
        """Row, tree, node and child of all who go one step down, until none does."""
        values = table.astype(np.float32)  # as scikit-learn reads them
        rows, trees = np.divmod(
            np.arange(len(table) * len(self.roots)), len(self.roots)
        )
        nodes = self.roots[trees]
        while len(nodes):
            goes_on = self.right[nodes] > 0
            rows, trees, nodes = rows[goes_on], trees[goes_on], nodes[goes_on]
            is_left = values[rows, self.feature[nodes]] <= self.threshold[nodes]
            children = np.where(is_left, nodes + 1, self.right[nodes])
            yield rows, trees, nodes, children
            nodes = children

    def dump(self) -> dict[str, list[float]]:
        return {name: array.tolist() for name, array in vars(self).items()}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "Nodes":
        return cls(**{name: np.array(values) for name, values in content.items()})


@dataclass(frozen=True)
class ForestScores:
    """A fitted forest.

    Attributes
    ----------
    stage : whose facts it reads
    names : of the facts; the size of the field comes after them
    nodes : of all trees
    """

    stage: str
    names: tuple[str, ...]
    nodes: Nodes

    def scores(self, frame: Frame) -> FloatArray:
        """Log odds of the podium, of shape (n_rows, 1)."""
        chances = self.nodes.chances(tree_table(frame, self.stage, self.names))
        return _log_odds(chances)[:, None]

    def contributions(self, field: Frame, weights: FloatArray) -> Contributions:
        """Paths of the trees, stretched from chance to log odds for each driver."""
        table = tree_table(field, self.stage, self.names)
        chances = self.nodes.chances(table)
        start = self.nodes.chance[self.nodes.roots].mean()
        slope = _slope(start, chances) * weights[0]
        parts = self.nodes.paths(table) * slope[:, None]
        return Contributions.of((*self.names, FIELD_SIZE), parts)

    def dump(self) -> Files:
        content = {
            "stage": self.stage,
            "names": list(self.names),
            "nodes": self.nodes.dump(),
        }
        return {MODEL_FILE: to_json(content)}

    @classmethod
    def load(cls, files: Mapping[str, str]) -> "ForestScores":
        content = json.loads(files[MODEL_FILE])
        names = tuple(content["names"])
        return cls(content["stage"], names, Nodes.load(content["nodes"]))


def _log_odds(chances: FloatArray) -> FloatArray:
    odds: FloatArray = np.log((chances + DOUBT) / (1 - chances + DOUBT))
    return odds


def _slope(start: float, chances: FloatArray) -> FloatArray:
    """Log odds gained for each unit of chance between a start and some chances."""
    gained = chances - start
    near = np.abs(gained) < 1e-9
    rise = _log_odds(chances) - _log_odds(np.array(start))
    tangent = 1 / (start + DOUBT) + 1 / (1 - start + DOUBT)
    return np.where(near, tangent, rise / np.where(near, 1.0, gained))


@dataclass(frozen=True)
class Forest:
    """Random forest.

    Its podium score is scaled to the win.
    """

    name: ClassVar[str] = "random_forest"
    key: ClassVar[str] = "random_forest"
    stages: ClassVar[tuple[str, ...]] = STAGES
    parameters: ClassVar[dict[str, Any]] = {
        **PARAMETERS,
        "last_places": list(LAST_PLACES),
        "doubt": DOUBT,
        "first_season": FIRST_SEASON,
        "half_life": HALF_LIFE,
    }

    def columns(self, stage: str) -> tuple[str, ...]:
        return ALL[stage]

    def learn(self, frame: Frame, stage: str) -> ForestScores:
        names = self.columns(stage)
        bands = np.searchsorted(LAST_PLACES, frame.place)
        weights = np.repeat(recency(frame), np.diff(frame.offsets))
        forest = RandomForestClassifier(**PARAMETERS)
        forest.fit(tree_table(frame, stage, names), bands, sample_weight=weights)
        return ForestScores(stage, names, Nodes.of(forest))

    def fit(self, frame: Frame, stage: str, memo: Memo) -> DrawnFromTrees:
        return DrawnFromTrees.fit(self, frame, stage, memo, n_win_scores=1)

    def load(self, files: Mapping[str, str]) -> DrawnFromTrees:
        trees = ForestScores.load(under("trees", files))
        return DrawnFromTrees.load(trees, json.loads(files[MODEL_FILE]))
