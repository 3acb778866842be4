"""The parameters of every single rating, as arrays.

All ratings of a replay stand in one array: of each kind the drivers, then the teams.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ratings.config import EloConfig
from ratings.history import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Sides:
    """Arrays of shape (n_ratings,), a value for each rating.

    Attributes
    ----------
    configs : parameters of each kind
    side : int array, twice the place of the kind, one more for teams
    """

    configs: Sequence[EloConfig]
    side: IntArray

    @classmethod
    def of(cls, configs: Sequence[EloConfig], n_drivers: int, n_teams: int) -> "Sides":
        counts = [n_drivers, n_teams] * len(configs)
        return cls(configs, np.repeat(np.arange(len(counts)), counts))

    @property
    def n(self) -> int:
        return len(self.side)

    @property
    def start(self) -> FloatArray:
        """What winters pull back to, Elo points."""
        return self._each([(c.start, c.start) for c in self.configs])

    @property
    def newcomer(self) -> FloatArray:
        """First rating, Elo points."""
        first = [(c.newcomer_driver, c.newcomer_team) for c in self.configs]
        return self.start + self._each(first)

    @property
    def gain(self) -> FloatArray:
        """K for each squared point of deviation, 1 / Elo points."""
        return self._each([(c.gain_driver, c.gain_team) for c in self.configs])

    @property
    def worth(self) -> FloatArray:
        """What a race adds to the inverse variance."""
        return self._each([c.worth for c in self.configs])

    @property
    def first_variance(self) -> FloatArray:
        """Of newcomers, squared Elo points."""
        return self._each([(c.first_driver, c.first_team) for c in self.configs]) ** 2

    def kept(self, season: int) -> FloatArray:
        """Share of the distance to ``start`` that lives into a season."""
        return self._each([c.kept(season) for c in self.configs])

    def growth(self, season: int) -> FloatArray:
        """What the winter before a season adds to the variance."""
        return self._each([c.growth(season) for c in self.configs])

    def _each(self, pairs: Sequence[tuple[float, float]]) -> FloatArray:
        return np.array(pairs).ravel()[self.side]
