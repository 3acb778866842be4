"""What the track record shows beside the win: places, order, and backtests."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.forecasting.reliability import Bin
from predictions.views.presenters.entrants import Miss


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesRow:
    """Scores of a model beyond the win; None where they were not kept."""

    label: str
    is_ours: bool = False
    n: int  # races
    podium_brier: float | None
    points_brier: float | None
    spearman: float | None
    kendall: float | None
    coverage: float | None  # share of starters in their 80 % range
    mates_hit: float | None  # share of team-mate pairs in the right order
    ece_win: float | None = None
    ece_podium: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """A model in a backtest, with the 95 % interval of its log loss."""

    label: str
    is_ours: bool
    winner_hit: float
    top_three: float
    rps: float
    log_loss: float
    low: float
    high: float
    gain: str  # difference from the baseline, "−0.073 [−0.13, −0.03]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStage:
    """A backtest at one stage."""

    label: str
    n_races: int
    baseline: str
    rows: Sequence[TrialRow]
    places: Sequence[PlacesRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """A stored backtest: made afterwards, apart from what was issued."""

    made_on: str
    cutoff: str
    years: str
    stages: Sequence[TrialStage]
    plots: Sequence[tuple[str, Sequence[Bin]]]  # of our win and podium
    plot_stage: str
    misses: Sequence[Miss]
