"""The chance to retire, nearly a lottery: reliability of late, drawn to the mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from predictions.forecasting.frame import Frame
from predictions.forecasting.regression import logistic

FloatArray = NDArray[np.float64]

NAMES = ("retired_driver", "retired_team", "experience")
#: Cars have become ever more reliable: races of this many seasons ago weigh half.
HALF_LIFE = 3.0
PENALTY = 5.0


@dataclass(frozen=True)
class Retirement:
    """A logistic regression on few facts.

    Attributes
    ----------
    coefficients : array of shape (n_names + 1,), natural log odds
    """

    coefficients: FloatArray

    @classmethod
    def fit(cls, frame: Frame) -> "Retirement":
        """Learn from those who started.

        Parameters
        ----------
        frame : of starters of races that are over
        """
        age = frame.season.max() - frame.season
        return cls(
            logistic(
                _design(frame),
                frame.retired.astype(np.float64),
                weights=0.5 ** (age / HALF_LIFE),
                penalty=PENALTY,
            )
        )

    def chances(self, frame: Frame) -> FloatArray:
        """Chances to retire, of shape (n_rows,)."""
        chances: FloatArray = expit(
            _design(frame) @ self.coefficients[:-1] + self.coefficients[-1]
        )
        return chances

    def dump(self) -> dict[str, Any]:
        return {"coefficients": self.coefficients.tolist()}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "Retirement":
        return cls(np.array(content["coefficients"]))


def _design(frame: Frame) -> FloatArray:
    return np.column_stack([frame.column(name) for name in NAMES])
