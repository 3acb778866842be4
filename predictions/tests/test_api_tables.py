"""Lists as CSV, and whole tables to take along."""

import csv
import io
import json
from typing import Any

import polars as pl
import pytest
from django.test import Client

from accounts import roles
from accounts.models import User
from ingestion.models import Driver, RaceResult
from predictions import exports
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from predictions.tests.test_api_record import LISTS

V1 = "/api/v1/"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"]


@pytest.fixture
def cast(db: None) -> Cast:
    cast = api_cast.make()
    api_cast.rank(cast)
    api_cast.score(api_cast.issue(cast, cast.vegas, gaps=["weather", "practice"]))
    return cast


@pytest.fixture
def analyst(client: Client, cast: Cast) -> Client:
    """Signed in, with the role that may export."""
    person = User.objects.create_user("analyst@example.org")
    roles.give(person, roles.ANALYST)
    client.force_login(person)
    return client


def table(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))


def body(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_every_list_is_a_table_too(cast: Cast, client: Client) -> None:
    for path in filter(None, LISTS):
        told = client.get(V1 + path).json()
        address = f"{V1}{path}{'&' if '?' in path else '?'}format=csv"
        response = client.get(address)
        assert len(table(response)) == told["count"], path
        assert response["X-Total-Count"] == str(told["count"])


def test_keys_of_several_parts_have_several_columns(cast: Cast, client: Client) -> None:
    first, *_ = table(client.get(V1 + "results/?format=csv&driver=george-russell"))
    assert (first["race_season"], first["race_round"]) == ("2024", "22")
    assert first["race_url"].endswith("/races/2024/22/")
    assert (first["driver"], first["points"], first["grid"]) == (
        "george-russell",
        "25.0",
        "1",
    )
    assert (first["has_pole"], first["time_ms"]) == ("true", "")
    (forecast,) = table(client.get(V1 + "forecasts/?format=csv"))
    assert forecast["gaps"] == "weather;practice"
    assert forecast["model_name"] == "lightgbm"


def test_a_table_without_rows_has_its_columns(cast: Cast, client: Client) -> None:
    path = V1 + "results/?format=csv"
    full, empty = client.get(path), client.get(f"{path}&season=1950")
    assert table(empty) == []
    assert empty.content.splitlines() == full.content.splitlines()[:1]


def test_pages_are_told_in_headers(cast: Cast, client: Client) -> None:
    path = V1 + "drivers/?format=csv&page_size=2"
    first = client.get(path)
    assert first["X-Total-Count"] == "4"
    address, rel = first["Link"].split("; ")
    assert rel == 'rel="next"'
    last = client.get(address.strip("<>"))
    assert 'rel="prev"' in last["Link"] and 'rel="next"' not in last["Link"]
    seen = [row["slug"] for page in (first, last) for row in table(page)]
    assert len({*seen}) == 4


def test_the_name_of_the_file_is_that_of_the_list(cast: Cast, client: Client) -> None:
    response = client.get(V1 + "races/2024/22/results/?format=csv&x=%22%0d%0aSet:1")
    disposition = response["Content-Disposition"]
    assert disposition == 'attachment; filename="races-2024-22-results.csv"'


def test_errors_stay_json(cast: Cast, client: Client) -> None:
    for path, status in (
        ("results/?format=csv&season=x", 400),
        ("races/2024/23/results/?format=csv", 404),
        ("drivers/george-russell/?format=csv", 404),
    ):
        response = client.get(V1 + path)
        assert response.status_code == status
        assert set(response.json()) == {"detail", "code"}
    refused = client.get(V1 + "drivers/", headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")


def test_no_cell_is_a_formula(cast: Cast, client: Client) -> None:
    for formula in FORMULAS:
        Driver.objects.filter(slug="george-russell").update(name=formula)
        api = client.get(V1 + "drivers/?format=csv")
        names = {row["name"] for row in table(api)}
        assert f"'{formula}" in names and formula not in names
        page = client.get("/compare.csv?names=george-russell,charles-leclerc")
        assert f"'{formula}" in page.content.decode()


def test_the_tables_are_listed_with_their_columns(cast: Cast, client: Client) -> None:
    told = client.get(V1 + "exports/").json()
    assert [one["name"] for one in told["tables"]] == list(exports.TABLES)
    for one in told["tables"]:
        names = [column["name"] for column in one["columns"]]
        assert len({*names}) == len(names), one["name"]
        assert "id" not in names
        kinds = {column["kind"] for column in one["columns"]}
        assert kinds <= {"text", *(word for _, word, _ in exports.KINDS)}


def test_three_formats_say_the_same(analyst: Client) -> None:
    for name in exports.TABLES:
        compare(analyst, name)


def compare(analyst: Client, name: str) -> None:
    address = f"{V1}exports/{name}/"
    rows = [
        json.loads(line)
        for line in body(analyst.get(f"{address}?format=jsonl")).splitlines()
    ]
    text = io.StringIO(body(analyst.get(f"{address}?format=csv")).decode(), newline="")
    lines = list(csv.DictReader(text))
    frame = pl.read_parquet(body(analyst.get(f"{address}?format=parquet")))
    columns = [column.name for column in exports.TABLES[name].columns]
    model = exports.TABLES[name].model
    assert len(rows) == len(lines) == frame.height == model._default_manager.count()
    assert frame.columns == columns
    for row, line, stored in zip(rows, lines, frame.to_dicts(), strict=True):
        assert list(row) == list(line) == columns
        for column in exports.TABLES[name].columns:
            value = row[column.name]
            assert (value is None) == (stored[column.name] is None)
            if column.kind in ("integer", "number", "boolean", "list"):
                assert stored[column.name] == value
            if column.kind in ("text", "integer"):
                assert line[column.name] == ("" if value is None else str(value))


def test_a_table_is_in_natural_keys(analyst: Client, cast: Cast) -> None:
    answer = analyst.get(f"{V1}exports/results/?format=jsonl")
    first = json.loads(body(answer).splitlines()[0])
    assert (first["season"], first["round"], first["grand_prix"]) == (
        2024,
        22,
        "las-vegas",
    )
    assert (first["driver"], first["team"]) == ("george-russell", "mercedes")
    assert first["points"] == 25.0
    assert answer["Content-Disposition"] == 'attachment; filename="results.jsonl"'
    assert "private" in answer["Cache-Control"]


def test_memory_is_bounded(
    analyst: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are held by the chunk; in Parquet, too, none is lost between chunks."""
    monkeypatch.setattr(exports, "CHUNK", 3)
    frame = pl.read_parquet(body(analyst.get(f"{V1}exports/results/?format=parquet")))
    assert frame["driver"].to_list() == [
        row.driver.slug
        for row in RaceResult.objects.order_by("race_id", "display_order")
    ]


def test_only_analysts_take_tables_along(cast: Cast, client: Client) -> None:
    address = f"{V1}exports/results/"
    anonymous = client.get(address)
    assert anonymous.status_code in (401, 403)
    assert anonymous.json()["code"] == "not_authenticated"
    viewer = User.objects.create_user("viewer@example.org")
    roles.give(viewer, roles.VIEWER)
    client.force_login(viewer)
    refused = client.get(address)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


def test_nothing_else_is_a_table(analyst: Client) -> None:
    for name in ("users", "..%2f..%2fetc%2fpasswd", "....", "results.csv", "%00"):
        answer = analyst.get(f"{V1}exports/{name}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
