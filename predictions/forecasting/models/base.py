"""What every model is, and what the fitted ones have in common."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.contributions import Contributions
from predictions.forecasting.frame import BoolArray, Frame
from predictions.forecasting.plackett_luce import order_temperature
from predictions.forecasting.regression import conditional_logit

FloatArray = NDArray[np.float64]

#: A fitted model as texts by file name: JSON, or LightGBM's own format.
Files = dict[str, str]
#: Fits already made, by member, stage and digest of what they learnt from.
Memo = dict[tuple[str, str, str], Any]

#: Earlier races were run under other rules of racing and scoring.
FIRST_SEASON = 1996
#: Seasons learnt from at the least, where the record reaches so far back.
ERA_SEASONS = 15
#: Seasons after which a race weighs half in a fit.
HALF_LIFE = 12.0
#: Seasons that calibration learns from.
CALIBRATION_SEASONS = 10
#: Races that a fit needs before its forecasts can teach calibration.
LEAST_RACES = 40

MODEL_FILE = "model.json"
#: Raised whenever the same data would give another fit, though no parameter moved.
ENGINE = 2


class Fitted(Protocol):
    """A model that has learnt."""

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """Position matrix of one race, of shape (n, n), driver × place."""

    def contributions(self, field: Frame) -> Contributions:
        """What each fact adds to the log odds of the win, in one race."""

    def dump(self) -> Files:
        """All that ``load`` of the model needs."""


class Model(Protocol):
    """A way to forecast; a new one is a file and a line in the registry."""

    @property
    def name(self) -> str: ...

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages at which the model has something to go by."""

    @property
    def parameters(self) -> dict[str, Any]:
        """Whatever was chosen rather than learnt."""

    def columns(self, stage: str) -> tuple[str, ...]:
        """Names of the features at a stage."""

    def fit(self, frame: Frame, stage: str, memo: Memo) -> Fitted:
        """Learn from starters of races that are over, in order of time."""

    def load(self, files: Mapping[str, str]) -> Fitted:
        """The fitted model again, equal in every bit."""


class Scorer(Protocol):
    """A fitted model that gives scores to drivers."""

    def scores(self, frame: Frame) -> FloatArray:
        """Array of shape (n_rows, n_scores), higher is better."""

    def contributions(self, field: Frame, weights: FloatArray) -> Contributions:
        """What each fact adds to the weighted sum of the first scores, in one race."""


AnyScorer = TypeVar("AnyScorer", bound=Scorer, covariant=True)


class Member(Protocol[AnyScorer]):
    """A model that scores drivers, and so can stand in a pool."""

    @property
    def key(self) -> str:
        """Name and all that was chosen, to tell fits apart."""

    def learn(self, frame: Frame, stage: str) -> AnyScorer: ...


def remembered(
    member: Member[AnyScorer], frame: Frame, stage: str, memo: Memo
) -> AnyScorer:
    """The fit of a member to a frame, made once."""
    key = (member.key, stage, frame.digest)
    if key not in memo:
        memo[key] = member.learn(frame, stage)
    fitted: AnyScorer = memo[key]
    return fitted


def out_of_sample(
    frame: Frame, stage: str, members: Sequence[Member[Scorer]], memo: Memo
) -> tuple[Frame, FloatArray]:
    """Scores of the last seasons, each by fits on the seasons before it.

    Where the record is too short for that, the scores know what they score.

    Parameters
    ----------
    frame : starters, in order of time
    members : whose scores stand side by side

    Returns
    -------
    the rows scored, and their scores of shape (n_rows, n_scores)
    """
    scored = [
        (frame.seasons(year, year), frame.seasons(0, year - 1))
        for year in calibration_years(frame)
    ] or [(frame, frame)]
    scores = [
        np.column_stack([remembered(m, past, stage, memo).scores(now) for m in members])
        for now, past in scored
    ]
    first = scored[0][0].season[0]
    return frame.where(frame.season >= first), np.concatenate(scores)


def calibration_years(frame: Frame) -> list[int]:
    """The last seasons that have enough races before them."""
    years = np.unique(frame.season)[-CALIBRATION_SEASONS:]
    return [
        int(year) for year in years if (frame.race_season < year).sum() >= LEAST_RACES
    ]


def learnable(frame: Frame) -> Frame:
    """The rows that models learn from: starters of races of their own era."""
    first = min(FIRST_SEASON, int(frame.season.max(initial=0)) - ERA_SEASONS)
    return frame.where((frame.season >= first) & (frame.place > 0))


def recency(frame: Frame, *, half_life: float = HALF_LIFE) -> FloatArray:
    """Weight of each race, of shape (n_races,), 1 for the newest season."""
    age = frame.race_season.max() - frame.race_season
    weights: FloatArray = np.exp2(-age / half_life)
    return weights


def winners(frame: Frame) -> FloatArray:
    """1 for the winner of each race, of shape (n_rows,)."""
    won: FloatArray = np.where(frame.place == 1, 1.0, 0.0)
    return won


def win_scales(frame: Frame, scores: FloatArray) -> FloatArray:
    """What scores must be multiplied by so that they add up to log odds of the win.

    Parameters
    ----------
    scores : array of shape (n_rows, n_scores)

    Returns
    -------
    array of shape (n_scores,)
    """
    return conditional_logit(
        scores,
        winners(frame),
        frame.offsets,
        weights=np.ones(frame.n_races),
        penalty=1e-6,
    )


def order_scale(frame: Frame, scores: FloatArray) -> float:
    """What log odds of the win must be multiplied by to tell whole orders.

    Only those who came home count: retirements are drawn apart.
    """
    recent = frame.season > frame.season.max() - CALIBRATION_SEASONS
    home: BoolArray = recent & ~frame.retired
    part = frame.where(home)
    weights = np.ones(part.n_races)
    return 1 / order_temperature(scores[home], part.place, part.offsets, weights)


def to_json(content: Mapping[str, Any]) -> str:
    """Text in which every float keeps all its bits."""
    return json.dumps(content, sort_keys=True, indent=1)


def prefixed(prefix: str, files: Mapping[str, str]) -> Files:
    return {f"{prefix}.{name}": text for name, text in files.items()}


def under(prefix: str, files: Mapping[str, str]) -> Files:
    """The files that ``prefixed`` with that prefix made, by their own names."""
    start = f"{prefix}."
    return {
        name.removeprefix(start): text
        for name, text in files.items()
        if name.startswith(start)
    }
