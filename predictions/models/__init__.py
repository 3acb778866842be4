"""Forecasts as stored: as issued, and backtests apart from them."""

from predictions.models.backtests import Backtest, BacktestChunk, BacktestScore
from predictions.models.events import ModelEvent
from predictions.models.forecasts import (
    CLOCK_TOLERANCE,
    CONFIDENCE,
    NO_RESULT,
    Forecast,
    ForecastInputs,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
    Stage,
)
from predictions.models.scores import RaceScores

__all__ = [
    "CLOCK_TOLERANCE",
    "CONFIDENCE",
    "NO_RESULT",
    "Backtest",
    "BacktestChunk",
    "BacktestScore",
    "Forecast",
    "ForecastInputs",
    "ModelEvent",
    "ModelVersion",
    "Prediction",
    "PredictionAccuracy",
    "RaceScores",
    "Stage",
]
