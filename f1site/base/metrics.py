"""The figures of the sport that ``/metrics`` shows. Names are part of the contract.

Every gauge says ``mostrecent``: with several processes the newest value counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

GRAND_PRIX: Final = "grand_prix"
SPRINT: Final = "sprint"
#: Label ``stage`` of the inference of a race forecast.
RACE_PREDICTION: Final = "race_prediction"

predictions_generated = Counter(
    "f1_predictions_generated_total",
    "Forecasts issued",
    ["model_type", "race_type", "success"],
)
prediction_accuracy = Gauge(
    "f1_prediction_accuracy",
    "Share of races whose winner was in the first three of the forecast",
    ["model_type", "race_type", "timeframe"],
    multiprocess_mode="mostrecent",
)
ml_inference_duration = Histogram(
    "f1_ml_inference_duration_seconds",
    "Time a fitted model takes for one race",
    ["model_type", "stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
driver_elo_rating = Gauge(
    "f1_driver_elo_rating",
    "Race rating of a driver of the last race, Elo points",
    ["driver_name", "driver_code", "team"],
    multiprocess_mode="mostrecent",
)
race_data_freshness = Gauge(
    "f1_race_data_freshness_seconds",
    "Age of the newest data of a kind",
    ["data_type"],
    multiprocess_mode="mostrecent",
)
cache_operations = Counter(
    "f1_cache_operations_total",
    "Operations of the cache",
    ["operation", "cache_type", "status"],
)
feature_engineering_duration = Histogram(
    "f1_feature_engineering_duration_seconds",
    "Time from rows to the features of a race",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
elo_calculation_duration = Histogram(
    "f1_elo_calculation_duration_seconds",
    "Time of a replay of the ratings",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)


@contextmanager
def track_ml_inference(model_type: str, stage: str) -> Iterator[None]:
    """Measure an inference; a decorator as well."""
    with ml_inference_duration.labels(model_type, stage).time():
        yield


def track_prediction_generated(
    model_type: str, race_type: str, *, success: bool = True
) -> None:
    """Count a forecast that was issued, or that failed."""
    outcome = "success" if success else "failure"
    predictions_generated.labels(model_type, race_type, outcome).inc()
