"""Versions of a result in the API: a list of them, and the rows of any."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import RaceResult, SprintResult
from ingestion.services.versions import note_versions
from predictions import services
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

RACE = "/api/v1/races/2024/22/"


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    """Las Vegas: as it was known in the evening, and as Russell was disqualified."""
    settings.F1_NOW = datetime(2024, 11, 24, 9, tzinfo=UTC)
    cast = api_cast.make()
    api_cast.issue(cast, cast.vegas)
    services.score_race(race=cast.vegas)
    settings.F1_NOW = datetime(2024, 12, 18, 10, tzinfo=UTC)
    for model in (RaceResult, SprintResult):
        model._default_manager.filter(race=cast.vegas, display_order=1).update(
            position=None, is_classified=False, status="disqualified", points=0
        )
    note_versions([cast.vegas.pk], source="live")
    return cast


def get(client: Client, path: str) -> Any:
    response = client.get(RACE + path)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_it_lists_versions_of_race_and_sprint(cast: Cast, client: Client) -> None:
    rows = get(client, "versions/")
    assert [(row["kind"], row["number"], row["is_newest"]) for row in rows] == [
        ("race", 2, True),
        ("race", 1, False),
        ("sprint", 2, True),
        ("sprint", 1, False),
    ]
    newest, first, *_ = rows
    assert (first["standing"], newest["standing"]) == ("provisional", "final")
    assert (first["source"], newest["source"]) == ("archive", "live")
    assert newest["known_at"] == "2024-12-18T10:00:00Z"
    assert len(newest["content_hash"]) == 64
    assert len(get(client, "versions/?kind=sprint")) == 2


@pytest.mark.parametrize("kind", ["race", "sprint"])
def test_every_version_is_at_its_address(kind: str, cast: Cast, client: Client) -> None:
    newest, first = (
        client.get(row["url"]).json()["results"]
        for row in get(client, f"versions/?kind={kind}")
    )
    noun = "results" if kind == "race" else "sprint"
    assert newest == get(client, f"{noun}/")
    assert [row["status"] for row in (first[0], newest[0])] == [
        "finished",
        "disqualified",
    ]
    assert first[0].keys() == newest[0].keys()
    assert (first[0]["driver_name"], first[0]["points"]) == ("George Russell", 25.0)
    assert first[1:] == newest[1:]


@pytest.mark.parametrize("noun", ["results", "sprint"])
def test_a_version_that_is_not_there_is_a_404(
    noun: str, cast: Cast, client: Client
) -> None:
    response = client.get(f"{RACE}{noun}/?version=3")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert "no version 3" in response.json()["detail"]


@pytest.mark.parametrize("asked", ["x", "0", "-1", "1.5", "9" * 30])
def test_a_version_that_is_no_number_is_a_400(
    asked: str, cast: Cast, client: Client
) -> None:
    response = client.get(f"{RACE}results/?version={asked}")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert response.json()["detail"].startswith("version: ")


def test_a_race_that_is_not_there_is_a_404(cast: Cast, client: Client) -> None:
    assert client.get("/api/v1/races/2024/9/results/?version=1").status_code == 404
    assert client.get("/api/v1/races/2024/9/versions/").status_code == 404


def test_a_score_says_which_version_it_was_made_against(
    cast: Cast, client: Client
) -> None:
    def scored(query: str = "") -> list[int | None]:
        rows = client.get(f"/api/v1/accuracy/{query}").json()["results"]
        return [row["result_version"] for row in rows]

    assert scored() == [1]
    services.score_race(race=cast.vegas)
    assert scored() == [2]
    assert scored("?result_version=1") == [1]
    assert scored("?result_version=3") == []


def test_an_older_version_costs_a_few_queries(
    cast: Cast, client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(5):
        get(client, "results/?version=1")
