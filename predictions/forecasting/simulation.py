"""Races drawn many times: Plackett-Luce for those who come home, retirements behind."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

N_DRAWS = 10_000


def finishing_positions(
    scores: FloatArray,
    p_dnf: FloatArray,
    rng: np.random.Generator,
    *,
    n_draws: int = N_DRAWS,
) -> FloatArray:
    """Share of drawn races in which each driver took each place.

    Each driver retires with a chance of his own, regardless of others, and is
    classified behind all who come home; within both groups the order is drawn
    after Plackett and Luce.

    Parameters
    ----------
    scores : array of shape (n_drivers,), log strengths
    p_dnf : array of shape (n_drivers,), chances to retire
    rng : source of chance
    n_draws : races drawn

    Returns
    -------
    array of shape (n_drivers, n_drivers), driver × place; rows and columns sum to 1

    Raises
    ------
    ValueError : no driver, or arrays of different length
    """
    n = len(scores)
    if not n or len(p_dnf) != n:
        raise ValueError(f"scores has {n} drivers and p_dnf {len(p_dnf)}")
    speed = scores - scores.max() + rng.gumbel(size=(n_draws, n))
    speed -= np.where(rng.random((n_draws, n)) < p_dnf, 1e6, 0.0)
    order = np.argsort(-speed, axis=1)
    cells = order * n + np.arange(n)
    counts = np.bincount(cells.ravel(), minlength=n * n)
    positions: FloatArray = counts.reshape(n, n) / n_draws
    return positions
