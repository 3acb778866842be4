"""Open-Meteo: weather by coordinates without a key, CC BY 4.0.

Free for uses that are not commercial, up to 10,000 requests a day. The archive has
reanalysed weather since 1940 and lags some days; the forecast reaches 16 days ahead
and keeps the last three months of what its models said.
"""

from datetime import UTC, date, datetime
from typing import Any

from ingestion.errors import SourceFormatError
from ingestion.sources.hours import (
    HOUR,
    Days,
    Hours,
    Place,
    Question,
    checked,
    member,
)
from ingestion.sources.pages import read_object

#: Our figures: their names, and the units that they must come in.
VARIABLES = {
    "air_temp_c": ("temperature_2m", "°C"),
    "humidity_pct": ("relative_humidity_2m", "%"),
    "wind_kmh": ("wind_speed_10m", "km/h"),
    "rain_mm": ("precipitation", "mm"),
}


def ask_archive(place: Place, days: Days, today: date) -> Question:
    return Question("archive", _params(place, days))


def ask_forecast(place: Place, days: Days, today: date) -> Question:
    """By dates rather than ``past_days``: one address all weekend."""
    return Question("forecast", _params(place, days))


def _params(place: Place, days: Days) -> dict[str, str | int]:
    return {
        "latitude": f"{place.latitude:.4f}",
        "longitude": f"{place.longitude:.4f}",
        "start_date": days.first.isoformat(),
        "end_date": days.last.isoformat(),
        "hourly": ",".join(name for name, _ in VARIABLES.values()),
        "wind_speed_unit": "kmh",
        "timezone": "UTC",
    }


def parse_hours(content: bytes) -> Hours:
    """Both answers have the same shape.

    Temperature, humidity and wind are of the moment; rain is that of the hour before.
    """
    name = "Open-Meteo's answer"
    data = read_object(content, name)
    if data.get("error"):
        raise SourceFormatError(f"{name} is an error: {data.get('reason')}")
    if data.get("utc_offset_seconds") != 0:
        raise SourceFormatError(f"{name} is not in UTC")
    _check_units(name, member(name, data, "hourly_units", dict))
    hourly = member(name, data, "hourly", dict)
    times = [_time(name, each) for each in member(name, hourly, "time", list)]
    if len(set(times)) != len(times):
        raise SourceFormatError(f"{name} has an hour twice")
    hours: dict[datetime, dict[str, Any]] = {time: {} for time in times}
    for field, (variable, _) in VARIABLES.items():
        values = member(name, hourly, variable, list)
        if len(values) != len(times):
            raise SourceFormatError(
                f"{name} has {len(values)} of {variable} for {len(times)} hours"
            )
        before = HOUR if field == "rain_mm" else 0 * HOUR
        for time, value in zip(times, values, strict=True):
            hours.setdefault(time - before, {})[field] = value
    return checked(name, hours)


def _check_units(name: str, units: dict[str, Any]) -> None:
    wrong = [
        f"{variable}: {units.get(variable)!r}; expected {unit}"
        for variable, unit in VARIABLES.values()
        if units.get(variable) != unit
    ]
    if wrong:
        raise SourceFormatError(f"{name} has other units than were asked for", wrong)


def _time(name: str, text: Any) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise SourceFormatError(f"{name} has the time {text!r}") from None
    if time.tzinfo or time.minute or time.second:
        raise SourceFormatError(f"{name} is not by the hour in UTC: {text}")
    return time.replace(tzinfo=UTC)
