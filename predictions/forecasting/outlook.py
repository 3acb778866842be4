"""The forecast of one race: a matrix of places, and all that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.entrant import RACE, SPRINT

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PODIUM = 3
#: What a range holds, reckoned to so many digits.
HELD, ROUNDED = 0.8, 12


def points_places(season: int, kind: str = RACE) -> int:
    """Places that scored points in the races of a season, or in its sprints."""
    if kind == SPRINT:
        return 8 if season >= 2022 else 3
    if season >= 2010:
        return 10
    if season >= 2003:
        return 8
    return 6 if season >= 1960 else 5


@dataclass(frozen=True)
class Duel:
    """Two drivers, and the chance that the first finishes ahead of the other.

    Attributes
    ----------
    first, second : rows of the field
    p_ahead : of the first; the second has the rest
    """

    first: int
    second: int
    p_ahead: float


@dataclass(frozen=True)
class Outlook:
    """Chances of a field; the rows are its drivers in the order of the field.

    Attributes
    ----------
    positions : array of shape (n, n), driver × place, rows and columns sum to 1
    p_dnf : array of shape (n,), chances to retire, beside the places
    """

    positions: FloatArray
    p_dnf: FloatArray

    @property
    def p_win(self) -> FloatArray:
        """Array of shape (n,), summing to 1: the first column of the places."""
        return self.positions[:, 0]

    @property
    def p_podium(self) -> FloatArray:
        return self.p_top(PODIUM)

    def p_top(self, n_places: int) -> FloatArray:
        """Chance of each driver to be among the first, of shape (n,)."""
        chances: FloatArray = self.positions[:, :n_places].sum(axis=1)
        return np.clip(chances, 0.0, 1.0)

    @property
    def expected_position(self) -> FloatArray:
        """Mean place, of shape (n,), from 1."""
        places = np.arange(1, len(self.positions) + 1, dtype=np.float64)
        return self.positions @ places

    @property
    def ranges(self) -> IntArray:
        """Places that hold each driver with 80 %, of shape (n, 2), both inclusive."""
        return ranges_of(self.positions)

    @property
    def p_ahead(self) -> FloatArray:
        """Chance that a driver finishes ahead of another, of shape (n, n).

        Both are drawn from their own rows, and again when they share a place. So
        ``p_ahead + p_ahead.T`` is 1; against himself a driver has a half.
        """
        behind = 1 - np.cumsum(self.positions, axis=1)
        ahead = np.maximum(self.positions @ behind.T, 0.0)
        np.fill_diagonal(ahead, 0.5)
        chances: FloatArray = ahead / (ahead + ahead.T)
        return chances

    def mate_duels(self, teams: Sequence[str]) -> list[Duel]:
        """Each pair of the same team, in the order of rows.

        Parameters
        ----------
        teams : of each driver of the field
        """
        chances = self.p_ahead
        return [
            Duel(first, second, float(chances[first, second]))
            for first, second in combinations(range(len(chances)), 2)
            if teams[first] == teams[second]
        ]


def ranges_of(positions: FloatArray) -> IntArray:
    """The fewest places in a row that hold each driver with 80 %.

    Who retires is put among the last: cut from tail to tail a favourite's range would
    reach down to there. Of several that are as short the likeliest, then the best.

    Parameters
    ----------
    positions : array of shape (n, m), driver × place, rows sum to 1

    Returns
    -------
    array of shape (n, 2), from 1, both inclusive
    """
    n, m = positions.shape
    at_most = np.column_stack([np.zeros(n), np.cumsum(positions, axis=1)])
    found = np.tile([1, m], (n, 1))
    is_open = np.ones(n, dtype=np.bool_)
    for width in range(1, m):
        held = (at_most[:, width:] - at_most[:, :-width]).round(ROUNDED)
        best = held.argmax(axis=1)
        fits = is_open & (held.max(axis=1) >= HELD)
        found[fits] = np.column_stack([best + 1, best + width])[fits]
        is_open &= ~fits
    return found
