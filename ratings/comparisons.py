"""Who was ahead of whom: the share of opponents that each entrant of a race beat.

Nothing here depends on a rating, so all races are taken at once.
"""

from typing import NamedTuple, TypeVar

import numpy as np

from ratings.history import FloatArray, IntArray

Array = TypeVar("Array", FloatArray, IntArray)

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
    races, levels = groups(race), groups(race, ranked)
    units = np.rint(weight[order] / UNIT).astype(np.int64)
    upto = np.concatenate(([0], np.cumsum(units))) * UNIT
    total = races.spread(upto[races.ends] - upto[races.starts])
    level = undone(order, levels.spread(np.arange(len(levels.starts))))
    behind = races.spread(upto[races.ends]) - upto[levels.ends][level]
    equal = (upto[levels.ends] - upto[levels.starts])[level]
    is_alone = total <= weight
    opponents = np.where(is_alone, 1.0, total - weight)
    share = (behind + (equal - weight) / 2) / opponents
    rest = total - races.spread(np.maximum.reduceat(weight, races.starts))
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


def undone(order: IntArray, values: Array) -> Array:
    """Values of sorted rows, where the rows stood before they were sorted."""
    before = np.empty_like(values)
    before[order] = values
    return before


def inverse(order: IntArray) -> IntArray:
    """Where each row went; what undoes a permutation."""
    return undone(order, np.arange(len(order)))


class Groups(NamedTuple):
    """Rows that lie together; int arrays of shape (n_groups,)."""

    starts: IntArray
    ends: IntArray

    def spread(self, values: Array) -> Array:
        """The value of its group for each row."""
        return np.repeat(values, self.ends - self.starts)


def groups(*keys: IntArray) -> Groups:
    """Rows that have all keys in common and lie together."""
    n_rows = len(keys[0])
    is_first = np.ones(n_rows, bool)
    is_first[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    starts = np.flatnonzero(is_first)
    return Groups(starts, np.append(starts, n_rows)[1:])
