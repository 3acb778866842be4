"""A race says of each kind of its figures where they came from: page and API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ingestion.models import CorrectedFigure, Correction
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

RACE = "/races/2024/22/"
Correct = Callable[..., CorrectedFigure]


@pytest.fixture
def cast(db: None) -> Cast:
    return api_cast.make()


@pytest.fixture
def correct(cast: Cast) -> Correct:
    def put(sheet: str, field: str, **facts: Any) -> CorrectedFigure:
        return CorrectedFigure.objects.create(
            correction=Correction.objects.create(reason="as published"),
            race=cast.vegas,
            sheet=sheet,
            field=field,
            **{"key": {"kind": "qualifying"}, "value": 1} | facts,
        )

    return put


def disclosed(client: Client, path: str = RACE) -> str:
    text = " ".join(client.get(path).content.decode().split())
    start = text.index("Sources of this race")
    return text[start : text.index("</details>", start)]


def rows(client: Client) -> dict[str, Any]:
    body = client.get("/api/v1/races/2024/22/sources/").json()
    return {row["sheet"]: row for row in body["results"]}


def test_it_lists_the_sheets_in_the_order_of_the_weekend(
    cast: Cast, client: Client
) -> None:
    text = disclosed(client)
    labels = ["Date and circuit", "Practice FP1", "Qualifying"]
    assert sorted(labels, key=text.index) == labels
    assert "archive (F1DB)" in text
    assert "6 Jan 2025, 09:00 UTC" in text
    assert "corrected" not in text
    assert "/admin/" not in text


def test_it_counts_the_corrections_in_force(
    cast: Cast, client: Client, correct: Correct
) -> None:
    correct("qualifying_results", "q1_ms")
    correct("qualifying_results", "q2_ms", state="conflict")
    correct("qualifying_results", "q3_ms", state="undone")
    assert rows(client)["qualifying_results qualifying"]["n_corrections"] == 2
    assert rows(client)["races"]["n_corrections"] == 0
    assert disclosed(client).count("corrected") == 1
    assert "2 corrected" in disclosed(client)


def test_rows_that_only_an_editor_has_say_so(
    cast: Cast, client: Client, correct: Correct
) -> None:
    correct("grid_slots", "", action="add", key={"kind": "sprint"})
    row = rows(client)["grid_slots sprint"]
    assert (row["source"], row["n_rows"], row["changed_at"]) == ("", 0, None)
    assert "Sprint grid" in disclosed(client)
    assert "editor" in disclosed(client)


def test_an_editor_is_led_to_provenance_and_corrections(
    cast: Cast, admin_client: Client
) -> None:
    text = disclosed(admin_client)
    for noun in ("provenance", "correctedfigure"):
        address = f"/admin/ingestion/{noun}/?race__id__exact={cast.vegas.pk}"
        assert address in text
        assert admin_client.get(address).status_code == 200


def test_a_race_that_no_source_has_says_nothing(cast: Cast, client: Client) -> None:
    text = client.get("/races/2025/1/").content.decode()
    assert "Sources of this race" not in text
