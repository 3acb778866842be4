"""Weather to ask for: a sky of our own behind the addresses of the providers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNITS = {
    "time": "iso8601",
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "wind_speed_10m": "km/h",
    "precipitation": "mm",
}
#: Temperature, humidity, wind, and the rain of the hour that begins.
Figures = tuple[float | None, float | None, float | None, float | None]
UNKNOWN: Figures = (None, None, None, None)


@dataclass
class Sky:
    """20 °C, dry and calm; ``hours`` differ. The archive ends at ``archived_until``."""

    usual: Figures = (20.0, 50.0, 10.0, 0.0)
    hours: dict[datetime, Figures] = field(default_factory=dict)
    archived_until: datetime | None = None

    def at(self, hour: datetime, is_archive: bool) -> Figures:
        if is_archive and self.archived_until and hour >= self.archived_until:
            return UNKNOWN
        return self.hours.get(hour, self.usual)

    def answer(self, path: str, query: dict[str, str]) -> bytes | None:
        said = {
            "archive": self.open_meteo,
            "forecast": self.open_meteo,
            "history.json": self.weatherapi,
            "forecast.json": self.weatherapi,
        }.get(path)
        is_archive = path in {"archive", "history.json"}
        return json.dumps(said(query, is_archive)).encode() if said else None

    def open_meteo(self, query: dict[str, str], is_archive: bool) -> dict[str, Any]:
        first, last = (date.fromisoformat(query[f"{end}_date"]) for end in WORDS)
        times = list(_hours(first, last))
        now = [self.at(time, is_archive) for time in times]
        before = [self.at(time - HOUR, is_archive) for time in times]
        columns = zip(*now, strict=True)
        names = list(UNITS)[1:4]
        values = {name: list(next(columns)) for name in names}
        return {
            "latitude": 52.25,
            "utc_offset_seconds": 0,
            "timezone": "UTC",
            "hourly_units": UNITS,
            "hourly": {
                "time": [f"{time:%Y-%m-%dT%H:%M}" for time in times],
                **values,
                "precipitation": [figures[3] for figures in before],
            },
        }

    def weatherapi(self, query: dict[str, str], is_archive: bool) -> dict[str, Any]:
        first = date.fromisoformat(query.get("dt", "2025-03-14"))
        n_days = int(query.get("days", 1))
        last = date.fromisoformat(query.get("end_dt", f"{first + (n_days - 1) * DAY}"))
        days = [first + n * DAY for n in range((last - first).days + 1)]
        return {
            "location": {"name": "Melbourne", "tz_id": "Australia/Melbourne"},
            "forecast": {
                "forecastday": [
                    {"date": day.isoformat(), "hour": self._hours_of(day, is_archive)}
                    for day in days
                ]
            },
        }

    def _hours_of(self, day: date, is_archive: bool) -> list[dict[str, Any]]:
        names = ("temp_c", "humidity", "wind_kph", "precip_mm")
        return [
            {
                "time_epoch": int(hour.timestamp()),
                **dict(zip(names, self.at(hour, is_archive), strict=True)),
            }
            for hour in _hours(day, day)
        ]


WORDS = ("start", "end")


def _hours(first: date, last: date) -> Iterator[datetime]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for n in range(24 * ((last - first).days + 1)):
        yield start + n * HOUR
