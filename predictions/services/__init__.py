"""What writes forecasts: training, issuing, scoring."""

from predictions.registry import primary as primary_version
from predictions.services.issuing import SEED, Issued, forecast_race, is_late
from predictions.services.scoring import score_race
from predictions.services.training import (
    Trained,
    primary_name,
    train_models,
)
from predictions.weekends import NoInputsError

__all__ = [
    "SEED",
    "Issued",
    "NoInputsError",
    "Trained",
    "forecast_race",
    "is_late",
    "primary_name",
    "primary_version",
    "score_race",
    "train_models",
]
