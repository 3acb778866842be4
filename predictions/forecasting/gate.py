"""The gate: whether a candidate may speak in place of the primary model."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from predictions.forecasting.scores import bootstrap_interval

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Races on which a candidate must have been measured.
LEAST_RACES = 40
#: Log loss by which noise may let a candidate look worse than the primary.
MARGIN = 0.02
#: A test of calibration less likely than this refuses.
LEAST_P = 0.01


@dataclass(frozen=True)
class Evidence:
    """Log losses of the winner on the same races, and what the candidate said.

    Attributes
    ----------
    candidate, primary : arrays of shape (n_races,), natural log
    baselines : the same by name
    p_win : array of shape (n_rows,), chances of the candidate; each race sums to 1
    has_won : bool array of shape (n_rows,)
    race : int array of shape (n_rows,), key of the race of each row
    """

    candidate: FloatArray
    primary: FloatArray
    baselines: Mapping[str, FloatArray]
    p_win: FloatArray
    has_won: BoolArray
    race: IntArray

    def __post_init__(self) -> None:
        for name, losses in {"primary": self.primary, **self.baselines}.items():
            if len(losses) != len(self.candidate):
                raise ValueError(
                    f"{name} has {len(losses)} races, the candidate"
                    f" {len(self.candidate)}; they must be the same"
                )


@dataclass(frozen=True)
class Difference:
    """Mean of paired differences over races, with its 95 % interval.

    Attributes
    ----------
    mean, low, high : natural log; below 0 the candidate is better
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


@dataclass(frozen=True)
class Calibration:
    """Whether winners came as often as they were said to.

    Attributes
    ----------
    z : of the standard normal if they did; above 0 chances were too bold
    p : of a z so far from 0, both sides
    """

    z: float
    p: float


@dataclass(frozen=True)
class Condition:
    """One thing that the gate asks for, and the answer in words."""

    name: str
    is_met: bool
    words: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says, and the figures that it says it by.

    Attributes
    ----------
    n_races : on which all were measured
    conditions : each with its answer
    differences : of the candidate to the primary and to the baselines, by name
    calibration : None without any race
    """

    n_races: int
    conditions: tuple[Condition, ...]
    differences: Mapping[str, Difference]
    calibration: Calibration | None

    @property
    def passes(self) -> bool:
        return all(condition.is_met for condition in self.conditions)

    @property
    def objections(self) -> list[str]:
        """Words of the conditions that are not met."""
        return [one.words for one in self.conditions if not one.is_met]


def judge(
    evidence: Evidence,
    *,
    least_races: int = LEAST_RACES,
    margin: float = MARGIN,
    least_p: float = LEAST_P,
) -> Verdict:
    """Better in the mean, not worse beyond noise, better than all baselines, honest.

    Parameters
    ----------
    evidence : on the same races
    least_races : fewer are not enough
    margin : log loss; the 95 % interval of the difference to the primary must end here
    least_p : of the test of calibration
    """
    n_races = len(evidence.candidate)
    enough = Condition(
        "races", n_races >= least_races, f"{n_races} races of at least {least_races}"
    )
    if not n_races:
        return Verdict(0, (enough,), {}, None)
    others = {"primary": evidence.primary, **evidence.baselines}
    differences = {
        name: difference(evidence.candidate, losses) for name, losses in others.items()
    }
    measured = calibration(evidence.p_win, evidence.has_won, evidence.race)
    conditions = (
        enough,
        _against_primary(differences["primary"], margin),
        *(_against(name, differences[name]) for name in evidence.baselines),
        _calibrated(measured, least_p),
    )
    return Verdict(n_races, conditions, differences, measured)


def _against_primary(found: Difference, margin: float) -> Condition:
    if found.mean >= 0:
        words = f"no better than the primary: log loss {found}"
    elif found.high > margin:
        words = f"may be worse than the primary by more than {margin}: log loss {found}"
    else:
        words = f"better than the primary: log loss {found}"
    return Condition("primary", found.mean < 0 and found.high <= margin, words)


def _against(name: str, found: Difference) -> Condition:
    is_better = found.high < 0
    words = "better" if is_better else "not surely better"
    return Condition(name, is_better, f"{words} than {name}: log loss {found}")


def _calibrated(found: Calibration, least_p: float) -> Condition:
    is_met = found.p > least_p
    side = "too bold" if found.z > 0 else "too timid"
    words = "calibration stands" if is_met else f"chances to win are {side}"
    return Condition(
        "calibration", is_met, f"{words}: z = {found.z:+.2f}, p = {found.p:.3f}"
    )


def difference(losses: FloatArray, others: FloatArray) -> Difference:
    """Of the first to the second, race by race, both of shape (n_races,)."""
    differences = losses - others
    low, high = bootstrap_interval(differences)
    return Difference(float(differences.mean()), low, high)


def calibration(p_win: FloatArray, has_won: BoolArray, race: IntArray) -> Calibration:
    """Spiegelhalter's test, with the variance of one winner per race.

    Parameters
    ----------
    p_win : array of shape (n_rows,), summing to 1 in each race
    has_won : bool array of shape (n_rows,)
    race : int array of shape (n_rows,), rows of a race in any order

    Source: Spiegelhalter (1986), Probabilistic prediction in patient management; there
    outcomes are independent, here exactly one of a field comes true.
    """
    weights = 1 - 2 * p_win
    _, rows = np.unique(race, return_inverse=True)
    first = np.bincount(rows, weights * p_win)
    second = np.bincount(rows, weights**2 * p_win)
    variance = float((second - first**2).sum())
    if variance <= 0:
        return Calibration(0.0, 1.0)
    z = float((weights * (has_won - p_win)).sum()) / variance**0.5
    return Calibration(z, float(2 * norm.sf(abs(z))))
