"""What each fact adds to a driver's log odds, against the mean of the field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """Driver × fact for one race; each column sums to 0 over the field.

    Attributes
    ----------
    names : of the facts, none twice
    log_odds : array of shape (n_drivers, n_names), natural log
    """

    names: tuple[str, ...]
    log_odds: FloatArray

    @classmethod
    def of(cls, names: Sequence[str], parts: FloatArray) -> "Contributions":
        """From parts of a score; what is the same for all is taken off."""
        return cls(tuple(names), parts - parts.mean(axis=0))

    @property
    def total(self) -> FloatArray:
        """Log odds of each driver against the mean of the field, of shape (n,)."""
        total: FloatArray = self.log_odds.sum(axis=1)
        return total


def summed(members: Iterable[Contributions]) -> Contributions:
    """Members added, fact by fact."""
    parts: dict[str, FloatArray] = {}
    for member in members:
        for name, column in zip(member.names, member.log_odds.T, strict=True):
            parts[name] = parts[name] + column if name in parts else column
    return Contributions(tuple(parts), np.column_stack(list(parts.values())))
