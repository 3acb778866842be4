"""Whether what was given 30 % happens in 30 of 100 cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Tenths, by which calibration is measured.
TENTHS = tuple(n / 10 for n in range(11))
#: The same with the smallest chances, of which there are most, told apart.
FINE = (0.0, 0.02, 0.05, *TENTHS[1:])
#: Standard normal deviate that leaves out 2.5 % at either end.
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Bin:
    """Chances that are nearly alike, and what became of them.

    Attributes
    ----------
    chance : mean of the chances, in [0, 1]
    share : of the cases that happened
    low, high : 95 % band of the share
    n : cases
    start, end : of the bin
    """

    chance: float
    share: float
    low: float
    high: float
    n: int
    start: float = 0.0
    end: float = 1.0


def reliability(
    chances: FloatArray, happened: BoolArray, *, edges: Sequence[float] = TENTHS
) -> list[Bin]:
    """Cases in bins, the lowest first; empty ones are left out.

    Parameters
    ----------
    chances : array of shape (n_cases,), in [0, 1]
    happened : array of shape (n_cases,)
    edges : where bins start and end, from 0 to 1; the last one holds its end, too
    """
    inner = np.asarray(edges[1:-1])
    place = np.searchsorted(inner, chances, side="right")
    bins = []
    for k in np.unique(place):
        cases = place == k
        n, share = int(cases.sum()), float(happened[cases].mean())
        low, high = share_interval(share, n)
        mean = float(chances[cases].mean())
        bins.append(Bin(mean, share, low, high, n, edges[k], edges[k + 1]))
    return bins


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: distance of chance and share, by cases.

    Source: Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated
    probabilities using Bayesian binning.
    """
    n_cases = sum(one.n for one in bins)
    return sum(one.n * abs(one.chance - one.share) for one in bins) / n_cases


def share_interval(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share among n cases, n at least 1.

    Source: Wilson (1927), Probable inference.
    """
    spread = Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
