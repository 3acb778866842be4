"""What a forecast told of those who started, and where each came home in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.scores import PODIUM, POINTS, win_chances

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

N_TENTHS = 10


@dataclass(frozen=True)
class Told:
    """One forecast of one race, by starter.

    Attributes
    ----------
    drivers : slugs, n
    place : array of shape (n,), among those who started, from 1
    win, podium, points : chances, of shape (n,); those to win are shared out anew
    n_points : places that ``points`` counts
    ranks : where results fell in their distributions, see ``rank_histogram``
    """

    drivers: Sequence[str]
    place: IntArray
    win: FloatArray
    podium: FloatArray
    points: FloatArray
    n_points: int
    ranks: FloatArray

    @cached_property
    def order(self) -> list[int]:
        """Rows, the favourite first; ties in their order, as they are scored."""
        return [int(n) for n in np.argsort(-self.win, kind="stable")]

    @cached_property
    def winner(self) -> int:
        """Row of the winner."""
        return int(np.argmin(self.place))

    @property
    def winner_rank(self) -> int:
        """Of the winner in the forecast, from 1."""
        return self.order.index(self.winner) + 1


def tell(
    drivers: Sequence[str],
    positions: FloatArray,
    place: IntArray,
    *,
    n_points: int = POINTS,
) -> Told:
    """From a whole forecast, see ``scores.score_race``.

    Parameters
    ----------
    drivers : slugs, n, sorted
    positions : array of shape (n, m), driver × place
    place : array of shape (n,), 0 for who did not start
    n_points : places that score
    """
    started = place > 0
    matrix, order = positions[started], place[started]
    at_most = np.cumsum(matrix, axis=1)
    last = matrix.shape[1] - 1
    return Told(
        drivers=[driver for driver, did in zip(drivers, started, strict=True) if did],
        place=order,
        win=win_chances(matrix),
        podium=np.clip(at_most[:, min(PODIUM - 1, last)], 0.0, 1.0),
        points=np.clip(at_most[:, min(n_points - 1, last)], 0.0, 1.0),
        n_points=n_points,
        ranks=rank_histogram(matrix, order),
    )


def matched(
    known: Mapping[str, Sequence[float]], finishers: Mapping[str, int]
) -> tuple[list[str], FloatArray, IntArray]:
    """A forecast beside a result; who was not forecast was thought to be last.

    Parameters
    ----------
    known : driver to the chances of each place, sorted by driver
    finishers : driver to the place among those who started, from 1

    Returns
    -------
    drivers, n; position matrix of shape (n, n); places of shape (n,), 0 for who did not
    start
    """
    drivers = [*known, *sorted(set(finishers) - set(known))]
    matrix = np.zeros((len(drivers), len(drivers)))
    for n, driver in enumerate(drivers):
        if driver in known:
            matrix[n, : len(known)] = known[driver]
        else:
            matrix[n, len(finishers) - 1] = 1.0
    places = np.array([finishers.get(driver, 0) for driver in drivers])
    return drivers, matrix, places


def rank_histogram(
    positions: FloatArray, place: IntArray, *, n_bins: int = N_TENTHS
) -> FloatArray:
    """In which part of its own distribution each result fell, as counts of cases.

    Places are whole, so that a result covers the stretch from the chance of a better
    place to that of this one or a better; its case is spread evenly over that stretch.
    Counts of honest distributions are all the same but for chance: no random draw is
    needed.

    Parameters
    ----------
    positions : array of shape (n, m), driver × place
    place : array of shape (n,), from 1
    n_bins : of equal width

    Returns
    -------
    array of shape (n_bins,), summing to n; the first holds who came home better than
    forecast

    Source: Czado, Gneiting and Held (2009), Predictive model assessment for count data.
    """
    at_most = np.minimum(np.cumsum(positions, axis=1), 1.0)
    rows = np.arange(len(place))
    high = at_most[rows, place - 1]
    low = np.where(place > 1, at_most[rows, np.maximum(place - 2, 0)], 0.0)
    # What was given no chance at all is a point; it lies in the bin that holds it.
    low = np.minimum(low, 1 - 1e-9)
    width = np.maximum(high - low, 1e-9)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    below = np.clip((edges - low[:, None]) / width[:, None], 0.0, 1.0)
    counts: FloatArray = np.diff(below, axis=1).sum(axis=0)
    return counts
