"""The status page: what was kept of each promise, and what nobody measured."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.http import HttpResponse
from django.test import Client, RequestFactory

from f1site.base import signs
from f1site.base.work import QUEUES
from f1site.models import ServiceSample
from f1site.monitoring import traffic
from f1site.monitoring.levels import Share
from f1site.monitoring.pages import share_text
from ingestion.models import ResultVersion, SourceFetch
from predictions.tests import api_cast

NOW = datetime(2024, 11, 24, 20, tzinfo=UTC)
#: Samples are written and read over a connection of their own; each such test costs the
#: emptying of all tables.
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    traffic._counted.clear()
    yield
    traffic._counted.clear()


def read(client: Client) -> str:
    """The words of the page, in one line."""
    answer = client.get("/status/")
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(unescape(text).split())


@committed
def test_each_window_has_its_own_figures_and_none_where_nobody_measured(
    client: Client,
) -> None:
    signs.note_worker(QUEUES)
    signs.note(signs.BEAT)
    said = read(client)

    assert said.count("not measured no requests") == 3
    assert said.count("not measured no races") == 3
    assert said.count(": not measured") == 30  # days
    assert "Everything is at work." in said

    cache.delete(signs.name(signs.WORKER))
    slot = traffic.slot_now()
    for days, failed in ((0, 0), (3, 1), (20, 9)):
        ServiceSample.objects.create(
            slot=slot - timedelta(days=days),
            n_requests=1000,
            n_failed=failed,
            n_api=100,
            n_api_fast=96 if days < 20 else 60,
        )

    said = read(client)

    assert "100 % n = 1,000 99.95 % n = 2,000 99.66 % missed" in said
    assert "96 % n = 100 96 % n = 200 84 % missed n = 300" in said
    assert "9 of 1,000 answers failed" in said
    # Twenty days, three stretches: most of the time nobody was at work.
    assert "0.05 % missed n = 5,761" in said
    assert "Not all is at work: background work no sign of life yet." in said


@committed
def test_results_and_winners_are_held_against_the_clock(
    client: Client, settings: Any
) -> None:
    cast = api_cast.make()
    race = cast.vegas
    race.starts_at = datetime(2024, 11, 24, 6, tzinfo=UTC)
    race.save()
    SourceFetch.objects.create(source="live", location="x")
    SourceFetch.objects.update(started_at=NOW - timedelta(days=9))
    race.sessions.all().delete()
    versions = ResultVersion.objects.filter(race=race, kind="race")
    api_cast.score(api_cast.issue(cast, race))
    settings.F1_NOW = NOW

    versions.update(known_at=race.starts_at + timedelta(hours=3))
    in_time = read(client)
    versions.update(known_at=race.starts_at + timedelta(hours=9))
    late = read(client)

    assert "all of them 100 % n = 1 100 % n = 1 100 % n = 1" in in_time
    assert "all of them 0 % missed n = 1" in late
    assert "70 of 100 at least 100 % n = 1" in late


def answer(status: int) -> None:
    counted = traffic.count_requests(lambda request: HttpResponse(status=status))
    counted(RequestFactory().get("/api/v1/"))


@committed
def test_what_is_answered_is_written_to_its_stretch_of_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what was answered while the database was away; and not for ever."""
    old = traffic.slot_now() - traffic.KEEP - timedelta(hours=1)
    ServiceSample.objects.create(slot=old)
    for path in ("/no-such-page/", "/api/v1/seasons/", "/health/live", "/metrics"):
        client.get(path)

    assert traffic.write()

    (sample,) = ServiceSample.objects.all()
    assert (sample.n_requests, sample.n_failed, sample.n_api) == (2, 0, 1)

    for status in (200, 404, 500, 503):
        answer(status)
    there = connection.get_connection_params()
    nowhere = {**there, "port": 1, "host": "::1"}
    with monkeypatch.context() as patch:
        patch.setattr(connection, "get_connection_params", lambda: nowhere)
        assert not traffic.write()
    answer(500)
    assert traffic.write()

    sums = Sum("n_requests"), Sum("n_failed"), Sum("n_api")
    told = ServiceSample.objects.aggregate(*sums)
    assert list(told.values()) == [7, 3, 6]


def test_a_sample_cannot_tell_of_more_faults_than_answers(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceSample.objects.create(slot=NOW, n_requests=1, n_failed=2)


@pytest.mark.parametrize(
    ("good", "of", "text"),
    [(0, 0, "not measured"), (99_999, 100_000, "99.99"), (1, 1, "100"), (0, 3, "0")],
)
def test_a_share_is_never_rounded_up(good: int, of: int, text: str) -> None:
    assert share_text(Share(good, of)).removesuffix("\u202f%") == text
