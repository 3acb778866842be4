"""Conditional logit: a softmax over the field, linear in a few facts.

The contribution of a fact to a driver's log odds is its coefficient times the
difference from the field.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.contributions import Contributions
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.features import WIDE, design_matrix
from predictions.forecasting.frame import Frame
from predictions.forecasting.models.base import (
    FIRST_SEASON,
    HALF_LIFE,
    MODEL_FILE,
    Files,
    Memo,
    order_scale,
    recency,
    remembered,
    to_json,
    winners,
)
from predictions.forecasting.models.drawn import drawn_positions
from predictions.forecasting.regression import conditional_logit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LinearScores:
    """Coefficients in log odds per unit of each fact.

    Attributes
    ----------
    stage : whose facts they are
    names : of the facts
    coefficients : array of shape (n_names,)
    """

    stage: str
    names: tuple[str, ...]
    coefficients: FloatArray

    def scores(self, frame: Frame) -> FloatArray:
        """Log odds against the mean of the field, of shape (n_rows, 1)."""
        design = design_matrix(frame, self.stage, self.names)
        return (design @ self.coefficients)[:, None]

    def contributions(self, field: Frame, weights: FloatArray) -> Contributions:
        """Coefficient times the difference from the field, and the weight."""
        design = design_matrix(field, self.stage, self.names)
        return Contributions.of(self.names, design * self.coefficients * weights[0])

    def dump(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "names": list(self.names),
            "coefficients": self.coefficients.tolist(),
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "LinearScores":
        return cls(
            content["stage"],
            tuple(content["names"]),
            np.array(content["coefficients"]),
        )


@dataclass(frozen=True)
class DrawnOrders:
    """Linear scores whose places are drawn.

    Attributes
    ----------
    linear : scores of the win
    order_scale : what they are multiplied by when places are drawn
    """

    linear: LinearScores
    order_scale: float

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        scores = self.linear.scores(field)[:, 0]
        return drawn_positions(scores, self.order_scale, p_dnf, rng)

    def contributions(self, field: Frame) -> Contributions:
        return self.linear.contributions(field, np.ones(1))

    def dump(self) -> Files:
        content = {"linear": self.linear.dump(), "order_scale": self.order_scale}
        return {MODEL_FILE: to_json(content)}


@dataclass(frozen=True)
class Logit:
    """A conditional logit of the winner.

    Attributes
    ----------
    name : of the model
    features : names per stage
    penalty : ridge on coefficients of facts of unit spread
    """

    name: str = "logit"
    features: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: WIDE)
    penalty: float = 1.0

    @property
    def stages(self) -> tuple[str, ...]:
        return STAGES

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "penalty": self.penalty,
            "first_season": FIRST_SEASON,
            "half_life": HALF_LIFE,
        }

    @property
    def key(self) -> str:
        return f"{self.name} {self.penalty}"

    def columns(self, stage: str) -> tuple[str, ...]:
        return self.features[stage]

    def learn(self, frame: Frame, stage: str) -> LinearScores:
        names = self.columns(stage)
        design = design_matrix(frame, stage, names)
        spread = design.std(axis=0) + 1e-9
        coefficients = conditional_logit(
            design / spread,
            winners(frame),
            frame.offsets,
            weights=recency(frame),
            penalty=self.penalty,
        )
        return LinearScores(stage, names, coefficients / spread)

    def fit(self, frame: Frame, stage: str, memo: Memo) -> DrawnOrders:
        linear = remembered(self, frame, stage, memo)
        scores = linear.scores(frame)[:, 0]
        return DrawnOrders(linear, order_scale(frame, scores))

    def load(self, files: Mapping[str, str]) -> DrawnOrders:
        content = json.loads(files[MODEL_FILE])
        return DrawnOrders(LinearScores.load(content["linear"]), content["order_scale"])
