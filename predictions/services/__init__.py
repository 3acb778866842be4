"""What writes forecasts: training, promoting, issuing, scoring."""

from predictions.registry import primary as primary_version
from predictions.services.issuing import SEED, Issued, forecast_race, is_late
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
from predictions.services.training import (
    Trained,
    primary_name,
    train_models,
)
from predictions.weekends import NoInputsError

__all__ = [
    "SEED",
    "Difference",
    "Examined",
    "Issued",
    "NoInputsError",
    "PromotionError",
    "RefusedError",
    "Reproduction",
    "Trained",
    "forecast_race",
    "is_late",
    "primary_name",
    "primary_version",
    "promote_version",
    "reproduce",
    "roll_back",
    "roll_back_from",
    "score_race",
    "set_shadow",
    "train_models",
]
