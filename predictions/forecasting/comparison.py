"""Models beside each other on the same races: means, intervals, differences."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.reliability import Bin, calibration_error, reliability
from predictions.forecasting.scores import PODIUM, bootstrap_interval, win_chances

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

#: Scores of a race that are compared; of the first three, less is better.
SCORES = (
    "log_loss",
    "brier",
    "rps",
    "winner_hit",
    "winner_in_top3",
    "podium_overlap",
    "podium_brier",
    "points_brier",
    "rank_correlation",
    "kendall",
    "coverage",
    "mates_hit",
)
#: The baseline to be compared with: of those that are there, the one that knows most.
RIVALS = ("grid", "elo", "standings", "uniform")


@dataclass(frozen=True)
class Estimate:
    """A mean over races, with the 95 % interval of a bootstrap over races."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: FloatArray) -> "Estimate":
        """From values of shape (n_races,), at least one."""
        return cls(float(values.mean()), *bootstrap_interval(values))


@dataclass(frozen=True)
class Chances:
    """What starters were given and what became of them, of shape (n_cases,)."""

    win: FloatArray
    won: BoolArray
    podium: FloatArray
    on_podium: BoolArray


def chances_of(races: Sequence[tuple[FloatArray, IntArray]]) -> Chances:
    """Chances of all starters of some races.

    Parameters
    ----------
    races : position matrix of shape (n, m) and places of shape (n,), 0 for who did
        not start
    """
    starters = [(matrix[place > 0], place[place > 0]) for matrix, place in races]
    podium = [matrix[:, :PODIUM].sum(axis=1) for matrix, _ in starters]
    order = np.concatenate([place for _, place in starters])
    return Chances(
        win=np.concatenate([win_chances(matrix) for matrix, _ in starters]),
        won=order == 1,
        podium=np.clip(np.concatenate(podium), 0.0, 1.0),
        on_podium=order <= PODIUM,
    )


@dataclass(frozen=True)
class ModelLine:
    """One model in a table.

    Attributes
    ----------
    scores : by name of the score, without those that no race has
    differences : from the baseline on the same races; empty for the baseline itself
    win, podium : bins of the chances, see ``reliability``
    ece_win, ece_podium : expected calibration errors of those
    """

    name: str
    scores: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    win: Sequence[Bin]
    podium: Sequence[Bin]
    ece_win: float
    ece_podium: float


@dataclass(frozen=True)
class StageTable:
    """Models at one stage, the best log loss first; all scored on the same races.

    Attributes
    ----------
    baseline : that differences are from, "" where there is none
    """

    stage: str
    n_races: int
    baseline: str
    lines: Sequence[ModelLine]

    def line(self, name: str) -> ModelLine | None:
        return next((line for line in self.lines if line.name == name), None)

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "StageTable":
        return cls(**{**content, "lines": [_line(line) for line in content["lines"]]})


def _line(content: Mapping[str, Any]) -> ModelLine:
    read: dict[str, Any] = dict(content)
    for name in ("scores", "differences"):
        read[name] = {key: Estimate(**of) for key, of in content[name].items()}
    for name in ("win", "podium"):
        read[name] = [Bin(**one) for one in content[name]]
    return ModelLine(**read)


def compare(
    stage: str,
    scores: Mapping[str, FloatArray],
    chances: Mapping[str, Chances],
) -> StageTable:
    """The table of one stage.

    Parameters
    ----------
    scores : by model, arrays of shape (n_races, n_scores), columns as ``SCORES``; the
        n-th rows of all are of the same race
    chances : by model

    Raises
    ------
    ValueError : no model, or models of different numbers of races
    """
    sizes = {len(table) for table in scores.values()}
    if len(sizes) != 1:
        raise ValueError(f"scores holds models of {sorted(sizes)} races")
    baseline = next((name for name in RIVALS if name in scores), "")
    lines = [
        _compared(name, table, scores.get(baseline), chances[name])
        for name, table in scores.items()
    ]
    lines.sort(key=lambda line: line.scores["log_loss"].mean)
    return StageTable(stage, sizes.pop(), baseline, lines)


def _compared(
    name: str, table: FloatArray, rival: FloatArray | None, chances: Chances
) -> ModelLine:
    apart = None if rival is None or table is rival else table - rival
    win = reliability(chances.win, chances.won)
    podium = reliability(chances.podium, chances.on_podium)
    return ModelLine(
        name=name,
        scores=_estimates(table),
        differences={} if apart is None else _estimates(apart),
        win=win,
        podium=podium,
        ece_win=calibration_error(win),
        ece_podium=calibration_error(podium),
    )


def _estimates(table: FloatArray) -> dict[str, Estimate]:
    """By score, over the races that have it; a score that none has is left out."""
    known = [column[np.isfinite(column)] for column in table.T]
    return {
        name: Estimate.of(values)
        for name, values in zip(SCORES, known, strict=True)
        if len(values)
    }
