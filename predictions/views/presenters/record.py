"""What the track record shows of its races, whether sealed or replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from predictions.forecasting.reliability import Bin
from predictions.forecasting.skill import Skill
from predictions.views.presenters.frame import NamedDriver


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginChoice:
    """Sealed before the start, or replayed: what the reader looks at."""

    origin: str  # "sealed", "replayed"
    label: str
    note: str  # "68 races"
    url: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of a list to choose from."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A list to choose from: a filter of the page."""

    name: str
    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRow:
    """Our score beside that of a baseline."""

    label: str  # of the baseline
    skill: Skill
    text: str  # "19 %"
    interval: str  # "95 % interval 11 to 26 %, 68 races"


@dataclass(frozen=True, slots=True, kw_only=True)
class GainGroup:
    """One score against all baselines."""

    label: str  # "Winner, log loss"
    rows: Sequence[GainRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was given chances, and how far these lie from what happened."""

    event: str  # "Podium"
    bins: Sequence[Bin]
    n_cases: int
    n_races: int
    error: float  # expected calibration error, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Where results fell in our distributions."""

    shares: Sequence[float]  # of ten parts, summing to 1
    n_cars: int
    n_races: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A model on the races that are shown; None where a score was not kept."""

    label: str
    is_ours: bool
    is_shadow: bool
    n: int  # races
    winner_hit: float
    top_three: float
    log_loss: float
    brier: float
    rps: float
    podium_brier: float | None
    points_brier: float | None
    spearman: float
    kendall: float | None
    mates_hit: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A winner to whom we gave a small chance."""

    label: str
    url: str
    winner: NamedDriver
    our_rank: int
    p_win: float
    baseline: float | None
    log_loss: float
    favourite: NamedDriver


class Cell(NamedTuple):
    """A figure as it is printed; ``is_best`` of its column, where one is marked."""

    text: str
    is_best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A chart as a table: what it holds, head by head."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    csv_url: str
    json_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What the last walk along the chain of sealed forecasts found."""

    text: str
    is_broken: bool = False
    note: str = ""
