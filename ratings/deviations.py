"""How sure a rating is: its deviation, from who raced when, whoever was ahead.

A rating is an estimate with a standard deviation, as in Glicko. Every rated race makes
it surer, every winter less sure, raced or not, and new rules most of all; nobody is
less sure than a newcomer. The step of a rating, K, follows the square of it.
"""

from math import hypot, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ratings.comparisons import Groups, groups, undone
from ratings.config import EloConfig
from ratings.history import FloatArray, IntArray
from ratings.sides import Sides

#: Evidence is counted in whole parts of a race, which add up to the same in any order.
PARTS = 256


class Doubts(NamedTuple):
    """Arrays of shape (n_rows,)."""

    n_before: IntArray  # races that had moved the rating
    before: FloatArray  # variance of the rating, squared Elo points
    after: FloatArray


def doubts(
    year: IntArray, subject: IntArray, share: FloatArray, sides: Sides
) -> Doubts:
    """Variance of every rating before and after each of its races.

    Parameters
    ----------
    year : int array of shape (n_rows,), season of the race, never falling
    subject : int array of shape (n_rows,), place among all ratings
    share : array of shape (n_rows,), share of a race's worth that the row tells, 0..1
    sides : parameters
    """
    parts = np.rint(PARTS * share).astype(np.int64)
    order = np.argsort(_small(subject), kind="stable")
    whose = subject[order]
    careers, seasons = groups(whose), groups(whose, year[order])
    n_before = undone(order, _earlier((share > 0)[order].astype(np.int64), careers))
    earlier = undone(order, _earlier(parts[order], seasons))
    first = year[:1].sum()
    n_years = int(year[-1:].sum() - first) + 1
    key = (year - first) * sides.n + subject
    told = np.bincount(key, parts, minlength=n_years * sides.n)
    worth = sides.worth / PARTS
    starts = _at_starts(told.reshape(n_years, -1), worth, int(first), sides)
    sureness, worth = starts.ravel()[key], worth[subject]
    return Doubts(
        n_before=n_before,
        before=1 / (sureness + worth * earlier),
        after=1 / (sureness + worth * (earlier + parts)),
    )


def grown(variance: FloatArray, season: int, sides: Sides) -> FloatArray:
    """Variances at the start of a season, from those at the end of the one before.

    Both are arrays of shape (n_ratings,), in squared Elo points.
    """
    return np.minimum(variance + sides.growth(season), sides.first_variance)


def grown_deviation(
    deviation: float, since: int, until: int, config: EloConfig, *, is_team: bool
) -> float:
    """What a deviation of one season has become in a later one, Elo points."""
    first = config.first_team if is_team else config.first_driver
    for season in range(since + 1, until + 1):
        deviation = min(hypot(deviation, sqrt(config.growth(season)[is_team])), first)
    return deviation


def _at_starts(
    told: NDArray[Any], worth: FloatArray, first: int, sides: Sides
) -> FloatArray:
    """Inverse variance of each rating at the start of each season: its row."""
    sureness, has_raced = 1 / sides.first_variance, np.zeros(sides.n, bool)
    starts = np.empty(told.shape)
    for place, parts in enumerate(told):
        if place:
            later = 1 / grown(1 / sureness, first + place, sides)
            sureness = np.where(has_raced, later, sureness)
        starts[place] = sureness
        sureness = sureness + worth * parts
        has_raced |= parts > 0
    return starts


def _earlier(values: IntArray, of: Groups) -> IntArray:
    """Sum of what is above each row in its group."""
    before = np.cumsum(values) - values
    earlier: IntArray = before - of.spread(before[of.starts])
    return earlier


def _small(places: IntArray) -> IntArray:
    """The sort of small whole numbers takes linear time."""
    return places.astype(np.min_scalar_type(places.max(initial=0)))
