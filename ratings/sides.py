"""The parameters of every single rating, as arrays.

All ratings of a replay stand in one array: of each kind the drivers, then the teams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ratings.config import EloConfig
from ratings.history import FloatArray, IntArray


@dataclass(frozen=True)
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

    @cached_property
    def start(self) -> FloatArray:
        """What winters pull back to, Elo points."""
        return self._each([(c.start, c.start) for c in self.configs])

    @cached_property
    def newcomer(self) -> FloatArray:
        """First rating, Elo points."""
        first = [(c.newcomer_driver, c.newcomer_team) for c in self.configs]
        return self.start + self._each(first)

    @cached_property
    def gain(self) -> FloatArray:
        """K for each squared point of deviation, 1 / Elo points."""
        return self._each([(c.gain_driver, c.gain_team) for c in self.configs])

    @cached_property
    def worth(self) -> FloatArray:
        """What a race adds to the inverse variance."""
        return self._each([c.worth for c in self.configs])

    @cached_property
    def first_variance(self) -> FloatArray:
        """Of newcomers, squared Elo points."""
        return self._each([(c.first_driver, c.first_team) for c in self.configs]) ** 2

    def kept(self, season: int) -> FloatArray:
        """Share of the distance to ``start`` that lives into a season."""
        return self._of_season(season)[0]

    def growth(self, season: int) -> FloatArray:
        """What the winter before a season adds to the variance."""
        return self._of_season(season)[1]

    def _of_season(self, season: int) -> tuple[FloatArray, FloatArray]:
        """Both; seasons differ by whose rules change alone."""
        key = tuple(season in config.reset_seasons for config in self.configs)
        if key not in self._seasons:
            kept = self._each([c.kept(season) for c in self.configs])
            growth = self._each([c.growth(season) for c in self.configs])
            self._seasons[key] = kept, growth
        return self._seasons[key]

    @cached_property
    def _seasons(self) -> dict[tuple[bool, ...], tuple[FloatArray, FloatArray]]:
        return {}

    def _each(self, pairs: Sequence[tuple[float, float]]) -> FloatArray:
        return np.array(pairs).ravel()[self.side]
