"""Chances that fit together: doubly stochastic matrices and the cumulative stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from predictions.forecasting.regression import logistic

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: No place is out of the question for who starts.
LEAST_CHANCE = 1e-6
#: Places beyond this share the coefficients of this one.
LAST_PLACE = 19
#: Degree of the curve that coefficients follow from place to place.
CURVE = 3


def coherent(positions: FloatArray, p_win: FloatArray | None = None) -> FloatArray:
    """The nearest matrix in which every driver and every place has a total of 1.

    Parameters
    ----------
    positions : array of shape (n, n), driver × place, not negative
    p_win : array of shape (n,), summing to 1; the first column is kept at it

    Returns
    -------
    array of shape (n, n), rows and columns summing to 1

    Source: Sinkhorn (1964); iterative proportional fitting.
    """
    matrix = np.maximum(positions, LEAST_CHANCE)
    if len(matrix) == 1:
        return np.ones((1, 1))
    if p_win is not None:
        rest = _fitted(matrix[:, 1:], 1 - p_win)
        return np.column_stack([p_win, rest])
    return _fitted(matrix, np.ones(len(matrix)))


def _fitted(matrix: FloatArray, row_totals: FloatArray) -> FloatArray:
    """The matrix scaled to the row totals, its columns to 1."""
    for _ in range(500):
        matrix = matrix / matrix.sum(axis=0)
        totals = matrix.sum(axis=1)
        if np.abs(totals - row_totals).max() < 1e-12:
            break
        matrix = matrix * (row_totals / totals)[:, None]
    return matrix


def without(positions: FloatArray, withdrawn: int) -> FloatArray:
    """A field after one driver has withdrawn: those behind him move up.

    The chance to win of those who stay is divided by what he leaves over.

    Parameters
    ----------
    positions : array of shape (n, n), driver × place
    withdrawn : row of the driver

    Returns
    -------
    array of shape (n - 1, n - 1), rows and columns summing to 1

    Raises
    ------
    ValueError : nobody would be left
    """
    if len(positions) < 2:
        raise ValueError(f"positions has {len(positions)} driver, nobody is left")
    gone = positions[withdrawn]
    stay = np.delete(positions, withdrawn, axis=0)
    ahead = np.cumsum(gone)[:-1]
    moved = stay[:, :-1] * (1 - ahead) + stay[:, 1:] * ahead
    return coherent(moved, stay[:, 0] / stay[:, 0].sum())


def balanced(log_odds: FloatArray, total: float) -> FloatArray:
    """Chances of one race after a constant is added so that they sum to a total.

    Parameters
    ----------
    log_odds : array of shape (n,), natural log
    total : above 0 and below n

    Returns
    -------
    array of shape (n,)
    """
    n = len(log_odds)
    if not 0 < total < n:
        raise ValueError(f"total is {total}; it must lie between 0 and {n}")
    constant = np.log(total / (n - total)) - log_odds.mean()
    for _ in range(100):
        chances = expit(log_odds + constant)
        slope = max(float((chances * (1 - chances)).sum()), 1e-9)
        step = float(np.clip((chances.sum() - total) / slope, -2.0, 2.0))
        constant -= step
        if abs(step) < 1e-13:
            break
    balanced_chances: FloatArray = expit(log_odds + constant)
    return balanced_chances


@dataclass(frozen=True)
class CumulativeStack:
    """For each place k a logistic of the chance to finish at k or better.

    A constant per race makes the field sum to k; the coefficients follow a smooth
    curve from place to place. Calibrated better than drawn races with retirements.

    Attributes
    ----------
    scales : array of shape (n_scores,), standard deviations of the scores
    coefficients : array of shape (``LAST_PLACE``, n_scores)
    """

    scales: FloatArray
    coefficients: FloatArray

    @classmethod
    def fit(
        cls, scores: FloatArray, place: IntArray, *, penalty: float = 2.0
    ) -> "CumulativeStack":
        """Learn from forecasts that did not know the result.

        Parameters
        ----------
        scores : array of shape (n_rows, n_scores), centred in each race
        place : array of shape (n_rows,), from 1
        penalty : of the coefficients
        """
        scales = scores.std(axis=0) + 1e-12
        weights = np.ones(len(scores))
        rough = np.array(
            [
                logistic(
                    scores / scales,
                    (place <= k).astype(np.float64),
                    weights=weights,
                    penalty=penalty,
                )[:-1]
                for k in range(1, LAST_PLACE + 1)
            ]
        )
        return cls(scales=scales, coefficients=_smooth(rough))

    def positions(self, scores: FloatArray, p_win: FloatArray) -> FloatArray:
        """Position matrix of one race.

        Parameters
        ----------
        scores : array of shape (n, n_scores), centred
        p_win : array of shape (n,), summing to 1; becomes the first column

        Returns
        -------
        array of shape (n, n), rows and columns summing to 1
        """
        n = len(scores)
        at_most = np.ones((n, n))
        at_most[:, 0] = p_win
        for k in range(2, n):
            row = self.coefficients[min(k, LAST_PLACE) - 1]
            at_most[:, k - 1] = balanced(scores / self.scales @ row, k)
        at_most = np.maximum.accumulate(at_most, axis=1)
        return coherent(np.diff(at_most, axis=1, prepend=0.0), p_win)

    def dump(self) -> dict[str, Any]:
        return {
            "scales": self.scales.tolist(),
            "coefficients": self.coefficients.tolist(),
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "CumulativeStack":
        return cls(
            scales=np.array(content["scales"]),
            coefficients=np.array(content["coefficients"]),
        )


def _smooth(rough: FloatArray) -> FloatArray:
    places = np.arange(len(rough)) / len(rough) - 0.5
    curve = np.vander(places, CURVE + 1)
    smooth: FloatArray = curve @ np.linalg.lstsq(curve, rough, rcond=None)[0]
    return smooth
