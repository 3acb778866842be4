"""WeatherAPI.com: weather by coordinates for who has a key, under its own terms.

Days are those of the place, so that one more is asked for on either side. History of
several days in one request needs a plan that allows ``end_dt``.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ingestion.errors import SourceFormatError
from ingestion.sources.hours import (
    Days,
    Hours,
    Place,
    Question,
    checked,
    member,
)
from ingestion.sources.pages import read_object

DAY = timedelta(days=1)
MOST_DAYS = 14
#: Our figures and their names; the units are in the names.
VARIABLES = {
    "air_temp_c": "temp_c",
    "humidity_pct": "humidity",
    "wind_kmh": "wind_kph",
    "rain_mm": "precip_mm",
}


def ask_history(place: Place, days: Days, today: date) -> Question:
    first, last = days.first - DAY, min(days.last + DAY, today)
    dates = {"dt": first.isoformat(), "end_dt": last.isoformat()}
    return Question("history.json", {**_where(place), **dates})


def ask_forecast(place: Place, days: Days, today: date) -> Question:
    """A number of days from today on."""
    n_days = min((days.last + DAY - today).days + 1, MOST_DAYS)
    more: dict[str, str | int] = {"days": max(n_days, 1), "aqi": "no", "alerts": "no"}
    return Question("forecast.json", {**_where(place), **more})


def _where(place: Place) -> dict[str, str | int]:
    return {"q": f"{place.latitude:.4f},{place.longitude:.4f}"}


def parse_hours(content: bytes) -> Hours:
    """Both answers have the same shape; an hour's rain is of the hour that begins."""
    name = "WeatherAPI's answer"
    data = read_object(content, name)
    days = member(name, member(name, data, "forecast", dict), "forecastday", list)
    hours: dict[datetime, dict[str, Any]] = {}
    for day in days:
        if not isinstance(day, dict):
            raise SourceFormatError(f"{name} has the day {day!r}")
        for hour in member(name, day, "hour", list):
            at = _time(name, hour)
            if at in hours:
                raise SourceFormatError(f"{name} has an hour twice: {at:%Y-%m-%d %H}")
            hours[at] = _figures(name, hour)
    return checked(name, hours)


def _time(name: str, hour: Any) -> datetime:
    """Starts of hours; where the clocks are half an hour apart, of the UTC hour."""
    try:
        at = datetime.fromtimestamp(hour["time_epoch"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise SourceFormatError(f"{name} has an hour without its time") from None
    return at.replace(minute=0, second=0, microsecond=0)


def _figures(name: str, hour: dict[str, Any]) -> dict[str, Any]:
    missing = sorted(set(VARIABLES.values()) - set(hour))
    if missing:
        raise SourceFormatError(f"{name} has hours without {', '.join(missing)}")
    return {field: hour[theirs] for field, theirs in VARIABLES.items()}
