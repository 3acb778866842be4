"""Parameters of the ratings. How they were found: docs/ratings.md."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import log
from pathlib import Path
from typing import Any, Self

import numpy as np

from ratings.comparisons import UNIT
from ratings.history import FloatArray

#: Seasons whose rules made last year's cars a poor guide to this year's.
REGULATION_RESETS = (1961, 1966, 1983, 1989, 1998, 2009, 2014, 2022, 2026)

#: A rating is provisional until so much of a newcomer's variance is gone.
PROVISIONAL = 0.5

#: What ``manage.py fit_ratings`` wrote last.
FITTED = Path(__file__).with_name("parameters.json")

#: Least and largest value of each parameter.
RANGES = {
    "start": (0.0, 3e3),
    "scale": (1e2, 1e4),
    "win_scale": (1e1, 1e4),
    "first_driver": (1.0, 1e3),
    "first_team": (1.0, 1e3),
    "winter_driver": (0.0, 1e3),
    "winter_team": (0.0, 1e3),
    "reset_winter_team": (0.0, 1e3),
    "gain_driver": (1e-6, 1.0),
    "gain_team": (1e-6, 1.0),
    "settling": (0.0, 1.0),
    "newcomer_driver": (-1e3, 1e3),
    "newcomer_team": (-1e3, 1e3),
    "kept_driver": (0.0, 1.0),
    "kept_team": (0.0, 1.0),
    "reset_kept_team": (0.0, 1.0),
    "crash_weight": (0.0, 1.0),
    "failure_weight": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EloConfig:
    """Parameters of one kind of rating.

    Attributes
    ----------
    start : what winters pull back to, Elo points
    scale : Elo points for tenfold odds in a pair
    win_scale : Elo points for tenfold odds of winning. Smaller than ``scale``: the
        fastest car wins more often than pairs would tell
    first_driver, first_team : deviation of a newcomer, Elo points
    winter_driver, winter_team : what a winter adds to a deviation, in squares
    reset_winter_team : what it adds on top when the rules change, in squares
    gain_driver, gain_team : K for each squared point of deviation, 1 / Elo points
    settling : how fast races make a rating surer, 0..1; see ``worth``
    newcomer_driver, newcomer_team : first rating, Elo points from ``start``
    kept_driver, kept_team : share of the distance to ``start`` that is kept over a
        winter
    reset_kept_team : share kept on top by teams when the rules change
    reset_seasons : years in which they did
    crash_weight, failure_weight : what a comparison with a retirement counts,
        beside 1 for one between two finishers

    Raises
    ------
    ValueError : a value outside its range in ``RANGES``
    """

    start: float = 1500.0
    scale: float = 400.0
    win_scale: float = 182.0
    first_driver: float = 117.0
    first_team: float = 222.0
    winter_driver: float = 14.5
    winter_team: float = 56.0
    reset_winter_team: float = 40.0
    gain_driver: float = 0.0214
    gain_team: float = 0.0301
    settling: float = 0.18
    newcomer_driver: float = -110.0
    newcomer_team: float = -196.0
    kept_driver: float = 0.88
    kept_team: float = 0.74
    reset_kept_team: float = 0.38
    reset_seasons: tuple[int, ...] = REGULATION_RESETS
    crash_weight: float = 0.11
    failure_weight: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, largest) in RANGES.items():
            value = getattr(self, name)
            if not least <= value <= largest:
                raise ValueError(
                    f"{name} is {value}; it must be from {least:g} to {largest:g}"
                )

    def is_provisional(self, deviation: float, *, is_team: bool) -> bool:
        """Whether too little is known for a rating to be called established."""
        first = self.first_team if is_team else self.first_driver
        return deviation**2 > PROVISIONAL * first**2

    @property
    def weights(self) -> FloatArray:
        """What a comparison counts, by :class:`Ending`; multiples of ``UNIT``."""
        weights = np.array([1.0, self.crash_weight, self.failure_weight])
        rounded: FloatArray = np.rint(weights / UNIT) * UNIT
        return rounded

    @property
    def worth(self) -> tuple[float, float]:
        """What a race adds to the inverse variance of a driver and of a team.

        A step of K moves the expected score by ``settling K ln(10) / scale``; that
        share of the variance is gone.
        """
        each = self.settling * log(10) / self.scale
        return each * self.gain_driver, each * self.gain_team

    def kept(self, season: int) -> tuple[float, float]:
        """Share of a driver's and of a team's rating that lives into a season."""
        reset = self.reset_kept_team if season in self.reset_seasons else 1.0
        return self.kept_driver, self.kept_team * reset

    def growth(self, season: int) -> tuple[float, float]:
        """What the winter before a season adds to a driver's and a team's variance."""
        reset = self.reset_winter_team if season in self.reset_seasons else 0.0
        return self.winter_driver**2, self.winter_team**2 + reset**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Parameters of a kind, and on what they were fitted.

    Attributes
    ----------
    config : the parameters
    since, until : first and last season whose races were in the loss
    half_life : years before ``until`` after which a race counts half
    n_races : how many races there were
    win_loss, pair_loss : log loss of winners and of pairs of finishers that the
        parameters reach there, natural logarithm, weighed like that
    """

    config: EloConfig = field(default_factory=EloConfig)
    since: int = 0
    until: int = 0
    half_life: float = 0.0
    n_races: int = 0
    win_loss: float = 0.0
    pair_loss: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """
        Raises
        ------
        TypeError : a parameter that is unknown
        ValueError : one that is out of range
        """
        values = dict(told["config"])
        values["reset_seasons"] = tuple(values["reset_seasons"])
        return cls(**{**told, "config": EloConfig(**values)})


def read_fits(path: Path = FITTED) -> dict[str, Fit]:
    """By kind of rating."""
    told = json.loads(path.read_text())
    return {kind: Fit.from_json(fit) for kind, fit in told.items()}


def write_fits(fits: Mapping[str, Fit], path: Path = FITTED) -> None:
    told = {kind: fit.as_json() for kind, fit in fits.items()}
    path.write_text(json.dumps(told, indent=2) + "\n")


FITS = read_fits()
#: Parameters by kind of rating.
CONFIGS = {kind: fit.config for kind, fit in FITS.items()}
RACE, QUALIFYING = CONFIGS["race"], CONFIGS["qualifying"]
