"""A table of weather by season and round, as a CSV file.

Readings come from Open-Meteo at the circuit, in the window of the race; whether the
track was wet is judged from several reports, and known for races without readings.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import SourceUnavailableError
from ingestion.sources.sheets import (
    Column,
    Sheet,
    choice,
    combined,
    decimal_number,
    optional,
    whole,
)

READINGS, REPORTS = "open-meteo", "reports"
KMH_PER_MS = 3.6


@dataclass(frozen=True, slots=True)
class WeatherLine:
    """The weather of the race at (season, round); empty figures are unknown."""

    season: int
    round: int
    air_temp_c: float | None
    humidity_pct: float | None
    wind_kmh: float | None
    rain_mm: float | None
    condition: str

    @property
    def source(self) -> str:
        figures = (self.air_temp_c, self.humidity_pct, self.wind_kmh, self.rain_mm)
        return REPORTS if all(figure is None for figure in figures) else READINGS


def figure(name: str) -> Column:
    return combined((name,), optional(_figure), "a number or nothing")


def _figure(value: str) -> float:
    return float(decimal_number(value))


def kmh(metres_per_second: str) -> float:
    return round(float(decimal_number(metres_per_second)) * KMH_PER_MS, 2)


def sheet(name: str) -> Sheet[WeatherLine]:
    columns = {
        "season": whole("season"),
        "round": whole("round"),
        "air_temp_c": figure("air_temp_c"),
        "humidity_pct": figure("humidity_pct"),
        "wind_kmh": combined(("wind_ms",), optional(kmh), "m/s or nothing"),
        "rain_mm": figure("precip_mm"),
        "condition": choice("wet", {"true": "wet", "false": "dry", "": ""}),
    }
    return Sheet(name, WeatherLine, columns, unique=("season", "round"), is_core=True)


def fetch_weather(path: Path) -> tuple[bytes, str]:
    """The file and its checksum."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceUnavailableError(
            f"{path} cannot be read: {error.strerror}"
        ) from error
    return content, hashlib.sha256(content).hexdigest()


def parse_weather(name: str, content: bytes) -> list[WeatherLine]:
    """All lines of the table; SourceFormatError says which cannot be right."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    return sheet(name).read(lines)
