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
    """SHA-256 of all that the model is given."""
    content = json.dumps([stage, rows.digest, cars])
    return hashlib.sha256(content.encode()).hexdigest()


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
    except ValueError:
        return False
    seats = [[driver, team] for driver, team, *_ in inputs.cars]
    if [list(seat) for seat in zip(rows.driver, rows.team, strict=True)] != seats:
        return False
    return data_hash(forecast.stage, rows, inputs.cars) == forecast.data_hash
