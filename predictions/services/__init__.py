"""What writes forecasts: training, promoting, issuing, scoring."""

from predictions.provenance import SEED
from predictions.registry import primary as primary_version
from predictions.services.backtesting import (
    MOST_TRIES,
    Begun,
    ChunkFailedError,
    RecordChangedError,
    begin_backtest,
    frame_of,
    gather,
    give_up_chunk,
    open_chunks,
    run_backtest,
    run_chunk,
    sprint_tables,
)
from predictions.services.issuing import Issued, forecast_race, is_late
from predictions.services.promoting import (
    Examined,
    PromotionError,
    RefusedError,
    promote_version,
    roll_back,
    roll_back_from,
    set_shadow,
)
from predictions.services.reproducing import Difference, Reproduction, reproduce
from predictions.services.scoring import score_race
from predictions.services.standing import keep_backtest
from predictions.services.training import (
    Trained,
    primary_name,
    train_missing,
    train_models,
)
from predictions.weekends import NoInputsError

__all__ = [
    "MOST_TRIES",
    "SEED",
    "Begun",
    "ChunkFailedError",
    "Difference",
    "Examined",
    "Issued",
    "NoInputsError",
    "PromotionError",
    "RecordChangedError",
    "RefusedError",
    "Reproduction",
    "Trained",
    "begin_backtest",
    "forecast_race",
    "frame_of",
    "gather",
    "give_up_chunk",
    "is_late",
    "keep_backtest",
    "open_chunks",
    "primary_name",
    "primary_version",
    "promote_version",
    "reproduce",
    "roll_back",
    "roll_back_from",
    "run_backtest",
    "run_chunk",
    "score_race",
    "set_shadow",
    "sprint_tables",
    "train_missing",
    "train_models",
]
