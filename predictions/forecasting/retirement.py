"""The chance to retire: reliability of late, pace, and the trend of the years."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from predictions.forecasting.frame import Frame
from predictions.forecasting.regression import logistic

FloatArray = NDArray[np.float64]

TREND = "season"
#: Those of versions that do not say.
FORMER_NAMES = ("retired_driver", "retired_team", "experience")
NAMES = (*FORMER_NAMES, "pace_driver", "pace_team", TREND)
#: Races of this many seasons ago weigh half.
HALF_LIFE = 6.0
#: Of coefficients of facts with a standard deviation of 1.
PENALTY = 5.0


@dataclass(frozen=True)
class Retirement:
    """A logistic regression on few facts.

    Cars have become ever more reliable, and those that run in front are: without the
    trend and the pace favourites retired half as often as was said.

    Attributes
    ----------
    coefficients : array of shape (n_names + 1,), natural log odds
    names : of the facts
    """

    coefficients: FloatArray
    names: tuple[str, ...] = NAMES

    @classmethod
    def fit(cls, frame: Frame) -> "Retirement":
        """Learn from those who started.

        Parameters
        ----------
        frame : of starters of races that are over
        """
        age = frame.season.max() - frame.season
        design = _design(frame, NAMES)
        means, scales = design.mean(axis=0), design.std(axis=0) + 1e-12
        found = logistic(
            (design - means) / scales,
            frame.retired.astype(np.float64),
            weights=0.5 ** (age / HALF_LIFE),
            penalty=PENALTY,
        )
        slopes = found[:-1] / scales
        return cls(np.append(slopes, found[-1] - slopes @ means))

    def chances(self, frame: Frame) -> FloatArray:
        """Chances to retire, of shape (n_rows,)."""
        chances: FloatArray = expit(
            _design(frame, self.names) @ self.coefficients[:-1] + self.coefficients[-1]
        )
        return chances

    def dump(self) -> dict[str, Any]:
        return {"coefficients": self.coefficients.tolist(), "names": self.names}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "Retirement":
        names = tuple(content.get("names", FORMER_NAMES))
        return cls(np.array(content["coefficients"]), names)


def _design(frame: Frame, names: tuple[str, ...]) -> FloatArray:
    return np.column_stack(
        [frame.season if name == TREND else frame.column(name) for name in names]
    ).astype(np.float64)
