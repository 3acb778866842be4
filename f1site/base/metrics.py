"""What processes count and measure for ``/metrics``. Names are part of the contract.

What stands in the database is read from there whenever somebody looks; see
``f1site.monitoring.facts``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from contextlib import _GeneratorContextManager as Tracker

GRAND_PRIX: Final = "grand_prix"
SPRINT: Final = "sprint"
#: Label ``stage`` of the inference of a race forecast.
RACE_PREDICTION: Final = "race_prediction"

predictions_generated = Counter(
    "f1_predictions_generated_total",
    "Forecasts issued",
    ["model_type", "race_type", "success"],
)
ml_inference_duration = Histogram(
    "f1_ml_inference_duration_seconds",
    "Time a fitted model takes for one race",
    ["model_type", "stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
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


def track_ml_inference(
    model_type: str, stage: str, seconds: float | None = None
) -> "Tracker[None]":
    """Measure an inference around a block, as a decorator, or told what it took."""
    measured = ml_inference_duration.labels(model_type, stage)
    if seconds is None:
        return _timed(measured)
    measured.observe(seconds)
    return _told()


@contextmanager
def _told() -> Iterator[None]:
    """Around a block of which all is said."""
    yield


@contextmanager
def _timed(measured: Histogram) -> Iterator[None]:
    with measured.time():
        yield


def track_prediction_generated(
    model_type: str, race_type: str, *, success: bool | None = None
) -> "Tracker[None]":
    """Count a forecast: at once where it is said how it went, else as the block ends.

    Around a block, or as a decorator, it counts a failure where an exception leaves.
    """
    if success is None:
        return _counted(model_type, race_type)
    _count(model_type, race_type, success)
    return _told()


@contextmanager
def _counted(model_type: str, race_type: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        _count(model_type, race_type, False)
        raise
    _count(model_type, race_type, True)


def _count(model_type: str, race_type: str, success: bool) -> None:
    outcome = "success" if success else "failure"
    predictions_generated.labels(model_type, race_type, outcome).inc()
