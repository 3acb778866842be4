"""Scores that tell the win once brought to scale, and places drawn after them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.calibration import coherent
from predictions.forecasting.contributions import Contributions
from predictions.forecasting.frame import Frame
from predictions.forecasting.models.base import (
    MODEL_FILE,
    Files,
    Member,
    Memo,
    Scorer,
    order_scale,
    out_of_sample,
    prefixed,
    remembered,
    to_json,
    win_scales,
)
from predictions.forecasting.plackett_luce import win_probabilities
from predictions.forecasting.simulation import finishing_positions

FloatArray = NDArray[np.float64]


class FiledScorer(Scorer, Protocol):
    """A scorer with files of its own."""

    def dump(self) -> Files: ...


def drawn_positions(
    win: FloatArray, order_scale: float, p_dnf: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Position matrix whose first column is the softmax of the log odds ``win``."""
    drawn = finishing_positions(order_scale * win, p_dnf, rng)
    return coherent(drawn, win_probabilities(win))


@dataclass(frozen=True)
class DrawnFromTrees:
    """Trees whose first scores tell the win, and whose places are drawn.

    Attributes
    ----------
    trees : scores
    win_scales : array of shape (n_win_scores,), what the first scores are
        multiplied by so that they add up to log odds of the win
    order_scale : what those are multiplied by when places are drawn
    """

    trees: FiledScorer
    win_scales: FloatArray
    order_scale: float

    @classmethod
    def fit(
        cls,
        member: Member[FiledScorer],
        frame: Frame,
        stage: str,
        memo: Memo,
        *,
        n_win_scores: int,
    ) -> "DrawnFromTrees":
        """Both scales are learnt from scores of fits that had not seen the race."""
        trees = remembered(member, frame, stage, memo)
        past, scores = out_of_sample(frame, stage, (member,), memo)
        scores = scores[:, :n_win_scores]
        scales = win_scales(past, scores)
        return cls(trees, scales, order_scale(past, scores @ scales))

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        scores = self.trees.scores(field)[:, : len(self.win_scales)]
        return drawn_positions(scores @ self.win_scales, self.order_scale, p_dnf, rng)

    def contributions(self, field: Frame) -> Contributions:
        return self.trees.contributions(field, self.win_scales)

    def dump(self) -> Files:
        content = {
            "win_scale": self.win_scales.tolist(),
            "order_scale": self.order_scale,
        }
        return {MODEL_FILE: to_json(content)} | prefixed("trees", self.trees.dump())

    @classmethod
    def load(cls, trees: FiledScorer, content: Mapping[str, Any]) -> "DrawnFromTrees":
        """From the trees and the content of the file beside theirs."""
        return cls(trees, np.atleast_1d(content["win_scale"]), content["order_scale"])
