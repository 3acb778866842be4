"""Whether a model has become better or worse: its last races against all before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

FloatArray = NDArray[np.float64]

#: Races of the newer part, and the least that the older one must have.
N_LAST = 10
LEAST_BEFORE = 10
#: Means that differ by less are the same, to rounding.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Drift:
    """Mean loss of the last races beside that of all before them.

    Attributes
    ----------
    last, before : means, lower is better
    difference : last less before; above 0 the model has become worse
    low, high : 95 % interval of the difference
    n_last, n_before : races
    """

    last: float
    before: float
    difference: float
    low: float
    high: float
    n_last: int
    n_before: int

    @property
    def direction(self) -> int:
        """1 where it became worse, −1 better, 0 where the interval holds zero."""
        return int(self.low > TOLERANCE) - int(self.high < -TOLERANCE)


def drift(losses: FloatArray, *, n_last: int = N_LAST) -> Drift | None:
    """Compare the last races with all before; None of too few.

    Parameters
    ----------
    losses : array of shape (n_races,), in order of time
    n_last : races of the newer part, at least 2

    Returns
    -------
    with an interval by Welch's t: both parts have a variance of their own

    Source: Welch (1947), The generalization of "Student's" problem when several
    different population variances are involved.
    """
    if len(losses) < n_last + LEAST_BEFORE:
        return None
    newer, older = losses[-n_last:], losses[:-n_last]
    difference = float(newer.mean() - older.mean())
    reach = _reach(newer, older)
    return Drift(
        last=float(newer.mean()),
        before=float(older.mean()),
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        n_last=len(newer),
        n_before=len(older),
    )


def _reach(newer: FloatArray, older: FloatArray, share: float = 0.95) -> float:
    """Half the width of Welch's interval; 0 where neither part varies."""
    parts = np.array([part.var(ddof=1) / len(part) for part in (newer, older)])
    total = float(parts.sum())
    if total <= TOLERANCE**2:
        return 0.0
    freedom = np.array([len(newer) - 1, len(older) - 1])
    degrees = total**2 / float((parts**2 / freedom).sum())
    return float(student.ppf((1 + share) / 2, degrees) * np.sqrt(total))
