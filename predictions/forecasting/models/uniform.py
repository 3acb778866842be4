"""Everybody alike: the least that a forecast must beat."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.contributions import Contributions
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.frame import Frame
from predictions.forecasting.models.base import Files, Memo

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Uniform:
    """Learns nothing, so that it is its own fitted model."""

    name: ClassVar[str] = "uniform"
    stages: ClassVar[tuple[str, ...]] = STAGES
    parameters: ClassVar[dict[str, Any]] = {}

    def columns(self, stage: str) -> tuple[str, ...]:
        return ()

    def fit(self, frame: Frame, stage: str, memo: Memo) -> "Uniform":
        return self

    def load(self, files: Mapping[str, str]) -> "Uniform":
        return self

    def positions(
        self, field: Frame, p_dnf: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        n = len(field)
        return np.full((n, n), 1 / n)

    def contributions(self, field: Frame) -> Contributions:
        return Contributions.of((), np.empty((len(field), 0)))

    def dump(self) -> Files:
        return {}
