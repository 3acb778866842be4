"""Weather by the hour, in the words that all providers of it are translated into."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from ingestion.errors import SourceFormatError

HOUR = timedelta(hours=1)
#: Field of an hour: what it can be on this planet, and in what.
LIMITS = {
    "air_temp_c": (-60.0, 60.0, "°C"),
    "humidity_pct": (0.0, 100.0, "%"),
    "wind_kmh": (0.0, 400.0, "km/h"),
    "rain_mm": (0.0, 500.0, "mm"),
}
FIGURES = tuple(LIMITS)


class Place(NamedTuple):
    """Degrees north and east."""

    latitude: Decimal
    longitude: Decimal


class Days(NamedTuple):
    """Dates in UTC, both included."""

    first: date
    last: date


class Question(NamedTuple):
    """What a provider is asked, below its base address."""

    path: str
    params: Mapping[str, str | int]


Ask = Callable[[Place, Days, date], Question]


@dataclass(frozen=True, slots=True)
class Weather:
    """The figures of an hour, or of a session; an empty one is unknown."""

    air_temp_c: float | None = None
    humidity_pct: float | None = None
    wind_kmh: float | None = None
    rain_mm: float | None = None

    @property
    def figures(self) -> tuple[float | None, ...]:
        return self.air_temp_c, self.humidity_pct, self.wind_kmh, self.rain_mm

    @property
    def is_known(self) -> bool:
        return any(figure is not None for figure in self.figures)

    @property
    def is_complete(self) -> bool:
        return all(figure is not None for figure in self.figures)


#: Start of an hour, in UTC, to its weather.
Hours = dict[datetime, Weather]


def in_window(hours: Hours, starts_at: datetime, ends_at: datetime) -> Weather:
    """Means of the hours that a window touches, and the sum of their rain.

    A figure that one of these hours lacks is unknown: half a sum is no sum.
    """
    temperatures, humidities, winds, rains = zip(
        *(hour.figures for hour in _touched(hours, starts_at, ends_at)), strict=True
    )
    return Weather(_mean(temperatures), _mean(humidities), _mean(winds), _sum(rains))


def rain_by_hour(
    hours: Hours, starts_at: datetime, ends_at: datetime
) -> list[float | None]:
    """mm of each hour that a window touches; None is unknown."""
    return [hour.rain_mm for hour in _touched(hours, starts_at, ends_at)]


def last_reading(ends_at: datetime) -> datetime:
    """The end of the last hour that a window touches: its rain is told then."""
    floor = _floor(ends_at)
    return floor if floor == ends_at else floor + HOUR


def _touched(hours: Hours, starts_at: datetime, ends_at: datetime) -> Iterable[Weather]:
    hour = _floor(starts_at)
    while hour < ends_at:
        yield hours.get(hour, Weather())
        hour += HOUR


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(math.fsum(known), 2) if len(known) == len(values) else None


def _mean(values: Sequence[float | None]) -> float | None:
    total = _sum(values)
    return None if total is None else round(total / len(values), 2)


# --- reading answers with care --------------------------------------------------
def member(name: str, data: dict[str, Any], key: str, kind: type) -> Any:
    """What an object must have, in the kind that it must be of."""
    value = data.get(key)
    if not isinstance(value, kind):
        raise SourceFormatError(f"{name} has no {key} that could be read")
    return value


def checked(name: str, hours: Mapping[datetime, Mapping[str, Any]]) -> Hours:
    """Hours of which every figure is possible; SourceFormatError lists the others."""
    problems = [
        f"{at:%Y-%m-%d %H:%M} {field}: {value!r}; expected {_expected(field)}"
        for at, figures in hours.items()
        for field, value in figures.items()
        if not _is_possible(field, value)
    ]
    if problems:
        raise SourceFormatError(f"{name} has weather that cannot be right", problems)
    return {at: Weather(**figures) for at, figures in hours.items()}


def _is_possible(field: str, value: Any) -> bool:
    if value is None:
        return True
    low, high, _ = LIMITS[field]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high


def _expected(field: str) -> str:
    low, high, unit = LIMITS[field]
    return f"{low:g} to {high:g} {unit} or null"
