"""How often each starting slot ended in each place: the table everybody knows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.calibration import coherent
from predictions.forecasting.features import SLOT
from predictions.forecasting.frame import Frame
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

    Attributes
    ----------
    column : of the frame
    counts : array of shape (``MAX_FIELD``, ``MAX_FIELD``), slot × place
    """

    column: str
    counts: FloatArray

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        n = len(field)
        slots = np.minimum(field.column(self.column), n).astype(int) - 1
        table = self.counts[slots, :n] + PRIOR_RACES / n
        return coherent(table)

    def dump(self) -> Files:
        content = {"column": self.column, "counts": self.counts.tolist()}
        return {MODEL_FILE: to_json(content)}


@dataclass(frozen=True)
class Grid:
    """The baseline once a grid is known."""

    name: ClassVar[str] = "grid"
    stages: ClassVar[tuple[str, ...]] = tuple(SLOT)
    parameters: ClassVar[dict[str, Any]] = {
        "seasons": SEASONS,
        "prior_races": PRIOR_RACES,
    }

    def columns(self, stage: str) -> tuple[str, ...]:
        return (SLOT[stage],)

    def fit(self, frame: Frame, stage: str, memo: Memo) -> SlotTable:
        recent = frame.where(frame.season > frame.season.max() - SEASONS)
        slots = np.minimum(recent.column(SLOT[stage]), MAX_FIELD).astype(int)
        places = np.minimum(recent.place, MAX_FIELD)
        counts = np.zeros((MAX_FIELD, MAX_FIELD))
        np.add.at(counts, (slots - 1, places - 1), 1.0)
        return SlotTable(SLOT[stage], counts)

    def load(self, files: Mapping[str, str]) -> SlotTable:
        content = json.loads(files[MODEL_FILE])
        return SlotTable(content["column"], np.array(content["counts"]))
