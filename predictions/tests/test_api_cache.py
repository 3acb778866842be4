"""Answers of the API that are kept, tagged by the data version, and dated."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils.http import http_date, parse_http_date
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import User
from f1site.base import changes, kept
from ingestion.models import Driver
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

RESULTS = "/api/v1/races/2024/22/results/"
CHANGED = datetime(2025, 1, 6, 9, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture
def cast(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    settings.PAGE_CACHE_S = 300
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.0)
    made = api_cast.make()
    _as_if_committed()
    return made


def _as_if_committed(at: datetime = CHANGED) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('f1.change_noted', '', true)")
        cursor.execute("UPDATE base_datachange SET at = %s", [at])


def rename(at: datetime) -> None:
    Driver.objects.filter(slug="george-russell").update(name="Ada")
    _as_if_committed(at)


def ask(client: Client, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(RESULTS, headers=named)


@pytest.fixture
def first(cast: Cast, client: Client) -> Any:
    return ask(client)


def test_an_answer_is_computed_once(
    first: Any, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):  # for the version
        again = ask(client)
    assert again.content == first.content
    assert {**again.headers}.items() >= {
        name: first[name]
        for name in ("ETag", "Last-Modified", "Cache-Control", "Vary", "X-Total-Count")
    }.items()


def test_whoever_has_it_costs_one_query(
    first: Any,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tag, moment = first["ETag"], first["Last-Modified"]
    assert parse_http_date(moment) == int(CHANGED.timestamp())
    for conditions in ({"If_None_Match": tag}, {"If_Modified_Since": moment}):
        with django_assert_num_queries(1):
            assert ask(client, **conditions).status_code == 304
    monkeypatch.setattr(kept, "find", lambda *_: None)  # as if it were forgotten
    with django_assert_num_queries(2):  # the version, and once more
        told = ask(client, If_None_Match=f'"other", W/{tag}')
    assert (told.status_code, told["ETag"], told.content) == (304, tag, b"")


def test_a_change_has_another_tag_and_date(first: Any, client: Client) -> None:
    rename(CHANGED + timedelta(seconds=1))
    tag, moment = first["ETag"], first["Last-Modified"]
    for conditions in ({"If_None_Match": tag}, {"If_Modified_Since": moment}):
        told = ask(client, **conditions)
        assert told.status_code == 200
        assert told.json()["results"][0]["driver_name"] == "Ada"
        assert told["ETag"] != tag
        assert parse_http_date(told["Last-Modified"]) > parse_http_date(moment)


def test_no_date_is_told_that_could_be_told_twice(cast: Cast, client: Client) -> None:
    """Within the second of a change there may be another."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE base_datachange SET at = clock_timestamp()")
    answer = ask(client)
    assert "Last-Modified" not in answer
    since = http_date(datetime.now(UTC).timestamp() + 60)
    assert ask(client, If_Modified_Since=since).status_code == 200


def test_formats_and_readers_are_kept_apart(first: Any, client: Client) -> None:
    for _ in range(2):
        assert ask(client).json()["count"] == 4
        table = ask(client, Accept="text/csv")
        assert table["Content-Type"].startswith("text/csv")
        page = ask(client, Accept="text/html")
        assert b"<html" in page.content
        assert "no-cache" in page["Cache-Control"]
        packed = ask(client, Accept_Encoding="gzip")
        assert packed["Content-Encoding"] == "gzip"
        tags = {one["ETag"] for one in (first, table, page, packed)}
        assert len(tags) == 4
    reader = Client()
    reader.force_login(User.objects.create_user("viewer@example.org"))
    assert "private" in ask(reader)["Cache-Control"]
    assert "Last-Modified" not in ask(reader)


def test_what_the_clock_moves_is_not_kept(
    cast: Cast, client: Client, settings: Settings
) -> None:
    path = "/api/v1/drivers/george-russell/"
    young = client.get(path)
    settings.F1_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
    old = client.get(path, headers={"If-None-Match": young["ETag"]})
    assert (old.status_code, old.json()["age"]) == (200, young.json()["age"] + 1)


@pytest.mark.parametrize("path", ["races/2025/1/", "races/?season=2025"])
def test_a_race_that_has_begun_is_told_at_once(
    path: str, cast: Cast, client: Client, settings: Settings
) -> None:
    before = client.get(f"/api/v1/{path}")
    settings.F1_NOW = datetime(2025, 3, 16, 12, tzinfo=UTC)
    after = client.get(f"/api/v1/{path}", headers={"If-None-Match": before["ETag"]})

    assert b'"is_future_race":true' in before.content
    assert b'"is_future_race":false' in after.content


@pytest.mark.django_db(transaction=True)
def test_no_date_is_told_while_somebody_writes() -> None:
    """What is written then bears a moment of then, and is seen later."""
    known = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    where = {name: known[name] for name in names if known.get(name)}
    changes.note()
    _as_if_committed()
    assert changes.look().changed_at == CHANGED
    with psycopg.connect(**where) as other:
        other.execute("INSERT INTO ingestion_season (year) VALUES (1950)")
        assert changes.look().changed_at is None
        other.rollback()
    assert changes.look().changed_at == CHANGED
