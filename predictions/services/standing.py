"""The backtest on the track record, kept up with the record and the code."""

from collections.abc import Callable
from datetime import datetime

from f1site.base import clock
from predictions.features import Knowledge
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS
from predictions.models import Backtest, Stage
from predictions.services.backtesting import (
    begin_backtest,
    frame_of,
    open_chunks,
    run_backtest,
)

#: Seasons of it, whole ones.
N_SEASONS = 3
STAGES = (Stage.PRE_WEEKEND.value, Stage.FINAL_GRID.value)
ASKED_BY = "every night"


def keep_backtest(
    now: datetime | None = None,
    *,
    do: Callable[[Backtest, Frame], None] = run_backtest,
) -> str:
    """Backtest the newest whole seasons by all models, unless that stands already.

    Answers what was done in words; nothing where there are no such seasons.

    Parameters
    ----------
    do : computes what is missing of one, here and now, or has others do so
    """
    now = now or clock.now()
    seasons = _seasons(now)
    if not seasons:
        return ""
    frame = frame_of(now, seasons)
    begun = begin_backtest(
        frame=frame,
        seasons=seasons,
        stages=STAGES,
        names=list(MODELS),
        as_of=now,
        asked_by=ASKED_BY,
    )
    if begun.backtest.finished_at is not None:
        return begun.said
    do(begun.backtest, frame)
    n_open = open_chunks(begun.backtest).count()
    is_left = f"has {n_open} chunks sent for" if n_open else "is done"
    return f"{begun.backtest} {is_left}"


def _seasons(now: datetime) -> list[int]:
    """The newest that are over, but for the first on record: it has none before it."""
    years = sorted({race.season_id for race in Knowledge(now).races})
    return [year for year in years[1:] if year < now.year][-N_SEASONS:]
