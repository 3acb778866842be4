"""What the page of a race tells of its weekend beside forecast and result."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from ingestion.models import WeatherData
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

Words = Callable[[str], str]
VEGAS, MELBOURNE = "/races/2024/22/", "/races/2025/1/"


@pytest.fixture
def cast(db: None, settings: Any) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def words(client: Client) -> Words:
    """A page without its markup."""

    def read(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200
        return " ".join(strip_tags(response.content.decode()).split())

    return read


def test_who_is_classified_without_the_flag_has_his_reason(
    cast: Cast, words: Words
) -> None:
    cast.vegas.results.filter(position=3).update(status="retired", reason="Brakes")
    assert "Ferrari 3 – brakes" in words(VEGAS)


def test_a_race_of_one_lap_has_no_laps(cast: Cast, words: Words) -> None:
    cast.vegas.laps, cast.vegas.course_length_km = 1, Decimal("7.004")
    cast.vegas.save()
    assert "1 lap of 7.004 km" in words(VEGAS)
    cast.vegas.laps, cast.vegas.course_length_km = 1, None
    cast.vegas.save()
    assert "1 lap " in words(VEGAS)


def test_a_race_behind_the_next_one_waits_for_those_before_it(
    cast: Cast, words: Words
) -> None:
    jeddah = api_cast._race(
        2025_002, 2, "saudi-arabia", "Jeddah", datetime(2025, 3, 23, tzinfo=UTC).date()
    )
    said = words("/races/2025/2/")
    assert (
        "Only the next race is forecast: this one once the result of the"
        " Melbourne Grand Prix is in the record." in said
    )
    assert "entry list" not in said
    for path in ("/", MELBOURNE):
        assert "Its line-up is in the record" in words(path)
    jeddah.delete()
    cast.melbourne.entries.all().delete()
    for path in ("/", MELBOURNE):
        assert "from the line-up of the last race" in words(path)


def test_weather_that_is_still_to_come_says_when(
    cast: Cast, words: Words, settings: Any
) -> None:
    for path in ("/", MELBOURNE):
        assert "No weather forecast yet" in words(path)
    settings.F1_NOW = datetime(2025, 2, 1, 12, tzinfo=UTC)
    for path in ("/", MELBOURNE):
        assert "Weather forecast from 1 Mar 2025 on" in words(path)


def test_the_page_of_a_sprint_shows_its_own_weather(cast: Cast, words: Words) -> None:
    cast.vegas.sprint_format = "qualifying_2024"
    cast.vegas.save()
    said = words(f"{VEGAS}sprint/")
    assert "Sprint not known – – – – –" in said
    assert "12 °C, dry" not in said
    WeatherData.objects.create(
        race=cast.vegas, kind="sprint", source="test", air_temp_c=15, condition="wet"
    )
    assert "Sprint 15 °C, wet" in words(f"{VEGAS}sprint/")
    assert "not known" not in words(VEGAS)
