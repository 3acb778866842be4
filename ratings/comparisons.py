"""Who was ahead of whom: the share of opponents that each entrant of a race beat.

Nothing here depends on a rating, so all races are taken at once.
"""

from typing import NamedTuple

import numpy as np

from ratings.history import BoolArray, FloatArray, IntArray

#: Weights are taken as whole numbers of this, so that they add up to the same bits
#: whatever stands before a race.
UNIT = 2.0**-20


class Comparisons(NamedTuple):
    """Arrays of shape (n_rows,)."""

    actual: FloatArray  # share of opponents beaten, a tie is half; alone: 0.5
    opponents: FloatArray  # their weights added; alone: 1
    k_share: FloatArray  # share of K that the row deserves; alone: 0


def compare(race: IntArray, rank: IntArray, weight: FloatArray) -> Comparisons:
    """Compare every row with every other of its race.

    Parameters
    ----------
    race : int array of shape (n_rows,), sorted
    rank : int array of shape (n_rows,), lower is better, equal is a tie
    weight : array of shape (n_rows,), multiples of ``UNIT`` in [0, 1]; how much a
        comparison with the row counts

    Returns
    -------
    comparisons per row. ``k_share`` is made so that the moves of a race add up to
    zero where all have the same K: a row of weight w among rows of total weight W
    gets w (W - w) / (W - m), m being the largest weight in the race.
    """
    order, ranked = within(race, rank - rank.min(initial=0))
    is_first = np.diff(race, prepend=-1) != 0
    is_level = is_first | (np.diff(ranked, prepend=-1) != 0)
    units = np.rint(weight[order] / UNIT).astype(np.int64)
    upto = np.cumsum(units)
    total = (at_last(upto, is_first) - at_first(upto - units, is_first)) * UNIT
    place = inverse(order)
    equal = (at_last(upto, is_level) - at_first(upto - units, is_level))[place] * UNIT
    behind = (at_last(upto, is_first) - at_last(upto, is_level))[place] * UNIT
    is_alone = total <= weight
    opponents = np.where(is_alone, 1.0, total - weight)
    share = (behind + (equal - weight) / 2) / opponents
    largest = np.maximum.reduceat(weight, np.flatnonzero(is_first))
    rest = total - largest[np.cumsum(is_first) - 1]
    k_share = weight * opponents / np.where(rest > 0, rest, 1.0)
    return Comparisons(
        actual=np.where(is_alone, 0.5, np.clip(share, 0.0, 1.0)),
        opponents=opponents,
        k_share=np.where(is_alone, 0.0, np.minimum(k_share, 1.0)),
    )


def within(race: IntArray, key: IntArray) -> tuple[IntArray, IntArray]:
    """Rows in the order of race and key, neither below zero, and their keys.

    The races come sorted; the stable sort of NumPy makes use of that.
    """
    order = np.argsort(race * (key.max(initial=0) + 1) + key, kind="stable")
    return order, key[order]


def inverse(order: IntArray) -> IntArray:
    """Where each row went; what undoes a permutation."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place


def at_first(values: IntArray, is_first: BoolArray) -> IntArray:
    """For each row the value of the first row of its group; values never fall."""
    found: IntArray = np.maximum.accumulate(np.where(is_first, values, 0))
    return found


def at_last(values: IntArray, is_first: BoolArray) -> IntArray:
    """For each row the value of the last row of its group; values never fall."""
    is_last = np.append(is_first[1:], True)[: len(values)]
    ends = np.where(is_last, values, values.max(initial=0))
    found: IntArray = np.minimum.accumulate(ends[::-1])[::-1]
    return found
