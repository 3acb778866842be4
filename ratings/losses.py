"""How well strengths before a race told what came: log losses of winners and pairs.

NumPy and SciPy only. A loss is the mean over races of the negative natural logarithm
of the chance that was given to what happened.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.optimize import minimize_scalar

from ratings.history import Ending, FloatArray, History, IntArray, Replay

#: Floor of a chance: one miss must not decide over two hundred races.
LEAST = 1e-4
#: Where the best scale of winners is looked for, in standard deviations of strength.
SCALES = (0.1, 50.0)


def strengths(history: History, replay: Replay) -> FloatArray:
    """Driver and team added, Elo points before the race; shape (n_rows,)."""
    cars = replay.team.race * history.n_teams + replay.team.subject
    row = np.searchsorted(cars, history.race * history.n_teams + history.team)
    total: FloatArray = replay.driver.before + replay.team.before[row]
    return total


@dataclass(frozen=True, slots=True)
class Scoring:
    """What some races of a history are scored on.

    Attributes
    ----------
    begin, size : int arrays of shape (n_races,), rows of each race
    winner : int array of shape (n_races,), row of the best placed
    ahead, behind : int arrays of shape (n_pairs,), rows of two that finished apart
    weight : array of shape (n_races,), adding up to 1
    share : array of shape (n_pairs,), adding up to 1; the pairs of a race have
        its weight, which those of a race without any leave to the others
    """

    begin: IntArray
    size: IntArray
    winner: IntArray
    ahead: IntArray
    behind: IntArray
    weight: FloatArray
    share: FloatArray

    @classmethod
    def of(
        cls, history: History, since: int, until: int, half_life: float = np.inf
    ) -> "Scoring":
        """Races of those seasons, both included, with two rows at least.

        They count alike, or by their age: half of it after ``half_life`` years.
        """
        size = np.diff(history.offsets)
        asked = (history.season >= since) & (history.season <= until) & (size > 1)
        begin, size = history.offsets[:-1][asked], size[asked]
        if not len(begin):
            raise ValueError(f"no race of {since} to {until} is on record")
        races = [slice(a, a + n) for a, n in zip(begin, size, strict=True)]
        pairs = [_pairs(history, race) for race in races]
        counts = np.array([len(ahead) for ahead, _ in pairs])
        weight = 0.5 ** ((until - history.season[asked]) / half_life)
        share = np.repeat(weight / np.maximum(counts, 1), counts)
        return cls(
            begin=begin,
            size=size,
            winner=np.array([r.start + np.argmin(history.rank[r]) for r in races]),
            ahead=np.concatenate([ahead for ahead, _ in pairs]),
            behind=np.concatenate([behind for _, behind in pairs]),
            weight=weight / weight.sum(),
            share=share / share.sum() if len(share) else share,
        )

    @property
    def n_races(self) -> int:
        return len(self.begin)

    def win_losses(self, strength: FloatArray, scale: float) -> FloatArray:
        """Loss of each race, the chance of winning being a softmax; (n_races,)."""
        starts = np.cumsum(self.size) - self.size
        rows = np.repeat(self.begin - starts, self.size)
        own = strength[rows + np.arange(len(rows))] * (log(10) / scale)
        best = np.maximum.reduceat(own, starts)
        total = np.add.reduceat(np.exp(own - np.repeat(best, self.size)), starts)
        chance = strength[self.winner] * (log(10) / scale) - best - np.log(total)
        losses: FloatArray = -np.maximum(chance, log(LEAST))
        return losses

    def win_loss(self, strength: FloatArray, scale: float) -> float:
        """Their weighted mean."""
        return float(self.weight @ self.win_losses(strength, scale))

    def best_scale(self, strength: FloatArray) -> float:
        """The scale with the least loss of winners, for tenfold odds."""
        spread = float(strength.std()) or 1.0
        found = minimize_scalar(
            lambda power: self.win_loss(strength, spread * np.exp(power)),
            bounds=(log(SCALES[0]), log(SCALES[1])),
            method="bounded",
            options={"xatol": 1e-4},
        )
        return float(spread * np.exp(found.x))

    def pair_loss(self, strength: FloatArray, scale: float) -> float:
        """Loss of all pairs that finished apart."""
        gap = (strength[self.ahead] - strength[self.behind]) * (log(10) / scale)
        return float(self.share @ np.logaddexp(0.0, -gap))


def _pairs(history: History, race: slice) -> tuple[IntArray, IntArray]:
    """Rows of all pairs that finished, the better placed first."""
    rows = np.arange(race.start, race.stop)
    rows = rows[history.ending[race] == Ending.FINISHED]
    rank = history.rank[rows]
    one, other = np.nonzero(rank[:, None] < rank)
    return rows[one], rows[other]
