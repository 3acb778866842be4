"""Forecasts in the API: which one is answered, and what it says."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ingestion.models import Race
from predictions.models import Forecast, Stage
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

V1 = "/api/v1/"
ANSWER = {"race", "stage", "model", "issued_at", "late", "predictions"}
ROW = {
    "driver",
    "code",
    "team",
    "grid",
    "p_win",
    "p_podium",
    "p_points",
    "p_dnf",
    "expected_position",
    "low",
    "high",
    "positions",
    "confidence_category",
    "is_favorite",
}


@pytest.fixture
def cast(db: None) -> Cast:
    return api_cast.make()


def get(client: Client, path: str) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("path", ["predictions/2025/1/", "predictions/next-race/"])
def test_the_forecast_has_exactly_this_shape(
    path: str, cast: Cast, client: Client
) -> None:
    api_cast.issue(cast, cast.melbourne)

    body = get(client, path)

    assert set(body) == ANSWER
    assert all(set(row) == ROW for row in body["predictions"])
    assert (body["race"]["season"], body["race"]["round"]) == (2025, 1)
    assert (body["model"]["name"], body["model"]["version"]) == ("lightgbm", 1)
    assert (body["stage"], body["late"]) == ("pre_weekend", False)
    assert body["issued_at"] == "2024-11-01T12:00:00Z"


def test_the_favourite_comes_first_and_chances_sum_to_one(
    cast: Cast, client: Client
) -> None:
    api_cast.issue(cast, cast.melbourne, chances=[0.1, 0.2, 0.3, 0.4])

    rows = get(client, "predictions/next-race/")["predictions"]

    assert [row["code"] for row in rows] == ["LEC", "SAI", "HAM", "RUS"]
    assert sum(row["p_win"] for row in rows) == pytest.approx(1)
    assert rows[0]["driver"] == "charles-leclerc"
    assert [row["is_favorite"] for row in rows] == [True, False, False, False]
    assert [row["confidence_category"] for row in rows] == [
        "very_high",
        "high",
        "medium",
        "low",
    ]


def test_the_most_informed_stage_is_answered(cast: Cast, client: Client) -> None:
    api_cast.issue(cast, cast.melbourne, Stage.FINAL_GRID, day=2)
    api_cast.issue(cast, cast.melbourne, Stage.PRE_WEEKEND, day=3)

    assert get(client, "predictions/2025/1/")["stage"] == "final_grid"
    early = get(client, "predictions/2025/1/?stage=pre_weekend")
    assert early["stage"] == "pre_weekend"


def test_the_latest_issue_of_a_stage_is_answered_a_sealed_one_first(
    cast: Cast, client: Client
) -> None:
    for day, late in ((2, False), (3, False), (4, True)):
        api_cast.issue(cast, cast.melbourne, day=day, late=late)

    body = get(client, "predictions/2025/1/")

    assert (body["issued_at"], body["late"]) == ("2024-11-03T12:00:00Z", False)


def test_another_model_is_asked_for(cast: Cast, client: Client) -> None:
    api_cast.issue(cast, cast.melbourne)
    api_cast.issue(cast, cast.melbourne, model=cast.grid, day=5)

    assert get(client, "predictions/2025/1/")["model"]["name"] == "lightgbm"
    asked = get(client, "predictions/2025/1/?model=grid&version=1")
    assert asked["model"]["name"] == "grid"


def test_no_forecast_says_what_to_do(cast: Cast, client: Client) -> None:
    response = client.get(V1 + "predictions/next-race/")

    assert response.status_code == 404
    assert response.json() == {
        "detail": "No forecast of the 2025 Melbourne Grand Prix was issued yet."
        " Issue one: ./run manage forecast --race 2025-1.",
        "code": "no_forecast",
    }


def test_no_such_forecast_says_which_there_are(cast: Cast, client: Client) -> None:
    api_cast.issue(cast, cast.melbourne)

    response = client.get(V1 + "predictions/2025/1/?stage=final_grid")

    assert response.status_code == 404
    assert "Issued: lightgbm pre_weekend." in response.json()["detail"]


def test_no_race_to_come_says_what_to_do(cast: Cast, client: Client) -> None:
    Race.objects.filter(pk=cast.melbourne.pk).update(status="completed")

    response = client.get(V1 + "predictions/next-race/")

    assert response.status_code == 404
    assert response.json()["code"] == "no_next_race"


def test_the_rows_come_from_one_partition(cast: Cast, client: Client) -> None:
    api_cast.issue(cast, cast.melbourne)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        get(client, "predictions/2025/1/")
    query = next(
        entry["sql"]
        for entry in asked.captured_queries
        if 'FROM "predictions_prediction"' in entry["sql"]
    )
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert plan.count(" on predictions_prediction_") == 1
    assert " on predictions_prediction_2025 " in plan


def test_a_forecast_of_a_race_costs_three_queries(
    cast: Cast, client: Client, django_assert_num_queries: Any
) -> None:
    api_cast.issue(cast, cast.melbourne)

    with django_assert_num_queries(3):
        get(client, "predictions/next-race/")


def test_forecasts_are_listed_the_newest_first(cast: Cast, client: Client) -> None:
    api_cast.issue(cast, cast.vegas, day=1)
    api_cast.issue(cast, cast.melbourne, day=2, late=True)
    api_cast.issue(cast, cast.melbourne, day=3, model=cast.grid)

    rows = get(client, "forecasts/")["results"]

    assert [row["issued_at"][:10] for row in rows] == [
        "2024-11-03",
        "2024-11-02",
        "2024-11-01",
    ]
    for query, count in (
        ("season=2025", 2),
        ("late=true", 1),
        ("model=grid", 1),
        ("primary=true", 2),
        ("stage=final_grid", 0),
        ("season=2024&round=22", 1),
    ):
        assert get(client, f"forecasts/?{query}")["count"] == count, query


def test_a_forecast_stands_at_its_hash(cast: Cast, client: Client) -> None:
    forecast = api_cast.issue(cast, cast.melbourne)

    body = get(client, f"forecasts/{forecast.content_hash}/")

    assert body["content_hash"] == forecast.content_hash
    assert len(body["predictions"]) == 4


def test_models_are_listed_and_stand_at_name_and_version(
    cast: Cast, client: Client
) -> None:
    names = [row["name"] for row in get(client, "models/")["results"]]

    assert names == ["grid", "lightgbm"]
    assert get(client, "models/?status=primary")["count"] == 1
    assert get(client, "models/lightgbm/1/")["cutoff"]["round"] == 22


def test_accuracy_is_that_of_the_newest_result(cast: Cast, client: Client) -> None:
    score = api_cast.score(api_cast.issue(cast, cast.vegas))

    (row,) = get(client, "accuracy/?season=2024&model=lightgbm")["results"]
    assert (row["stage"], row["log_loss"]) == ("pre_weekend", 1.0)

    type(score).objects.update(is_current=False)
    assert get(client, "accuracy/")["count"] == 0


def test_scores_of_sprints_are_never_among_those_of_races(
    cast: Cast, client: Client
) -> None:
    for day, kind in enumerate(("race", "sprint"), start=1):
        api_cast.score(api_cast.issue(cast, cast.vegas, day=day, kind=kind))

    for query, kinds in (("", ["race"]), ("?kind=sprint", ["sprint"])):
        rows = get(client, f"accuracy/{query}")["results"]
        assert [row["kind"] for row in rows] == kinds
    rows = get(client, "forecasts/")["results"]  # the whole chain
    assert [row["kind"] for row in rows] == ["sprint", "race"]


def test_nothing_is_written(cast: Cast, client: Client) -> None:
    forecast = api_cast.issue(cast, cast.melbourne)
    address = f"{V1}forecasts/{forecast.content_hash}/"

    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(address).status_code == 405

    assert Forecast.objects.get().content_hash == forecast.content_hash


def test_a_forecast_says_what_it_lacked(cast: Cast, client: Client) -> None:
    gaps = ["no result of the Las Vegas Grand Prix"]
    whole = api_cast.issue(cast, cast.melbourne)
    api_cast.issue(cast, cast.melbourne, day=2, gaps=gaps)

    rows = get(client, "forecasts/")["results"]

    assert [row["data_grade"] for row in rows] == ["D", "A"]
    assert [row["gaps"] for row in rows] == [gaps, []]
    assert get(client, f"forecasts/{whole.content_hash}/")["data_grade"] == "A"
