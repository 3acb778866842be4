"""What each forecast was made of: stored beside it, sealed with it."""

import hashlib
import json
from collections.abc import Sequence

from predictions.forecasting.frame import Frame
from predictions.models import Forecast, ForecastInputs

#: Driver, team, car number and the slot that the forecast knew.
Car = tuple[str, str, str, int | None]


class NoStoredInputsError(Exception):
    """The forecast was issued before inputs were kept."""


def data_hash(stage: str, rows: Frame, cars: Sequence[Sequence[object]]) -> str:
    """SHA-256 of all that is stored."""
    return _sha256([stage, rows.digest, cars, rows.round.tolist()])


def _former_hash(stage: str, rows: Frame, cars: Sequence[Sequence[object]]) -> str:
    """As forecasts were sealed before the round, which no model reads, was covered."""
    return _sha256([stage, rows.digest, cars])


def _sha256(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def stored(rows: Frame, cars: Sequence[Car]) -> ForecastInputs:
    """As a row that waits for its forecast."""
    return ForecastInputs(frame=rows.dump(), cars=[list(car) for car in cars])


def inputs_of(forecast: Forecast) -> Frame:
    """The entrants of a forecast with their facts, as the model saw them.

    Raises
    ------
    NoStoredInputsError : it was issued before inputs were kept
    """
    inputs = ForecastInputs.objects.filter(forecast=forecast).first()
    if inputs is None:
        raise NoStoredInputsError(
            f"forecast {forecast.pk} was issued before inputs were kept"
        )
    return Frame.load(inputs.frame)


def fit_together(forecast: Forecast, inputs: ForecastInputs) -> bool:
    """Whether the stored inputs are those that the forecast names by their hash."""
    try:
        rows = Frame.load(inputs.frame)
        seats = [[driver, team] for driver, team, *_ in inputs.cars]
    except (ValueError, TypeError):
        return False
    if [list(seat) for seat in zip(rows.driver, rows.team, strict=True)] != seats:
        return False
    content = forecast.stage, rows, inputs.cars
    return forecast.data_hash in (data_hash(*content), _former_hash(*content))
