"""The description of the API: complete, valid, and what the site really answers."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import SourceFetch
from predictions import registry
from predictions.models import Backtest
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

PLACES: dict[str, dict[str, Any]] = {
    "/api/v1/seasons/{year}/": {"year": 2024},
    "/api/v1/circuits/{slug}/": {"slug": "las-vegas"},
    "/api/v1/teams/{slug}/": {"slug": "mercedes"},
    "/api/v1/drivers/{slug}/": {"slug": "george-russell"},
    "/api/v1/forecasts/{content_hash}/": {"content_hash": f"{1:064x}"},
    "/api/v1/forecasts/{content_hash}/explanation/": {"content_hash": f"{3:064x}"},
    "/api/v1/backtests/{number}/": {"number": 2},
    "/api/v1/models/{name}/{version}/": {"name": "lightgbm", "version": 1},
}
PEOPLE = ("/api/v1/auth/", "/api/v1/me/", "/api/v1/tokens/")
RACE: dict[str, Any] = {"year": 2024, "round": 22}
#: What must be asked for.
ASKED: dict[str, dict[str, str]] = {
    "/api/v1/ratings/duels/": {"driver": "george-russell", "mate": "lewis-hamilton"},
    "/api/v1/ratings/chain/": {"from": "george-russell", "to": "lewis-hamilton"},
}


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    settings.MODEL_DIR = tmp_path
    cast = api_cast.make()
    api_cast.rank(cast)
    api_cast.score(api_cast.issue(cast, cast.vegas))
    api_cast.issue(cast, cast.melbourne)
    api_cast.explainable(cast, cast.melbourne)
    for version in (cast.lightgbm, cast.grid):
        registry.note(version, "trained")
    SourceFetch.objects.create(source="archive", location="f1db-csv.zip")
    Backtest.objects.create(
        pk=2,
        seasons=[2024],
        stages=["final_grid"],
        model_names=["elo"],
        as_of=datetime(2025, 3, 10, tzinfo=UTC),
    )
    return cast


@pytest.fixture
def schema(client: Client) -> Any:
    return client.get("/api/schema/?format=json").json()


def operations(schema: Any) -> dict[str, Any]:
    """Of the record and its forecasts; what is about people is tested with them."""
    return {
        path: item["get"]
        for path, item in schema["paths"].items()
        if not path.startswith(PEOPLE)
    }


def told(schema: Any) -> dict[str, tuple[Any, Any]]:
    """Operations that answer JSON, and what they say of it."""
    found = {
        path: (one, one["responses"]["200"]["content"].get("application/json"))
        for path, one in operations(schema).items()
    }
    assert [path for path, (_, content) in found.items() if not content] == [
        "/api/v1/exports/{table}/"
    ]
    return {path: both for path, both in found.items() if both[1]}


def shape(value: Any) -> Any:
    """Keys all the way down; of a list, those of its first row."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key not in OPEN}
    if isinstance(value, list):
        return [shape(value[0])] if value and isinstance(value[0], dict) else []
    return None


#: Free text and numbers that a model leaves behind, and what may be null.
OPEN = {"metrics", "features", "parameters", "files", "cutoff"}


def test_it_is_made_without_a_warning(tmp_path: Any) -> None:
    file = str(tmp_path / "schema.yml")

    call_command("spectacular", fail_on_warn=True, validate=True, file=file)


def test_the_record_is_only_read(schema: Any) -> None:
    """But for backtests, which can be asked for."""
    for path, item in schema["paths"].items():
        if not path.startswith((*PEOPLE, "/api/v1/backtests/")):
            assert set(item) == {"get"}, path


def test_every_operation_is_described(schema: Any) -> None:
    for path, operation in operations(schema).items():
        assert operation["summary"], path
        assert operation["description"].endswith("."), path
        assert operation["tags"], path
        for parameter in operation.get("parameters", []):
            described = parameter.get("description") or parameter["in"] == "path"
            assert described, (path, parameter["name"])


def test_errors_have_one_shape(schema: Any) -> None:
    for path, operation in operations(schema).items():
        for status, answer in operation["responses"].items():
            if status not in ("200", "414"):
                body = answer["content"]["application/json"]["schema"]
                assert body == {"$ref": "#/components/schemas/Error"}, path


def test_every_example_looks_like_the_answer(
    schema: Any, cast: Cast, client: Client
) -> None:
    for path, (_, content) in told(schema).items():
        (example,) = content["examples"].values()
        answer = client.get(path.format(**PLACES.get(path, RACE)), ASKED.get(path))

        assert answer.status_code == 200, path
        assert shape(example["value"]) == shape(answer.json()), path


def test_every_list_says_how_it_is_paged(schema: Any) -> None:
    for path, (operation, content) in told(schema).items():
        if "Paginated" in content["schema"].get("$ref", ""):
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert {"page", "page_size", "format"} <= names, path
            answer = operation["responses"]["200"]
            assert set(answer["headers"]) == {"X-Total-Count", "Link"}, path
            assert "text/csv" in answer["content"], path


def test_the_page_needs_nothing_inline(client: Client) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()

    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<style" not in text and " style=" not in text
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "http" not in text.replace("http-equiv", "")


def test_the_script_of_the_page_is_an_answer_of_its_own(client: Client) -> None:
    script = client.get("/api/docs/?script=")

    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()


def test_the_browsable_api_needs_nothing_inline(cast: Cast, client: Client) -> None:
    for path in ("", "drivers/", "races/2024/22/", "predictions/next-race/"):
        page = client.get(f"/api/v1/{path}", headers={"Accept": "text/html"})
        text = page.content.decode()

        assert "<style" not in text and " style=" not in text, path
        scripts = re.findall(r"<script[^>]*>", text)
        assert all("src=" in tag or "json" in tag for tag in scripts), path
