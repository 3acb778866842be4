"""Why a forecast gives its chances: on the race page, on its own, in the API."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from ingestion.models import Race
from predictions import explanations, registry, services
from predictions.explanations import UnexplainedError
from predictions.features import start_of
from predictions.models import Forecast, ForecastInputs, Stage
from predictions.tests import api_cast
from predictions.tests import forecast_cast as cast
from predictions.views.presenters.why import N_PARTS, WhyPart, WhyRow

PAGE = "/races/2025/1/"
SWAP = {"HX-Request": "true"}
Get = Callable[[str], str]


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cache.clear()


@pytest.fixture
def ahead(home: None, db: None, settings: Settings) -> Race:
    """A race with a forecast of ours before the weekend and one on the grid."""
    race = cast.store_rated()
    services.forecast_race(race=race, names=["ensemble"])
    cast.store_weekend(race, cast.weekend(np.random.default_rng(3)))
    settings.F1_NOW = start_of(race) - timedelta(minutes=10)
    services.forecast_race(race=race, names=["ensemble"])
    return race


@pytest.fixture
def page(client: Client) -> Get:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


def swapped(client: Client, url: str) -> str:
    """What is swapped in, without what is said of it."""
    part = client.get(url, headers=SWAP).content.decode()
    return part.partition('<p id="said"')[0].strip()


def of_stage(stage: str) -> Forecast:
    return Forecast.objects.get(stage=stage, is_primary=True)


def test_reasons_add_up_to_the_sealed_chance_and_are_told_once(
    ahead: Race, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    forecast = of_stage(Stage.FINAL_GRID)
    why = explanations.why(forecast)
    sealed = dict(forecast.predictions.values_list("driver__slug", "p_win"))
    assert {one.driver for one in why.drivers} == set(sealed)
    for one in why.drivers:
        gained = sum(part.points for part in one.groups)
        assert gained + why.even_chance == pytest.approx(sealed[one.driver], abs=1e-9)
        odds = sum(part.log_odds for part in one.facts)
        assert odds == pytest.approx(sum(part.log_odds for part in one.groups))
    with django_assert_num_queries(0):
        assert explanations.why(forecast) == why


def test_the_race_page_tells_why_and_what_changed(ahead: Race, page: Get) -> None:
    text = page(PAGE)
    assert "Why these chances" in text
    assert "even chance of 10.0" in text
    assert "What changed since pre-weekend" in text
    assert "Grid slot" in text
    favourite = explanations.why(of_stage(Stage.FINAL_GRID)).drivers[0]
    largest = max(favourite.groups, key=lambda part: abs(part.points))
    assert f"{largest.group} +{100 * largest.points:.1f}" in text
    early = page(f"{PAGE}?stage=pre_weekend")
    assert "Why these chances" in early
    assert "What changed" not in early
    assert "Grid slot" not in early
    ahead.entries.filter(driver__slug="driver-j").delete()
    after = page(PAGE)
    assert "As sealed, before anybody withdrew" in after
    assert "All 10 begin" in after


def test_all_drivers_are_a_link_away(ahead: Race, page: Get, client: Client) -> None:
    url = f"{PAGE}why/?stage=final_grid&amp;drivers=all"
    assert f'href="{url}"' in page(PAGE)
    url = url.replace("&amp;", "&")
    whole = page(url)
    assert "<html" in whole
    assert 'drivers=all"' not in whole
    assert whole.count('class="why-head"') == 10
    part = swapped(client, url)
    assert part.startswith('<div id="race-why"')
    assert part in whole


def test_each_driver_is_an_address_of_his_own(
    ahead: Race, page: Get, client: Client
) -> None:
    why = explanations.why(of_stage(Stage.FINAL_GRID))
    last = why.drivers[-1].driver
    for path in (PAGE, f"{PAGE}why/?drivers=all"):
        links = re.findall(r'<a class="choice"\s+id="reasons-[^>]*>', page(path))
        assert len(links) == 1 + 10
        assert all('hx-push-url="true"' in link for link in links)
    (address,) = re.findall(rf'href="([^"]*driver={last})"', page(PAGE))
    url = html.unescape(address)
    whole = page(url)
    assert swapped(client, url) in whole  # what is swapped in is what a reload shows
    heads = re.findall(r'class="why-head">.*?href="/drivers/([^/]*)/', whole, re.DOTALL)
    assert heads == [last]
    assert whole.count('<li class="change-row') > 1
    nobody = page(f"{PAGE}why/?driver=nobody")
    assert nobody.count('class="why-head"') == 6


def test_without_the_files_of_its_model_it_says_so(ahead: Race, page: Get) -> None:
    version = of_stage(Stage.FINAL_GRID).model_version
    file = registry.folder_of(version) / sorted(version.files)[0]
    file.write_text("changed")
    assert "are missing or were changed" in page(PAGE)


@given(st.lists(st.floats(-40, 40), max_size=13))
def test_printed_points_add_up(changes: list[float]) -> None:
    row = WhyRow(
        driver_name="",
        driver_slug="",
        code="",
        team_class="",
        p_win=0.5,
        parts=[
            WhyPart(label=str(n), change=change) for n, change in enumerate(changes)
        ],
    )
    printed = {part.label: part.change for part in row.main}
    assert len(printed) <= N_PARTS + 1
    assert sum(printed.values()) == pytest.approx(round(row.change, 1))
    for label, change in printed.items():
        assert change == round(change, 1)
        if label != "all else":
            assert change == pytest.approx(changes[int(label)], abs=0.1 + 1e-9)


def explainable(made: api_cast.Cast) -> Forecast:
    return api_cast.explainable(made, made.melbourne)


def test_the_api_tells_facts_and_groups(home: None, db: None, client: Client) -> None:
    forecast = explainable(api_cast.make())
    url = f"/api/v1/forecasts/{forecast.content_hash}/explanation/"
    answer: dict[str, Any] = client.get(url).json()
    assert (answer["kind"], answer["even_chance"]) == ("race", 0.25)
    first = answer["drivers"][0]
    assert [fact["fact"] for fact in first["facts"]] == ["elo"]
    (group,) = first["groups"]
    assert group["points"] == pytest.approx(first["p_win"] - 0.25)
    nobody = client.get("/api/v1/forecasts/none/explanation/")
    assert nobody.status_code == 404


def test_an_older_forecast_has_no_reasons(
    home: None, db: None, client: Client, page: Get
) -> None:
    made = api_cast.make()
    forecast = api_cast.issue(made, made.melbourne)
    response = client.get(f"/api/v1/forecasts/{forecast.content_hash}/explanation/")
    assert response.status_code == 404
    assert response.json()["code"] == "no_explanation"
    assert "before the inputs of forecasts were kept" in page(PAGE)
    assert client.get("/races/2024/22/why/").status_code == 404


def test_reasons_of_other_chances_are_none(
    home: None, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = api_cast.make()
    forecast = explainable(made)
    other = api_cast.issue(made, made.melbourne, model=forecast.model_version, day=9)
    frame = ForecastInputs.objects.get(forecast=forecast).frame
    ForecastInputs.objects.create(forecast=other, frame=frame, cars=[])
    with pytest.raises(UnexplainedError, match="other chances today"):
        explanations.why(other)
    refused = pytest.raises(UnexplainedError, match="other chances today")
    with django_assert_num_queries(0), refused:  # nor are files read again
        explanations.why(other)
