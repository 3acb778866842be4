"""The status page: what was kept of each promise, and what nobody measured."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory

from f1site import health
from f1site.models import ServiceSample
from f1site.monitoring import traffic
from f1site.monitoring.levels import Share
from f1site.monitoring.pages import share_text
from ingestion.models import ResultVersion, SourceFetch
from predictions.tests import api_cast

NOW = datetime(2024, 11, 24, 20, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


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


def test_where_nobody_measured_no_figure_stands(client: Client) -> None:
    said = read(client)

    assert said.count("not measured no requests") == 3
    assert said.count("not measured no races") == 3
    assert said.count(": not measured") == 30  # days


def test_each_window_has_its_own_figures(client: Client) -> None:
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
    assert re.search(r"0.05 % missed n = 5,761", said)


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


def test_what_is_answered_is_written_to_its_stretch_of_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/")
    client.get("/api/v1/seasons/")
    client.get("/health")
    client.get("/metrics")

    assert traffic.write()
    client.get("/no-such-page/")
    assert traffic.write()

    (sample,) = ServiceSample.objects.all()
    assert (sample.n_requests, sample.n_failed) == (3, 0)
    assert (sample.n_api, sample.n_api_fast <= 1) == (1, True)


def failing(status: int) -> None:
    from django.http import HttpResponse

    answer = traffic.count_requests(lambda request: HttpResponse(status=status))
    answer(RequestFactory().get("/api/v1/"))


def test_faults_are_counted_and_kept_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for status in (200, 404, 500, 503):
        failing(status)
    there = connection.get_connection_params()
    monkeypatch.setattr(
        connection, "get_connection_params", lambda: {**there, "port": 1, "host": "::1"}
    )
    assert not traffic.write()
    monkeypatch.undo()
    failing(500)
    assert traffic.write()

    sample = ServiceSample.objects.get()
    assert (sample.n_requests, sample.n_failed, sample.n_api) == (5, 3, 5)


def test_samples_do_not_pile_up_and_cannot_lie() -> None:
    old = traffic.slot_now() - traffic.KEEP - timedelta(hours=1)
    ServiceSample.objects.create(slot=old)

    assert traffic.write()

    assert not ServiceSample.objects.filter(slot=old).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceSample.objects.create(slot=old, n_requests=1, n_failed=2)


def test_a_worker_that_is_silent_is_said_first(client: Client) -> None:
    health.note_worker()
    assert "Everything is at work." in read(client)
    cache.delete(health.WORKER_BEAT)

    assert "Not all is at work: background work no sign of life yet." in read(client)


@pytest.mark.parametrize(
    ("good", "of", "text"),
    [(0, 0, "not measured"), (99_999, 100_000, "99.99"), (1, 1, "100"), (0, 3, "0")],
)
def test_a_share_is_never_rounded_up(good: int, of: int, text: str) -> None:
    assert share_text(Share(good, of)).removesuffix("\u202f%") == text
