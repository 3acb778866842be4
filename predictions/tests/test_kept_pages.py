"""Pages that were drawn before: shown again while the data are the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import User
from f1site.base import changes, clock, kept
from ingestion.models import Driver, GridSlot, Race
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

SWAP = {"HX-Request": "true"}
#: Written by the machine about its own work: no page but /data/ shows them.
UNWATCHED = {
    "base_datachange",
    "base_message",
    "base_trouble",  # shown in the admin and by mail
    "base_jobrun",  # a walk along the chain, shown on the track record, says so
    "f1site_servicesample",  # shown on /status/ alone, which is drawn each time
    "driver_rankings",  # a view: whoever refreshes it says so
    "ingestion_provenance",
    "ingestion_rawpayload",
    "ingestion_sourcefetch",
    "ingestion_sourcerequest",
    "predictions_backtestchunk",
    "predictions_forecastinputs",
}


def said(answer: Any) -> dict[str, str]:
    """The headers, but for the id that each answer has of its own."""
    return {name: text for name, text in answer.items() if name != "X-Request-ID"}


@pytest.fixture
def cast(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    settings.PAGE_CACHE_S = 300
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.0)
    made = api_cast.make()
    with connection.cursor() as cursor:  # as if it were committed
        cursor.execute("SELECT set_config('f1.change_noted', '', true)")
    return made


@pytest.mark.parametrize(
    "path", ["/", "/ratings/", "/races/2024/22/", "/drivers/charles-leclerc/"]
)
def test_a_page_is_drawn_once_and_is_the_same_text_again(
    path: str,
    cast: Cast,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first = client.get(path)
    with django_assert_num_queries(1):  # for the version
        again = client.get(path)
    assert again.content == first.content
    assert said(again) == said(first)
    signed_in = _reader(client)
    signed_in.get(path)
    with django_assert_num_queries(4):  # session, reader, and twice the version
        signed_in.get(path)


def test_parameters_that_no_view_reads_make_no_other_page(
    cast: Cast, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page = client.get("/ratings/?kind=team&session=race")
    with django_assert_num_queries(3):  # for the version
        again = client.get("/ratings/?session=race&from=a-letter&kind=team")
    shown = [one.content.partition(b"<footer") for one in (page, again)]
    assert shown[0][0] == shown[1][0]  # the foot prints the address


def _rename_by_hand(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ingestion_driver SET name = 'Ada'")


@pytest.mark.parametrize(
    "change",
    [
        _rename_by_hand,
        lambda cast: Driver.objects.update(name="Ada"),
        lambda cast: Driver.objects.bulk_update(
            [Driver(pk=one.pk, name="Ada") for one in cast.drivers.values()], ["name"]
        ),
    ],
)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_a_change_is_on_the_page_at_once(
    change: Callable[[Cast], object], is_signed_in: bool, cast: Cast, client: Client
) -> None:
    reader = _reader(client) if is_signed_in else client
    for _ in range(2):
        assert b"Ada" not in reader.get("/drivers/").content
    change(cast)
    assert b"Ada" in reader.get("/drivers/").content


def test_what_readers_see_of_themselves_is_for_them_alone(
    cast: Cast, client: Client
) -> None:
    path = "/races/2024/22/"
    for _ in range(2):
        assert b"/admin/" in _reader(Client(), is_staff=True).get(path).content
        signed_in = _reader(Client(), time_zone="Asia/Tokyo").get(path).content.decode()
        assert "Asia/Tokyo" in signed_in
        assert "X-CSRFToken" in signed_in
        assert "/admin/" not in signed_in
        anybody = client.get(path).content.decode()
        for words in ("Asia/Tokyo", "X-CSRFToken", "/admin/", "Account"):
            assert words not in anybody


def test_the_part_and_the_page_are_kept_apart(cast: Cast, client: Client) -> None:
    for _ in range(2):
        assert b"<html" in client.get("/ratings/").content
        assert b"<html" not in client.get("/ratings/", headers=SWAP).content
        for name in ("HX-Request", "HX-History-Restore-Request"):
            said = {**(SWAP if "History" in name else {}), name: "false"}
            is_page = "History" not in name
            lied = client.get("/ratings/", headers=said)
            assert (b"<html" in lied.content) is is_page
        restored = SWAP | {"HX-History-Restore-Request": "true"}
        assert b"<html" in client.get("/ratings/", headers=restored).content
        packed = client.get("/ratings/", headers={"Accept-Encoding": "gzip"})
        assert packed["Content-Encoding"] == "gzip"
        other = client.get("/ratings/", headers={"Host": "localhost"})
        assert b"http://localhost/ratings/" in other.content


def test_a_reader_who_has_the_page_is_told_so(cast: Cast, client: Client) -> None:
    tag = client.get("/calendar/")["ETag"]
    for _ in range(2):
        again = client.get("/calendar/", headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert not again.content
    Race.objects.filter(pk=cast.melbourne.pk).update(name="Moved Grand Prix")
    assert client.get("/calendar/", headers={"If-None-Match": tag}).status_code == 200


def test_a_page_is_as_of_its_data_and_the_same_while_they_are(
    cast: Cast,
    client: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.F1_NOW = None
    before = client.get("/calendar/?season=2024")
    changed_at = changes.last_change()
    assert changed_at
    assert f"As of {changed_at:%-d %b %Y, %H:%M} UTC" in before.content.decode()
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    tag = {"If-None-Match": before["ETag"]}
    assert client.get("/calendar/?season=2024", headers=tag).status_code == 304


def test_without_redis_every_page_is_drawn(
    cast: Cast, client: Client, settings: Settings
) -> None:
    away = {**site.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock"}
    settings.CACHES = {"default": away}
    for _ in range(2):
        assert client.get("/").status_code == 200
        assert _reader(client).get("/").status_code == 200


def test_made_up_addresses_do_not_fill_the_memory(
    cast: Cast,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(kept, "MOST", 1)
    for n in range(3):
        assert client.get(f"/calendar/?made-up={n}").status_code == 200
    with django_assert_num_queries(1):
        client.get("/calendar/?made-up=0")
    with django_assert_num_queries(3):  # from its blocks
        client.get("/calendar/?made-up=2")


def test_every_table_is_watched_or_known_not_to_be(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, EXISTS (SELECT FROM pg_trigger t"
            " WHERE t.tgrelid = c.oid AND t.tgname = 'note_change')"
            " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
            " AND c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition"
            " AND c.relname ~ '^(base|f1site|ingestion|ratings|predictions|driver)_'"
        )
        tables = dict(cursor.fetchall())
    assert {name for name, is_watched in tables.items() if not is_watched} == UNWATCHED


def test_old_changes_are_added_up_and_the_version_stays(cast: Cast) -> None:
    GridSlot.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE base_datachange SET at = '2020-01-01T00:00Z'")
        changes.note()
        version = changes.data_version()
        assert changes.fold() > 0
        assert changes.data_version() == version
        cursor.execute("SELECT count(*) FROM base_datachange")
        assert cursor.fetchone() == (2,)


@pytest.mark.django_db(transaction=True)
def test_the_version_is_another_whoever_commits_first() -> None:
    url = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    where = {name: url[name] for name in names if url.get(name)}
    add = "INSERT INTO ingestion_season (year) VALUES (%s)"
    with psycopg.connect(**where) as slow, psycopg.connect(**where) as quick:
        versions = [changes.data_version()]
        slow.execute(add, [1950])
        quick.execute(add, [1951])
        versions.append(changes.data_version())
        quick.commit()
        versions.append(changes.data_version())
        slow.commit()
        versions.append(changes.data_version())
    before, uncommitted, *after = versions
    assert before == uncommitted
    assert len({before, *after}) == 3


def _reader(client: Client, **what: object) -> Client:
    reader, _ = User.objects.get_or_create(
        email=f"{len(what)}-{what.get('is_staff', 0):d}@example.org", defaults=what
    )
    client.force_login(reader)
    return client


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cast")
def test_a_page_waits_once_for_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def nowhere() -> dict[str, object]:
        asked.append(1)
        return {"host": "127.0.0.1", "port": 1, "dbname": "f1"}

    with monkeypatch.context() as away:
        away.setattr(connection, "get_connection_params", nowhere)
        connection.close()
        answer = Client(raise_request_exception=False).get("/ratings/")
    assert answer.status_code == 503
    assert "Content-Security-Policy" in answer.headers
    assert len(asked) == 1
