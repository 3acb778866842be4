"""Why a driver has his chance: contributions of facts, gathered into groups.

In log odds they add up to the difference from the mean of the field, in percentage
points to the difference from an even chance.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.contributions import Contributions
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import Fitted

FloatArray = NDArray[np.float64]

#: Facts by what a reader calls them; all that any model reads is here.
GROUPS: dict[str, tuple[str, ...]] = {
    "grid slot": (
        "slot",
        "log_slot",
        "pole",
        "front_row",
        "pit_lane",
        "provisional_slot",
        "grid_slot",
    ),
    "qualifying": ("qualifying_gap",),
    "practice": ("practice_gap", "practice_last_gap"),
    "pace of car and driver": (
        "pace",
        "pace_driver",
        "pace_team",
        "pace_doubt",
        "qualifying_form",
    ),
    "recent finishes": (
        "finish",
        "finish_driver",
        "finish_team",
        "finish_doubt",
        "finish_form",
        "gained_form",
    ),
    "form": (
        "points_3",
        "points_8",
        "points_20",
        "team_points_3",
        "team_points_8",
        "wins",
        "team_wins",
    ),
    "rating": ("elo", "elo_driver", "elo_team"),
    "championship": ("standing",),
    "reliability": ("retired_driver", "retired_team"),
    "record at this circuit": ("circuit_form",),
    "experience": ("experience",),
    "size of the field": ("field_size",),
}
FIELD_GROUP = "size of the field"
GROUP_OF = {fact: group for group, facts in GROUPS.items() for fact in facts}

#: Steps of the path integral; enough for chances of any sharpness.
N_NODES = 64


@dataclass(frozen=True)
class Explanation:
    """Why the field has its chances to win.

    Attributes
    ----------
    facts : contributions of single facts
    """

    facts: Contributions

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups that speak, in the order of ``GROUPS``."""
        spoken = {GROUP_OF[name] for name in self.facts.names}
        return tuple(group for group in GROUPS if group in spoken)

    @cached_property
    def log_odds(self) -> FloatArray:
        """Driver × group, natural log; a row sums to ``facts.total``."""
        columns = [self.groups.index(GROUP_OF[name]) for name in self.facts.names]
        gathered = np.zeros((len(self.facts.log_odds), len(self.groups)))
        np.add.at(gathered.T, columns, self.facts.log_odds.T)
        return gathered

    @cached_property
    def p_win(self) -> FloatArray:
        """Chances that follow from the log odds, of shape (n,)."""
        return _softmax(self.facts.total)

    @cached_property
    def points(self) -> FloatArray:
        """Driver × group, as shares of 1; a row sums to ``p_win - 1 / n``.

        The path leads from an even field to this one with all log odds growing
        alike; each group is given what it moves on the way.

        Source: Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep
        networks, after Aumann and Shapley.
        """
        scores = self.facts.total
        points = np.zeros(self.log_odds.shape)
        nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
        for t, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            chances = _softmax(t * scores)
            pull = self.log_odds - chances @ self.log_odds
            points += weight * chances[:, None] * pull
        return _closed(points, self.p_win - 1 / len(scores))


def explain(fitted: Fitted, field: Frame) -> Explanation:
    """Why a fitted model gives the field of one race its chances.

    Raises
    ------
    ValueError : rows of several races, or none
    """
    if field.n_races != 1:
        raise ValueError(f"field holds {field.n_races} races; it must be one")
    return Explanation(fitted.contributions(field))


def _softmax(scores: FloatArray) -> FloatArray:
    weights = np.exp(scores - scores.max())
    chances: FloatArray = weights / weights.sum()
    return chances


def _closed(points: FloatArray, totals: FloatArray) -> FloatArray:
    """What rounding left over, shared out in proportion, so that rows sum exactly."""
    sizes = np.abs(points)
    total = np.maximum(sizes.sum(axis=1, keepdims=True), 1e-300)
    left = totals - points.sum(axis=1)
    points += left[:, None] * sizes / total
    return points
