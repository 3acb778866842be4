"""By how much a score is lower than that of a baseline on the same races."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.scores import bootstrap_means, interval_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Skill:
    """One score beside that of a baseline.

    Attributes
    ----------
    ours, other : means over races, lower is better
    gain : share by which ours is lower; below 0 it is higher
    low, high : 95 % interval of the gain
    n : races
    """

    ours: float
    other: float
    gain: float
    low: float
    high: float
    n: int


def skill(ours: FloatArray, other: FloatArray) -> Skill:
    """Of the first to the second, both of shape (n_races,), none negative.

    The interval is a bootstrap over races that draws both from the same races. A draw
    in which the baseline lost nothing counts as no gain.

    Raises
    ------
    ValueError : of different lengths, without a race, or nothing to gain on
    """
    if len(ours) != len(other) or not len(ours):
        raise ValueError(f"ours has {len(ours)} races, other {len(other)}")
    if other.mean() <= 0:
        raise ValueError("other lost nothing; there is no gain on that")
    left, right = bootstrap_means(ours), bootstrap_means(other)
    ratios = np.divide(left, right, out=np.ones_like(left), where=right > 0)
    low, high = interval_of(1 - ratios)
    mean, beside = float(ours.mean()), float(other.mean())
    return Skill(mean, beside, 1 - mean / beside, low, high, len(ours))
