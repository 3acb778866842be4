"""Parameters of the ratings. How they were found: docs/ratings.md."""

from dataclasses import dataclass

import numpy as np

from ratings.history import FloatArray

#: Seasons whose rules made last year's cars a poor guide to this year's.
REGULATION_RESETS = (1961, 1966, 1983, 1989, 1998, 2009, 2014, 2022, 2026)

#: Elo points for tenfold odds of winning. Smaller than ``EloConfig.scale``, the
#: points for tenfold odds in a pair: the fastest car wins more often than pairs
#: would tell. Fitted on the races of 1980 to 2014.
WIN_SCALE = 195.0

#: Least and largest value of each parameter.
RANGES = {
    "start": (0.0, 3e3),
    "scale": (1e2, 1e4),
    "k_driver": (0.0, 1e3),
    "k_team": (0.0, 1e3),
    "newcomer_k": (0.0, 1e2),
    "newcomer_races": (0.1, 1e3),
    "newcomer_driver": (-1e3, 1e3),
    "newcomer_team": (-1e3, 1e3),
    "carryover_driver": (0.0, 1.0),
    "carryover_team": (0.0, 1.0),
    "reset_team": (0.0, 1.0),
    "crash_weight": (0.0, 1.0),
    "failure_weight": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EloConfig:
    """Parameters of one kind of rating; the defaults are those of races.

    Attributes
    ----------
    start : what carry-over shrinks towards, Elo points
    scale : Elo points for tenfold odds in a pair
    k_driver, k_team : step for a full share of opponents, Elo points
    newcomer_k : by how much the first step is larger; 6 means seven times
    newcomer_races : rated races after which that extra has halved
    newcomer_driver, newcomer_team : first rating, Elo points from ``start``
    carryover_driver, carryover_team : share of the distance to ``start`` that is
        kept between seasons
    reset_team : share kept on top by teams when the rules change
    reset_seasons : years in which they did
    crash_weight, failure_weight : what a comparison with a retirement counts,
        beside 1 for one between two finishers

    Raises
    ------
    ValueError : a value outside its range in ``RANGES``
    """

    start: float = 1500.0
    scale: float = 400.0
    k_driver: float = 25.0
    k_team: float = 86.0
    newcomer_k: float = 6.0
    newcomer_races: float = 10.0
    newcomer_driver: float = -84.0
    newcomer_team: float = -163.0
    carryover_driver: float = 0.88
    carryover_team: float = 0.7
    reset_team: float = 0.2
    reset_seasons: tuple[int, ...] = REGULATION_RESETS
    crash_weight: float = 0.08
    failure_weight: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, largest) in RANGES.items():
            value = getattr(self, name)
            if not least <= value <= largest:
                raise ValueError(
                    f"{name} is {value}; it must be from {least:g} to {largest:g}"
                )

    @property
    def weights(self) -> FloatArray:
        """What a comparison counts, by :class:`Ending`."""
        return np.array([1.0, self.crash_weight, self.failure_weight])

    def kept_shares(self, season: int) -> tuple[float, float]:
        """Share of a driver's and of a team's rating that lives into a season."""
        reset = self.reset_team if season in self.reset_seasons else 1.0
        return self.carryover_driver, self.carryover_team * reset


#: Parameters of the two kinds of rating.
RACE = EloConfig()
QUALIFYING = EloConfig(
    k_driver=45.0,
    k_team=135.0,
    newcomer_driver=-93.0,
    newcomer_team=-125.0,
    carryover_driver=0.86,
    carryover_team=0.77,
    reset_team=0.2,
)

#: By kind of rating.
CONFIGS = {"race": RACE, "qualifying": QUALIFYING}
