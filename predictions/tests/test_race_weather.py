"""Weather on the pages of a race."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from ingestion.models import Session, WeatherData
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

SAID = datetime(2025, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def cast(db: None, settings: Any) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


def foresee(cast: Cast, kind: str, **facts: Any) -> WeatherData:
    known: dict[str, Any] = {"source": "open-meteo", "is_forecast": True}
    known |= {"known_at": SAID, "air_temp_c": 31.2, "wind_kmh": 22.0, "rain_mm": 0.4}
    facts = {**known, "humidity_pct": 61.5, "condition": "mixed", **facts}
    return WeatherData.objects.create(race=cast.melbourne, kind=kind, **facts)


def words(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(strip_tags(response.content.decode()).split())


def test_it_shows_the_weather_of_each_session_in_order(
    cast: Cast, client: Client
) -> None:
    race = cast.melbourne
    day = race.starts_on - timedelta(days=2)
    Session.objects.create(race=race, kind="FP1", starts_on=day)
    for kind in ("race", "qualifying", "FP1"):
        foresee(cast, kind)
    foresee(cast, "sprint_qualifying", is_forecast=False)
    text = words(client, "/races/2025/1/")
    line = (
        "31 °C, mixed 0.4 mm 22 km/h 62 %"
        " Forecast of 10 Mar, 09:00 UTC, Open-Meteo 5 of 10"
    )
    rows = [f"FP1 {line}", f"Qualifying {line}", f"Race {line}"]
    places = [text.index(row) for row in rows]
    assert places == sorted(places)
    assert "62 % Observed, provisional, Open-Meteo 5 of 10" in text


def test_the_head_says_that_it_is_a_forecast(cast: Cast, client: Client) -> None:
    foresee(cast, "race")
    foresee(cast, "FP1", air_temp_c=11.0)
    for path in ("/", "/races/2025/1/"):
        said = (
            "31 °C, mixed wind 22 km/h impact 5 of 10"
            " weather forecast of 10 Mar, 09:00 UTC"
        )
        assert said in words(client, path)


def test_what_an_editor_typed_in_is_shown(cast: Cast, client: Client) -> None:
    WeatherData.objects.create(race=cast.vegas, source="editor", condition="wet")
    text = words(client, "/races/2024/22/")
    assert "Race wet – – – Observed, typed in 1 of 10" in text
    assert "12 °C, dry" not in text


def test_a_race_without_weather_has_no_table(cast: Cast, client: Client) -> None:
    assert "Known from" not in words(client, "/races/2025/1/")
