"""Of a race's page: the forecast that is asked for, shown and taken along."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import Race
from predictions.models import Forecast, Stage
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
