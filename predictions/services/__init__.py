"""What writes forecasts: training, issuing, scoring."""

from predictions.registry import primary as primary_version
from predictions.services.issuing import SEED, Issued, forecast_race, is_late
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
    "Issued",
    "NoInputsError",
    "Reproduction",
    "Trained",
    "forecast_race",
    "is_late",
    "primary_name",
    "primary_version",
    "reproduce",
    "score_race",
    "train_models",
]
