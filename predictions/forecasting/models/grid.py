"""How often each starting slot ended in each place: the table everybody knows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.calibration import coherent
from predictions.forecasting.contributions import Contributions
from predictions.forecasting.features import SLOT
from predictions.forecasting.frame import Frame, ranks
from predictions.forecasting.models.base import MODEL_FILE, Files, Memo, to_json

FloatArray = NDArray[np.float64]

#: Seasons that are counted.
SEASONS = 10
#: Races that a flat table weighs in the count, so that nothing is impossible.
PRIOR_RACES = 1.0
MAX_FIELD = 40


@dataclass(frozen=True)
class SlotTable:
    """Counts of place by slot, and the column that tells the slot.

    A slot between two, as when several share a rank, reads both.

    Attributes
    ----------
    column : of the frame
    counts : array of shape (``MAX_FIELD``, ``MAX_FIELD``), slot × place
    is_ranked : the slot is the rank in the column, the highest first
    """

    column: str
    counts: FloatArray
    is_ranked: bool = False

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        return self._matrix(field)

    def contributions(self, field: Frame) -> Contributions:
        p_win = self._matrix(field)[:, :1]
        return Contributions.of((self.column,), np.log(p_win))

    def dump(self) -> Files:
        content = {
            "column": self.column,
            "counts": self.counts.tolist(),
            "is_ranked": self.is_ranked,
        }
        return {MODEL_FILE: to_json(content)}

    def _matrix(self, field: Frame) -> FloatArray:
        n = len(field)
        slots = np.minimum(_slots(field, self.column, is_ranked=self.is_ranked), n)
        return coherent(_shares(slots) @ self.counts[:, :n] + PRIOR_RACES / n)


def _slots(frame: Frame, column: str, *, is_ranked: bool) -> FloatArray:
    values = frame.column(column)
    return ranks(-values, frame.offsets) if is_ranked else values


def _shares(slots: FloatArray) -> FloatArray:
    """How much of each row belongs to each slot, of shape (n_rows, ``MAX_FIELD``).

    An unknown slot (NaN) belongs to none: it teaches nothing, and is read as flat.
    """
    distance = np.abs(slots[:, None] - np.arange(1, MAX_FIELD + 1))
    shares: FloatArray = np.fmax(1 - distance, 0.0)
    return shares


@dataclass(frozen=True)
class Table:
    """How often each slot, or rank, ended in each place of late.

    Attributes
    ----------
    name : of the model
    column : that tells the slot, by stage
    is_ranked : the slot is the rank in it
    """

    name: str
    column: Mapping[str, str]
    is_ranked: bool

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(self.column)

    @property
    def parameters(self) -> dict[str, Any]:
        return {"seasons": SEASONS, "prior_races": PRIOR_RACES}

    def columns(self, stage: str) -> tuple[str, ...]:
        return (self.column[stage],)

    def fit(self, frame: Frame, stage: str, memo: Memo) -> SlotTable:
        recent = frame.where(frame.season > frame.season.max() - SEASONS)
        column = self.column[stage]
        slots = _slots(recent, column, is_ranked=self.is_ranked)
        shares = _shares(np.minimum(slots, MAX_FIELD))
        places = np.minimum(recent.place, MAX_FIELD)
        finished = places[:, None] == np.arange(1, MAX_FIELD + 1)
        counts = shares.T @ finished.astype(np.float64)  # floats are multiplied fast
        return SlotTable(column, counts, self.is_ranked)

    def load(self, files: Mapping[str, str]) -> SlotTable:
        content = json.loads(files[MODEL_FILE])
        return SlotTable(
            content["column"],
            np.array(content["counts"]),
            content.get("is_ranked", False),
        )


def grid() -> Table:
    """The baseline once a grid is known."""
    return Table(name="grid", column=SLOT, is_ranked=False)
