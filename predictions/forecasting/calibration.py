"""Chances that fit together: doubly stochastic matrices and the cumulative stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from predictions.forecasting.frame import Frame
from predictions.forecasting.regression import logistic

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: No place is out of the question for who starts.
LEAST_CHANCE = 1e-6
#: Places beyond this share the coefficients of this one.
LAST_PLACE = 19
#: Retirements fill no more of the last places than this.
MOST_OF_LAST = 0.95
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


def balanced(
    log_odds: FloatArray,
    total: float,
    within: FloatArray | float = 1.0,
    beside: FloatArray | float = 0.0,
) -> FloatArray:
    """Chances of one race after a constant is added so that they sum to a total.

    Parameters
    ----------
    log_odds : array of shape (n,), natural log
    total : above the sum of ``beside``, below that of both
    within, beside : of shape (n,); the chances are ``beside + within * expit(…)``

    Returns
    -------
    array of shape (n,)
    """
    n = float(np.sum(np.broadcast_to(within, log_odds.shape)))
    free = total - float(np.sum(beside))
    if not 0 < free < n:
        least = total - free
        raise ValueError(
            f"total is {total}; it must lie between {least:g} and {least + n:g}"
        )
    constant = np.log(free / (n - free)) - log_odds.mean()
    for _ in range(100):
        chances = expit(log_odds + constant)
        slope = max(float((within * (chances * (1 - chances))).sum()), 1e-9)
        step = float(np.clip(((within * chances).sum() - free) / slope, -2.0, 2.0))
        constant -= step
        if abs(step) < 1e-13:
            break
    balanced_chances: FloatArray = beside + within * expit(log_odds + constant)
    return balanced_chances


@dataclass(frozen=True)
class CumulativeStack:
    """For each place k a logistic of the chance to finish at k or better.

    It is that of who comes home: who retires is put among the last, as retirements
    were. A constant per race makes the field sum to k; the coefficients follow a smooth
    curve from place to place. Calibrated better than drawn races with retirements.

    Attributes
    ----------
    scales : array of shape (n_scores,), standard deviations of the scores
    coefficients : array of shape (``LAST_PLACE``, n_scores)
    retired : array of shape (n,), shares of retirements that were last, last but one
        and so on; of length 0 in versions that do not tell them apart
    """

    scales: FloatArray
    coefficients: FloatArray
    retired: FloatArray

    @classmethod
    def fit(
        cls,
        scores: FloatArray,
        field: Frame,
        p_dnf: FloatArray,
        *,
        penalty: float = 2.0,
    ) -> "CumulativeStack":
        """Learn from forecasts that did not know the result.

        Parameters
        ----------
        scores : array of shape (n_rows, n_scores), centred in each race
        field : who started, and the places
        p_dnf : array of shape (n_rows,), chances to retire
        penalty : of the coefficients
        """
        scales = scores.std(axis=0) + 1e-12
        sizes, place = field.field_size, field.place
        retired = _from_the_back(sizes - place, field.retired)
        behind = {n: _at_most(retired, n) for n in np.unique(sizes).tolist()}
        weights = np.ones(len(scores))
        rough = []
        for k in range(1, LAST_PLACE + 1):
            last = np.array([behind[n][min(k, n) - 1] for n in sizes.tolist()])
            rough.append(
                logistic(
                    scores / scales,
                    (place <= k).astype(np.float64),
                    weights=weights,
                    penalty=penalty,
                    within=1 - p_dnf,
                    beside=p_dnf * last,
                )[:-1]
            )
        return cls(scales, _smooth(np.array(rough)), retired)

    def positions(
        self, scores: FloatArray, p_win: FloatArray, p_dnf: FloatArray
    ) -> FloatArray:
        """Position matrix of one race.

        Parameters
        ----------
        scores : array of shape (n, n_scores), centred
        p_win : array of shape (n,), summing to 1; becomes the first column
        p_dnf : array of shape (n,), chances to retire

        Returns
        -------
        array of shape (n, n), rows and columns summing to 1
        """
        n = len(scores)
        at_most = np.ones((n, n))
        at_most[:, 0] = p_win
        behind = _at_most(self.retired, n) if len(self.retired) else np.zeros(n)
        lost = _bearable(p_dnf, behind) if len(self.retired) else np.zeros(n)
        for k in range(2, n):
            row = self.coefficients[min(k, LAST_PLACE) - 1]
            log_odds = scores / self.scales @ row
            beside = lost * behind[k - 1]
            at_most[:, k - 1] = balanced(log_odds, k, 1 - lost, beside)
        at_most = np.maximum.accumulate(at_most, axis=1)
        return coherent(np.diff(at_most, axis=1, prepend=0.0), p_win)

    def dump(self) -> dict[str, Any]:
        return {
            "scales": self.scales.tolist(),
            "coefficients": self.coefficients.tolist(),
            "retired": self.retired.tolist(),
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "CumulativeStack":
        return cls(
            scales=np.array(content["scales"]),
            coefficients=np.array(content["coefficients"]),
            retired=np.array(content.get("retired", []), dtype=np.float64),
        )


def _from_the_back(behind: IntArray, retired: BoolArray) -> FloatArray:
    """Share of retirements by the cars that were put behind them, none, one and so on.

    Parameters
    ----------
    behind : array of shape (n_rows,)
    retired : bool array of shape (n_rows,)
    """
    seen = np.bincount(behind[retired], minlength=int(behind.max(initial=0)) + 1)
    shares: FloatArray = (seen + 0.5) / (seen + 0.5).sum()
    return shares


def _at_most(retired: FloatArray, n: int) -> FloatArray:
    """Chance that who retires is put at each place or before, of shape (n,)."""
    known = np.append(retired[:n], np.zeros(max(0, n - len(retired))))[::-1]
    chances: FloatArray = np.cumsum(known / known.sum())
    return chances


def _bearable(p_dnf: FloatArray, behind: FloatArray) -> FloatArray:
    """Chances to retire, lowered where more would than the last places hold."""
    n = len(behind)
    room = np.arange(n - 1, 0, -1) / np.maximum(1 - behind[:-1], 1e-9)
    before = np.arange(1, n) / np.maximum(behind[:-1], 1e-9)
    most = MOST_OF_LAST * min(room.min(initial=np.inf), before.min(initial=np.inf))
    bearable: FloatArray = p_dnf * min(1.0, most / max(float(p_dnf.sum()), 1e-9))
    return bearable


def _smooth(rough: FloatArray) -> FloatArray:
    places = np.arange(len(rough)) / len(rough) - 0.5
    curve = np.vander(places, CURVE + 1)
    smooth: FloatArray = curve @ np.linalg.lstsq(curve, rough, rcond=None)[0]
    return smooth
