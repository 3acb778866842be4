"""Who was ahead of whom: the share of opponents that each entrant of a race beat.

Nothing here depends on a rating, so all races are taken at once. Rows are counted
in whole numbers before they are weighed, so that a race comes out in the same bits
whatever stands before it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Comparisons(NamedTuple):
    """Arrays of shape (n_rows,)."""

    actual: FloatArray  # share of opponents beaten, a tie is half; alone: 0.5
    opponents: FloatArray  # their weights added; alone: 1
    k_share: FloatArray  # share of K that the row deserves; alone: 0


def compare(
    race: IntArray, rank: IntArray, ending: IntArray, weights: FloatArray
) -> Comparisons:
    """Compare every row with every other of its race.

    Parameters
    ----------
    race : int array of shape (n_rows,), sorted
    rank : int array of shape (n_rows,), lower is better, equal is a tie
    ending : int array of shape (n_rows,), place in ``weights``
    weights : array of shape (n_rows, n_endings), each in [0, 1]; how much a
        comparison with a row of that ending counts in the race of the row

    Returns
    -------
    comparisons per row. ``k_share`` is made so that the moves of a race add up to
    zero where all have the same K: a row of weight w among rows of total weight W
    gets w (W - w) / (W - m), m being the largest weight in the race.
    """
    order, ranked = within(race, rank - rank.min(initial=0))
    is_first = np.diff(race, prepend=-1) != 0
    first, end = groups(is_first)
    level, level_end = groups(is_first | (np.diff(ranked, prepend=-1) != 0))
    place = inverse(order)
    level, level_end = level[place], level_end[place]
    total, behind, equal, largest = np.zeros((4, len(race)))
    own = weights[np.arange(len(race)), ending]
    for value, weight in enumerate(weights.T):
        if not weight.any():
            continue
        count = np.append(0, np.cumsum(ending[order] == value))
        present = count[end] - count[first]
        total += weight * present
        behind += weight * (count[end] - count[level_end])
        equal += weight * (count[level_end] - count[level])
        largest = np.maximum(largest, weight * (present > 0))
    return _comparisons(own, total, behind, equal, largest)


def _comparisons(
    own: FloatArray,
    total: FloatArray,
    behind: FloatArray,
    equal: FloatArray,
    largest: FloatArray,
) -> Comparisons:
    """From the weight of each row, and of the rows of its race: of all, of those
    behind it, of those level with it (itself among them), of the heaviest."""
    is_alone = total <= own
    opponents = np.where(is_alone, 1.0, total - own)
    share = (behind + (equal - own) / 2) / opponents
    rest = np.where(total > largest, total - largest, 1.0)
    return Comparisons(
        actual=np.where(is_alone, 0.5, np.clip(share, 0.0, 1.0)),
        opponents=opponents,
        k_share=np.where(is_alone, 0.0, np.minimum(own * opponents / rest, 1.0)),
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


def groups(is_first: BoolArray) -> tuple[IntArray, IntArray]:
    """For each row, where its group begins and where it ends."""
    starts = np.flatnonzero(is_first)
    group = np.cumsum(is_first) - 1
    return starts[group], np.append(starts[1:], len(is_first))[group]
