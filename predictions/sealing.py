"""Forecasts are sealed: their content is hashed as stored, and chained.

The hash covers the forecast, its rows and the hash of the forecast issued before,
so that none can be changed, taken out or put in between unnoticed. One writer at a
time holds the end of the chain.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC
from typing import Any, NamedTuple

from f1site.base.jobs import exclusive
from ingestion.models import SessionKind
from predictions.inputs import fit_together
from predictions.models import Forecast, ForecastInputs, Prediction

#: What stands before the first forecast.
GENESIS = "0" * 64
LOCK = "forecasts"
#: Forecasts read at once while the chain is checked.
CHUNK = 500

FORECAST_FIELDS = (
    "race_id",
    "model_version_id",
    "stage",
    "late",
    "is_primary",
    "seed",
    "data_hash",
    "knew",
    "previous_hash",
)
PREDICTION_FIELDS = (
    "driver_id",
    "team_id",
    "car_number",
    "grid",
    "p_win",
    "p_podium",
    "p_points",
    "p_dnf",
    "expected_position",
    "low",
    "high",
    "positions",
    "is_favorite",
)


class Fault(NamedTuple):
    """A forecast that is not what was issued."""

    forecast: int
    reason: str


class SealBrokenError(Exception):
    """The database holds something else than was given to it."""


def content_hash(forecast: Forecast, predictions: Collection[Prediction]) -> str:
    """SHA-256 of a forecast and its rows in canonical form.

    JSON with sorted keys and no blanks; floats as Python's ``repr``, the shortest
    text that gives the same bits; moments in ISO format, UTC; rows by driver key.
    ``gaps`` only where there are any, ``kind`` only of sprints: earlier forecasts were
    sealed without these fields.
    The inputs are covered by ``data_hash``.
    """
    content: dict[str, Any] = {
        name: getattr(forecast, name) for name in FORECAST_FIELDS
    }
    for name in ("as_of", "issued_at"):
        content[name] = getattr(forecast, name).astimezone(UTC).isoformat()
    if forecast.gaps:
        content["gaps"] = forecast.gaps
    if forecast.kind != SessionKind.RACE:
        content["kind"] = forecast.kind
    content["predictions"] = [
        {name: getattr(row, name) for name in PREDICTION_FIELDS}
        for row in sorted(predictions, key=lambda row: row.driver_id)
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def issue(
    forecast: Forecast,
    predictions: Sequence[Prediction],
    inputs: ForecastInputs | None = None,
) -> Forecast:
    """Store a forecast, rows and inputs as the new end of the chain, or what stands.

    The newest of its kind stands where it says the same from the same inputs; it is
    answered.
    What is hashed is read again from the database before the transaction ends.
    """
    with exclusive(LOCK):
        standing = standing_twin(forecast)
        if standing is not None:
            return standing
        forecast.previous_hash = end_of_chain()
        forecast.content_hash = content_hash(forecast, predictions)
        forecast.save(force_insert=True)
        for row in predictions:
            row.forecast = forecast
        Prediction.objects.bulk_create(predictions)
        if inputs is not None:
            inputs.forecast = forecast
            inputs.save(force_insert=True)
        _check_stored(forecast)
    return forecast


def standing_twin(forecast: Forecast) -> Forecast | None:
    """The newest of its model, where the same version spoke of the same inputs.

    What was said in the shadow does not speak for the primary model, nor the reverse.

    One that lacked something does not speak for one that lacks it no more. An older
    one does not count: after a correction that is undone another is shown.
    """
    of_kind = Forecast.objects.filter(
        race_id=forecast.race_id,
        kind=forecast.kind,
        stage=forecast.stage,
        model_version__name=forecast.model_version.name,
        is_primary=forecast.is_primary,
        late=forecast.late,
    )
    newest = of_kind.order_by("-id").first()
    if newest is None or newest.data_hash != forecast.data_hash:
        return None
    is_same = newest.model_version_id == forecast.model_version_id
    return newest if is_same and newest.gaps == forecast.gaps else None


def end_of_chain() -> str:
    newest = Forecast.objects.order_by("-id").values_list("content_hash", flat=True)
    return newest.first() or GENESIS


def _check_stored(forecast: Forecast) -> None:
    stored = Forecast.objects.get(pk=forecast.pk)
    rows = Prediction.objects.filter(race_id=stored.race_id, forecast=stored)
    if content_hash(stored, list(rows)) != forecast.content_hash:
        raise SealBrokenError(f"{forecast} is not stored as it was made")
    inputs = ForecastInputs.objects.filter(forecast=stored).first()
    if inputs is not None and not fit_together(stored, inputs):
        raise SealBrokenError(f"{forecast} is not made of the inputs stored with it")


def faults() -> Iterator[Fault]:
    """Walk the chain from its beginning and recompute every hash.

    Since inputs are kept, none is without.
    """
    previous, are_kept = GENESIS, False
    forecasts = Forecast.objects.order_by("id")
    keys = list(forecasts.values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        chunk = list(forecasts.filter(pk__in=keys[start : start + CHUNK]))
        rows, inputs = _rows_of(chunk), ForecastInputs.objects.in_bulk(chunk)
        for forecast in chunk:
            if forecast.previous_hash != previous:
                yield Fault(forecast.pk, "does not follow the forecast before it")
            if content_hash(forecast, rows[forecast.pk]) != forecast.content_hash:
                yield Fault(forecast.pk, "holds something else than was sealed")
            known = inputs.get(forecast.pk)
            are_kept |= known is not None
            if known is None and are_kept:
                yield Fault(forecast.pk, "has lost the inputs stored with it")
            if known is not None and not fit_together(forecast, known):
                yield Fault(forecast.pk, "is not made of the inputs stored with it")
            previous = forecast.content_hash


def _rows_of(forecasts: Collection[Forecast]) -> dict[int, list[Prediction]]:
    rows: dict[int, list[Prediction]] = defaultdict(list)
    races = {forecast.race_id for forecast in forecasts}
    for row in Prediction.objects.filter(race_id__in=races, forecast__in=forecasts):
        rows[row.forecast_id].append(row)
    return rows
