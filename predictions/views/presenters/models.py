"""What the page of the models is given."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from predictions.forecasting.comparison import Estimate
from predictions.forecasting.drift import Drift
from predictions.models import ModelEvent, ModelVersion
from predictions.views.presenters.frame import Kpi


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """The version that speaks, and how it has fared."""

    version: ModelVersion
    what: str  # in one sentence
    since: datetime | None
    kpis: Sequence[Kpi]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRow:
    """One model beside the others; None where nothing of it was scored."""

    OURS: ClassVar[str] = "ours"

    name: str
    label: str
    role: str  # "ours", "in the shadow", "baseline", "replayed only"
    version: ModelVersion | None  # its newest
    n: int  # races
    loss: Estimate | None  # of the winner, log loss
    podium_brier: float | None
    in_three: float | None
    best: Collection[str]  # columns that it leads

    @property
    def is_ours(self) -> bool:
        return self.role == self.OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """The last races of a model beside those before."""

    side: SideRow
    drift: Drift | None
    sentence: str
    means: Sequence[float]  # of ten races in a row, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version, and what came last of it."""

    version: ModelVersion
    role: str
    last: ModelEvent | None
    older: Sequence["VersionRow"] = ()  # of the same model
