"""Of a race's page: the forecast that is asked for, shown and taken along."""

import csv
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import Race
from predictions.models import Forecast, ModelVersion, Stage
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

RACE, SPRINT = "/races/2024/22/", "/races/2024/22/sprint/"
CHANCES = [0.1, 0.2, 0.3, 0.4]
Rows = Callable[[str], list[dict[str, str]]]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    """Las Vegas is over, with its sprint."""
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cast = api_cast.make()
    Race.objects.filter(pk=cast.vegas.pk).update(sprint_format="qualifying_2024")
    return cast


@pytest.fixture
def page(client: Client) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


@pytest.fixture
def rows(page: Callable[[str], str]) -> Rows:
    def get(path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(page(path).splitlines()))

    return get


def test_the_table_that_is_shown_can_be_taken_along(
    cast: Cast, client: Client, rows: Rows
) -> None:
    api_cast.issue(cast, cast.vegas)
    api_cast.issue(cast, cast.vegas, Stage.FINAL_GRID, day=2, chances=CHANCES)
    first, *_, last = rows(f"{RACE}forecast.csv?stage=pre_weekend")
    assert (first["driver"], first["team"]) == ("George Russell", "Mercedes")
    assert (first["p_win"], first["p_podium"], first["grid"]) == ("0.4", "0.8", "")
    assert [first["result"], last["result"]] == ["1", "Ret"]
    newest = client.get(f"{RACE}forecast.csv")
    assert "race-2024-22-final_grid-lightgbm-v1.csv" in newest["Content-Disposition"]
    assert newest.content.decode().splitlines()[1].startswith("1,Charles Leclerc,LEC")
    address = f'href="{RACE}forecast.csv?stage=pre_weekend"'
    assert address in client.get(f"{RACE}?stage=pre_weekend").content.decode()


def test_a_sprint_has_a_file_of_its_own(
    cast: Cast, page: Callable[[str], str], rows: Rows
) -> None:
    of_sprint = api_cast.issue(cast, cast.vegas, chances=CHANCES, kind="sprint")
    assert rows(f"{SPRINT}forecast.csv")[0]["code"] == "LEC"
    assert f'href="{SPRINT}forecast.csv?stage={of_sprint.stage}"' in page(SPRINT)


def test_before_the_flag_there_is_no_result(cast: Cast, rows: Rows) -> None:
    api_cast.issue(cast, cast.melbourne)
    assert {row["result"] for row in rows("/races/2025/1/forecast.csv")} == {""}


@pytest.mark.parametrize(
    "path", [RACE, SPRINT, "/races/2025/1/sprint/", "/races/2024/9/"]
)
def test_without_a_forecast_there_is_no_file(
    path: str, cast: Cast, client: Client
) -> None:
    assert client.get(f"{path}forecast.csv").status_code == 404
    assert not Forecast.objects.exists()


@pytest.fixture
def logit(cast: Cast) -> ModelVersion:
    """A shadow that holds Leclerc for the favourite, at the last stage only."""
    logit = ModelVersion.objects.create(
        name="logit", version=2, status="shadow", data_hash="0" * 64
    )
    for race in (cast.vegas, cast.melbourne):
        api_cast.issue(cast, race)
        last = Stage.FINAL_GRID
        api_cast.issue(cast, race, last, day=2)
        api_cast.issue(cast, race, last, day=2, model=cast.grid)
        api_cast.issue(cast, race, last, day=2, model=logit, chances=CHANCES)
    return logit


def choices(text: str) -> list[tuple[str, bool]]:
    """Labels of the models to choose from, and whether each is the one shown."""
    links = re.findall(r'<a class="choice"\s+id="model-[^>]*>[^<]*', text)
    return [(a.partition(">")[2], "aria-current" in a) for a in links]


@pytest.mark.parametrize("asked", ["", "&model=nonsense", "&model=lightgbm"])
def test_ours_speaks_unless_another_model_is_asked_for(
    asked: str, logit: ModelVersion, page: Callable[[str], str]
) -> None:
    text = page(f"/races/2025/1/?stage=final_grid{asked}")
    assert "George Russell</b> is the favourite" in text
    assert choices(text) == [
        ("lightgbm v1, ours", True),
        ("logit v2, in the shadow", False),
        ("grid v1, baseline", False),
    ]
    assert choices(page(f"/races/2025/1/?stage=pre_weekend{asked}")) == []
    assert "model=logit" not in page("/")


def test_everything_follows_the_model(
    logit: ModelVersion, page: Callable[[str], str], rows: Rows
) -> None:
    text = page("/races/2025/1/?stage=final_grid&model=logit")
    assert ("logit v2, in the shadow", True) in choices(text)
    assert "Charles Leclerc</b> is the favourite in Melbourne at" in text
    assert "up from" not in text  # it said nothing at the stage before
    (file,) = set(re.findall(r'href="([^"]*forecast.csv[^"]*)"', text))
    assert rows(html.unescape(file))[0]["code"] == "LEC"
    (json,) = set(re.findall(r'href="([^"]*format=json)"', text))
    assert '"name":"logit"' in page(html.unescape(json)).replace(" ", "")
    for kept in ("?stage=pre_weekend&model=logit", "&model=logit&sort=podium"):
        assert kept in html.unescape(text)
    assert "lightgbm v1" in page("/races/2025/1/?stage=pre_weekend&model=logit")


def test_the_review_of_another_model_is_not_ours(
    logit: ModelVersion, page: Callable[[str], str]
) -> None:
    text = page(f"{RACE}?model=logit")
    assert "George Russell</b> won. logit v2 gave" in text
    assert "; its favourite, Charles Leclerc," in text
    assert "?model=logit" in text  # the version of the result keeps it
