"""What weather is called, and how much it stirs a race, at every boundary."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.models import WeatherData


@pytest.mark.parametrize(
    ("air_temp_c", "is_hot", "is_cold", "score"),
    [
        (None, False, False, 0),
        (9.9, False, True, 2),
        (10.0, False, True, 1),
        (14.9, False, True, 1),
        (15.0, False, False, 0),
        (30.0, False, False, 0),
        (30.1, True, False, 1),
        (35.0, True, False, 1),
        (35.1, True, False, 2),
    ],
)
def test_temperature(
    air_temp_c: float | None, is_hot: bool, is_cold: bool, score: int
) -> None:
    weather = WeatherData(air_temp_c=air_temp_c)
    assert (weather.is_hot_weather, weather.is_cold_weather) == (is_hot, is_cold)
    assert weather.weather_impact_score == score


@pytest.mark.parametrize(
    ("rain_mm", "score"),
    [(None, 0), (0.0, 0), (0.1, 1), (2.0, 1), (2.1, 2), (10.0, 2), (10.1, 4)],
)
def test_rain(rain_mm: float | None, score: int) -> None:
    weather = WeatherData(rain_mm=rain_mm)
    assert weather.weather_impact_score == score
    assert not weather.is_wet


@pytest.mark.parametrize(
    ("wind_kmh", "is_windy", "score"),
    [
        (None, False, 0),
        (20.0, False, 0),
        (20.1, True, 1),
        (30.0, True, 1),
        (30.1, True, 2),
    ],
)
def test_wind(wind_kmh: float | None, is_windy: bool, score: int) -> None:
    weather = WeatherData(wind_kmh=wind_kmh)
    assert (weather.is_windy, weather.weather_impact_score) == (is_windy, score)


@pytest.mark.parametrize(
    ("condition", "is_wet", "score"),
    [("", False, 0), ("dry", False, 0), ("wet", True, 1), ("mixed", True, 2)],
)
def test_track(condition: str, is_wet: bool, score: int) -> None:
    weather = WeatherData(condition=condition)
    assert (weather.is_wet, weather.weather_impact_score) == (is_wet, score)


@pytest.mark.parametrize(
    ("condition", "score"), [("", 8), ("wet", 9), ("mixed", 10), ("dry", 8)]
)
def test_a_storm_in_the_heat_is_the_worst(condition: str, score: int) -> None:
    storm = {"air_temp_c": 40.0, "rain_mm": 20.0, "wind_kmh": 50.0}
    weather = WeatherData(condition=condition, **storm)
    assert weather.weather_impact_score == score


def some(low: float, high: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.floats(low, high, allow_nan=False)


ANY = st.fixed_dictionaries(
    {
        "air_temp_c": some(-60, 60),
        "rain_mm": some(0, 500),
        "wind_kmh": some(0, 400),
        "condition": st.sampled_from(["", "dry", "wet", "mixed"]),
    }
)


@given(ANY)
def test_the_score_is_the_sum_of_its_parts_up_to_ten(facts: dict[str, Any]) -> None:
    parts = [
        WeatherData(**{name: value}).weather_impact_score
        for name, value in facts.items()
    ]
    score = WeatherData(**facts, track_temp_c=99, humidity_pct=99).weather_impact_score
    assert 0 <= score <= 10
    assert score == min(sum(parts), 10)


@given(ANY, st.floats(0, 500), st.floats(0, 400))
def test_more_rain_or_wind_never_calms_a_race(
    facts: dict[str, Any], more_rain: float, more_wind: float
) -> None:
    rain_mm = (facts["rain_mm"] or 0) + more_rain
    wind_kmh = (facts["wind_kmh"] or 0) + more_wind
    worse = WeatherData(**{**facts, "rain_mm": rain_mm, "wind_kmh": wind_kmh})
    assert worse.weather_impact_score >= WeatherData(**facts).weather_impact_score
