"""Answers of weather providers, read without a network."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ingestion.errors import SourceFormatError
from ingestion.sources import open_meteo, weatherapi
from ingestion.sources.hours import Days, Hours, Place, in_window
from ingestion.tests.sky import Sky

MELBOURNE = Place(Decimal("-37.849722"), Decimal("144.968333"))
DAYS = Days(date(2025, 3, 15), date(2025, 3, 16))
START = datetime(2025, 3, 16, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def asked(sky: Sky) -> dict[str, Any]:
    _, params = open_meteo.ask_archive(MELBOURNE, DAYS, DAYS.last)
    query = {name: str(value) for name, value in params.items()}
    answer: dict[str, Any] = json.loads(sky.answer("archive", query) or b"")
    return answer


def read(data: Any) -> Hours:
    return open_meteo.parse_hours(json.dumps(data).encode())


def test_it_is_asked_by_place_and_days_in_utc() -> None:
    path, params = open_meteo.ask_forecast(MELBOURNE, DAYS, DAYS.first)
    assert path == "forecast"
    assert params == {
        "latitude": "-37.8497",
        "longitude": "144.9683",
        "start_date": "2025-03-15",
        "end_date": "2025-03-16",
        "hourly": "temperature_2m,relative_humidity_2m,wind_speed_10m,precipitation",
        "wind_speed_unit": "kmh",
        "timezone": "UTC",
    }


def test_a_window_has_the_means_and_the_sum_of_the_hours_that_it_touches() -> None:
    sky = Sky(
        hours={
            START - HOUR: (99.0, 0.0, 0.0, 9.0),
            START: (20.0, 40.0, 10.0, 0.2),
            START + HOUR: (23.0, 50.0, 13.0, 0.4),
            START + 2 * HOUR: (50.0, 0.0, 0.0, 9.0),
        }
    )
    sky.hours[START - HOUR] = (40.0, 0.0, 0.0, 9.0)
    hours = read(asked(sky))
    whole = in_window(hours, START, START + 2 * HOUR)
    assert whole.figures == (21.5, 45.0, 11.5, 0.6)
    half_past = in_window(hours, START + HOUR / 2, START + 3 * HOUR / 2)
    assert half_past == whole
    assert in_window(hours, START, START + HOUR).figures == (20.0, 40.0, 10.0, 0.2)


def test_a_window_may_pass_midnight() -> None:
    before = datetime(2025, 3, 15, 23, tzinfo=UTC)
    sky = Sky(
        hours={before: (10.0, 60.0, 5.0, 1.0), before + HOUR: (12.0, 70.0, 7.0, 2.0)}
    )
    hours = read(asked(sky))
    night = in_window(hours, before + HOUR / 2, before + 3 * HOUR / 2)
    assert night.figures == (11.0, 65.0, 6.0, 3.0)


def test_what_one_hour_lacks_is_unknown() -> None:
    sky = Sky(hours={START: (None, 50.0, 10.0, None)})
    window = in_window(read(asked(sky)), START, START + 2 * HOUR)
    assert window.figures == (None, 50.0, 10.0, None)
    assert window.is_known and not window.is_complete
    beyond = in_window(read(asked(sky)), START + 30 * HOUR, START + 31 * HOUR)
    assert not beyond.is_known


def change(path: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    def apply(data: dict[str, Any]) -> Any:
        *way, name = path.split(".")
        inner: Any = data
        for step in way:
            inner = inner[int(step) if step.isdigit() else step]
        if value is None:
            del inner[name]
        else:
            inner[int(name) if name.isdigit() else name] = value
        return data

    return apply


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (change("hourly_units.temperature_2m", "°F"), "expected °C"),
        (change("hourly_units.wind_speed_10m", "m/s"), "expected km/h"),
        (change("hourly_units.precipitation", None), "expected mm"),
        (change("hourly_units", None), "has no hourly_units"),
        (change("utc_offset_seconds", 39600), "not in UTC"),
        (change("hourly", []), "has no hourly"),
        (change("hourly.time", None), "has no time"),
        (change("hourly.precipitation", [0.0]), "1 of precipitation for 48 hours"),
        (change("hourly.wind_speed_10m", None), "has no wind_speed_10m"),
        (change("hourly.time.3", "2025-03-15T02:00"), "an hour twice"),
        (change("hourly.time.3", "2025-03-15T03:30"), "not by the hour"),
        (change("hourly.time.3", "2025-03-15T03:00+11:00"), "not by the hour"),
        (change("hourly.time.3", "tomorrow"), "has the time 'tomorrow'"),
        (change("hourly.time.3", 1742180400), "has the time 1742180400"),
        (change("hourly.temperature_2m.3", 60.1), "expected -60 to 60 °C or null"),
        (change("hourly.temperature_2m.3", "20"), "expected -60 to 60 °C"),
        (change("hourly.temperature_2m.3", True), "expected -60 to 60 °C"),
        (change("hourly.temperature_2m.3", float("nan")), "NaN is no number"),
        (change("hourly.relative_humidity_2m.3", 101), "expected 0 to 100 %"),
        (change("hourly.precipitation.3", -0.1), "expected 0 to 500 mm"),
        (change("hourly.wind_speed_10m.3", 1e9), "expected 0 to 400 km/h"),
        (lambda data: {"error": True, "reason": "Out of range"}, "Out of range"),
        (lambda data: [data], "no object of JSON"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(
    spoil: Callable[[dict[str, Any]], Any], words: str
) -> None:
    with pytest.raises(SourceFormatError) as refusal:
        read(spoil(asked(Sky())))
    assert words in str(refusal.value)


@pytest.mark.parametrize("content", [b"<html>Bad gateway</html>", b"", b"\xff\xfe{}"])
@pytest.mark.parametrize("parse", [open_meteo.parse_hours, weatherapi.parse_hours])
def test_what_is_no_json_is_refused(
    parse: Callable[[bytes], Hours], content: bytes
) -> None:
    with pytest.raises(SourceFormatError, match=r"is not (JSON|UTF-8)"):
        parse(content)


# --- the provider with a key ----------------------------------------------------
def keyed(sky: Sky) -> dict[str, Any]:
    _, params = weatherapi.ask_history(MELBOURNE, DAYS, date(2025, 4, 1))
    query = {name: str(value) for name, value in params.items()}
    answer: dict[str, Any] = json.loads(sky.answer("history.json", query) or b"")
    return answer


def test_the_keyed_provider_says_the_same_of_a_window() -> None:
    sky = Sky(hours={START: (20.0, 40.0, 10.0, 0.2), START + HOUR: (23, 50, 13, 0.4)})
    hours = weatherapi.parse_hours(json.dumps(keyed(sky)).encode())
    window = in_window(hours, START, START + 2 * HOUR)
    assert window == in_window(read(asked(sky)), START, START + 2 * HOUR)
    assert window.figures == (21.5, 45.0, 11.5, 0.6)


def test_its_days_are_those_of_the_place_so_one_more_is_asked_for() -> None:
    path, params = weatherapi.ask_history(MELBOURNE, DAYS, date(2025, 4, 1))
    assert (path, params["q"]) == ("history.json", "-37.8497,144.9683")
    assert (params["dt"], params["end_dt"]) == ("2025-03-14", "2025-03-17")
    today = weatherapi.ask_history(MELBOURNE, DAYS, DAYS.last).params
    assert today["end_dt"] == "2025-03-16"
    path, params = weatherapi.ask_forecast(MELBOURNE, DAYS, date(2025, 3, 10))
    assert (path, params["days"]) == ("forecast.json", 8)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("forecast", None, "has no forecast"),
        ("forecast.forecastday", {}, "has no forecastday"),
        ("forecast.forecastday.0", "Friday", "has the day 'Friday'"),
        ("forecast.forecastday.0.hour", None, "has no hour"),
        ("forecast.forecastday.0.hour.3.time_epoch", "soon", "without its time"),
        ("forecast.forecastday.0.hour.3.time_epoch", 1e30, "without its time"),
        ("forecast.forecastday.0.hour.3.precip_mm", None, "without precip_mm"),
        ("forecast.forecastday.0.hour.3.temp_c", 99, "expected -60 to 60 °C"),
        ("forecast.forecastday.0.hour.3.time_epoch", 1741910400, "an hour twice"),
    ],
)
def test_its_answers_are_read_with_the_same_care(
    path: str, value: Any, words: str
) -> None:
    data = change(path, value)(keyed(Sky()))
    with pytest.raises(SourceFormatError) as refusal:
        weatherapi.parse_hours(json.dumps(data).encode())
    assert words in str(refusal.value)
