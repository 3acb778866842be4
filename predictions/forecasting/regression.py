"""Two regressions, fitted by Newton's method: choice within races, and yes or no."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Loss = Callable[[FloatArray], float]

MAX_STEPS = 60
TOLERANCE = 1e-9
#: No chance is nearer to 0 or 1 while coefficients are sought.
LEAST = 1e-12


def log_shares(scores: FloatArray, offsets: IntArray) -> FloatArray:
    """Log of the softmax of scores within each race.

    Parameters
    ----------
    scores : array of shape (n_rows,), natural log units
    offsets : array of shape (n_races + 1,)

    Returns
    -------
    array of shape (n_rows,); the exponentials sum to 1 over each race
    """
    starts, rows = offsets[:-1], _race_of(offsets)
    shifted = scores - np.maximum.reduceat(scores, starts)[rows]
    totals = np.log(np.add.reduceat(np.exp(shifted), starts))
    shares: FloatArray = shifted - totals[rows]
    return shares


def shares(scores: FloatArray, offsets: IntArray) -> FloatArray:
    """Softmax of scores within each race, of shape (n_rows,)."""
    return np.exp(log_shares(scores, offsets))


def _race_of(offsets: IntArray) -> IntArray:
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def conditional_logit(
    design: FloatArray,
    chosen: FloatArray,
    offsets: IntArray,
    *,
    weights: FloatArray,
    penalty: float,
) -> FloatArray:
    """Coefficients of a softmax over the field of each race.

    Parameters
    ----------
    design : array of shape (n_rows, n_features)
    chosen : array of shape (n_rows,), 1 for the winner of each race, else 0; a race
        in which several share the win has as much weight as others
    offsets : array of shape (n_races + 1,)
    weights : array of shape (n_races,)
    penalty : of half the squared length of the coefficients

    Returns
    -------
    array of shape (n_features,), natural log odds for a unit of each feature

    Source: McFadden (1974), Conditional logit analysis of qualitative choice.
    """
    rows = _race_of(offsets)
    winners = np.maximum(np.add.reduceat(chosen, offsets[:-1]), 1.0)
    goal = weights[rows] * chosen / winners[rows]
    weights = np.add.reduceat(goal, offsets[:-1])

    def loss(coefficients: FloatArray) -> float:
        fit = goal @ log_shares(design @ coefficients, offsets)
        return float(0.5 * penalty * coefficients @ coefficients - fit)

    coefficients = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS):
        share = weights[rows] * shares(design @ coefficients, offsets)
        gradient: FloatArray = design.T @ (goal - share) - penalty * coefficients
        curvature = _spread(design, share, weights, offsets)
        curvature += penalty * np.eye(len(gradient))
        step = np.linalg.solve(curvature, gradient).astype(np.float64)
        shorter = _shortened(loss, coefficients, step, gradient)
        coefficients = coefficients + shorter
        if np.abs(shorter).max() < TOLERANCE:
            break
    return coefficients


def _spread(
    design: FloatArray, share: FloatArray, weights: FloatArray, offsets: IntArray
) -> FloatArray:
    """Weighted sum over races of the covariance of features under the shares."""
    means = np.add.reduceat(design * share[:, None], offsets[:-1], axis=0)
    divisor = np.maximum(weights, 1e-300)[:, None]
    return (design * share[:, None]).T @ design - (means / divisor).T @ means


def _shortened(
    loss: Loss, start: FloatArray, step: FloatArray, gradient: FloatArray
) -> FloatArray:
    """The step, halved until the loss falls enough (Armijo's rule)."""
    before, slope = loss(start), float(gradient @ step)
    length = 1.0
    while (
        length > 1e-4 and loss(start + length * step) > before - 1e-4 * length * slope
    ):
        length /= 2
    return length * step


def logistic(
    design: FloatArray,
    goal: FloatArray,
    *,
    weights: FloatArray,
    penalty: float,
    within: FloatArray | float = 1.0,
    beside: FloatArray | float = 0.0,
) -> FloatArray:
    """Coefficients of a logistic regression; the last is the constant.

    Parameters
    ----------
    design : array of shape (n_rows, n_features)
    goal : array of shape (n_rows,), 0 or 1
    weights : array of shape (n_rows,)
    penalty : of half the squared length of the coefficients but the constant
    within, beside : of shape (n_rows,), where the chance of the goal is known to be
        ``beside + within * expit(…)``

    Returns
    -------
    array of shape (n_features + 1,), natural log odds

    Source: Fisher's scoring; Abbott (1925) for chances with a known part.
    """
    wide = np.column_stack([design, np.ones(len(design))])
    ridge = np.full(wide.shape[1], penalty)
    ridge[-1] = 1e-6
    coefficients = np.zeros(wide.shape[1])
    for _ in range(MAX_STEPS):
        free = expit(wide @ coefficients)
        chance = np.clip(beside + within * free, LEAST, 1 - LEAST)
        moves = within * free * (1 - free)
        spread = chance * (1 - chance)
        gradient = wide.T @ (weights * (goal - chance) * moves / spread)
        gradient -= ridge * coefficients
        bend = weights * moves**2 / spread
        curvature = (wide * bend[:, None]).T @ wide + np.diag(ridge)
        step = np.clip(np.linalg.solve(curvature, gradient), -3.0, 3.0)
        coefficients = coefficients + step
        if np.abs(step).max() < TOLERANCE:
            break
    return coefficients
