"""Orders of finish by Plackett and Luce: the winner is drawn in proportion to
strength, then the second among the rest, and so on.

Source: Plackett (1975), The analysis of permutations.
"""

from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from predictions.forecasting.regression import shares

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def win_probabilities(scores: FloatArray) -> FloatArray:
    """Chance of each driver of one field to win.

    Parameters
    ----------
    scores : array of shape (n_drivers,), log strengths

    Returns
    -------
    array of shape (n_drivers,), summing to 1
    """
    return shares(scores, np.array([0, len(scores)]))


def log_likelihood(scores: FloatArray, place: IntArray) -> float:
    """Natural log of the chance of one order of finish.

    Parameters
    ----------
    scores : array of shape (n_drivers,), log strengths
    place : array of shape (n_drivers,), from 1, no two alike

    Returns
    -------
    never above 0
    """
    ordered = scores[np.argsort(place)]
    remaining = np.logaddexp.accumulate(ordered[::-1])[::-1]
    return float((ordered - remaining).sum())


def order_temperature(
    scores: FloatArray, place: IntArray, offsets: IntArray, weights: FloatArray
) -> float:
    """What scores of the winner must be divided by to tell whole orders best.

    The lower places are more of a lottery than the win, so it lies above 1.

    Parameters
    ----------
    scores : array of shape (n_rows,), log strengths
    place : array of shape (n_rows,), from 1, in each race
    offsets : array of shape (n_races + 1,)
    weights : array of shape (n_races,)
    """
    races = [
        (scores[first:end], place[first:end], weight)
        for first, end, weight in zip(offsets, offsets[1:], weights, strict=False)
    ]

    def loss(log_temperature: float) -> float:
        cold = exp(-log_temperature)
        chances = [float(w) * log_likelihood(cold * s, at) for s, at, w in races]
        return -sum(chances)

    best = minimize_scalar(loss, bounds=(-1.5, 2.5), method="bounded")
    return exp(float(best.x))
