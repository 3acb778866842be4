"""The weather of a race and its sessions, in words."""

from collections.abc import Mapping
from datetime import date

from f1site.base import clock
from ingestion.models import EDITOR, Race, SessionKind, WeatherData
from ingestion.services.weather_providers import provider
from predictions.charts import words
from predictions.grids import sets_grid_of
from predictions.views.presenters.race import SessionWeather, Weather

SOURCES = {
    "open-meteo": "Open-Meteo",
    "weatherapi": "WeatherAPI.com",
    "reports": "reports",
    EDITOR: "typed in",
}


def weather_chip(weather: WeatherData | None) -> Weather | None:
    if weather is None or not (label := weather_label(weather)):
        return None
    wind = weather.wind_kmh
    return Weather(
        impact=weather.weather_impact_score,
        label=label,
        detail=f"wind {wind:.0f} km/h" if wind is not None else "",
        is_forecast=weather.is_forecast,
        known_at=weather.known_at,
    )


def weather_label(weather: WeatherData) -> str:
    """``17 °C, dry``, or what of it is known."""
    parts = [f"{weather.air_temp_c:.0f} °C"] if weather.air_temp_c is not None else []
    if weather.condition:
        parts.append(weather.get_condition_display().lower())
    return ", ".join(parts)


def awaited_weather(day: date) -> str:
    """When a day without a forecast gets one; nothing once it is over."""
    today, first = clock.now().date(), provider().first_heard(day)
    if day < today:
        return ""
    if first <= today:
        return "No weather forecast yet"
    return f"Weather forecast from {first.day} {first:%b %Y} on"


def weather_rows(
    race: Race, known: Mapping[str, WeatherData], kind: str = SessionKind.RACE
) -> list[SessionWeather]:
    """The sessions of a race whose weather is known, in their order.

    Of a sprint its own, known or not, and that of what sets its grid.
    """
    if kind == SessionKind.SPRINT:
        before = [sets_grid_of(race, kind)]
        rows = [_row(known[each]) for each in before if each in known]
        return [*rows, _row(known[kind]) if kind in known else _unknown(kind)]
    if not known:
        return []
    kinds = [*(each.kind for each in race.sessions.all()), SessionKind.RACE]
    ordered = list(dict.fromkeys([*kinds, *known]))
    return [_row(known[kind]) for kind in ordered if kind in known]


def _row(weather: WeatherData) -> SessionWeather:
    is_dated = weather.known_at is not None and weather.source != EDITOR
    return SessionWeather(
        session=session_label(weather.kind),
        label=weather_label(weather),
        rain=figure(weather.rain_mm, "mm", 1),
        wind=figure(weather.wind_kmh, "km/h"),
        humidity=figure(weather.humidity_pct, "%"),
        is_forecast=weather.is_forecast,
        known_at=weather.known_at,
        is_provisional=is_dated and not weather.is_forecast,
        source=SOURCES.get(weather.source, weather.source),
        impact=weather.weather_impact_score,
    )


def _unknown(kind: str) -> SessionWeather:
    return SessionWeather(
        session=session_label(kind),
        label="not known",
        rain=words.DASH,
        wind=words.DASH,
        humidity=words.DASH,
        is_forecast=False,
        known_at=None,
        is_provisional=False,
        source="",
        impact=None,
    )


def figure(value: float | None, unit: str, digits: int = 0) -> str:
    """A reading with its unit, a dash where it is unknown."""
    return words.DASH if value is None else f"{value:.{digits}f} {unit}"


def session_label(kind: str) -> str:
    if kind.startswith("FP"):
        return kind
    return kind.replace("_", " ").capitalize()
