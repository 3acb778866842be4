"""Health: what it says, and when the database is away."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.core.cache import cache
from django.db import connection
from django.test import Client

from f1site.base import signs
from f1site.base.work import QUEUES
from f1site.tests.conftest import free_port
from ingestion.models import SourceFetch

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def stalled_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        params = {"host": "127.0.0.1", "port": server.getsockname()[1]}
        monkeypatch.setattr(connection, "get_connection_params", lambda: params)
        yield


@pytest.fixture
def heartbeat() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    who = signs.WORKER, *map(signs.of_queue, QUEUES)
    cache.delete_many(map(signs.name, who))


def test_all_is_well(db: None, heartbeat: None, client: Client) -> None:
    signs.note_worker(QUEUES)

    answer = client.get("/health")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["checks"]["worker"]["status"]) == ("ok", "ok")
    assert set(body["checks"]) == {
        "database",
        "redis",
        "worker",
        "queues",
        "beat",
        "data",
        "forecast",
        "metrics",
    }


@pytest.mark.django_db(transaction=True)
def test_the_age_of_the_data_is_told(client: Client, settings: Any) -> None:
    settings.F1_NOW = NOW
    done = NOW - timedelta(hours=2)
    for outcome, finished in (("done", done), ("failed", NOW)):
        SourceFetch.objects.create(
            source="archive", location="x", outcome=outcome, finished_at=finished
        )

    data = client.get("/health").json()["checks"]["data"]

    assert data == {
        "status": "ok",
        "fetched_at": "2025-03-10T10:00:00+00:00",
        "age_s": 7200,
    }


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_a_database_that_is_down(path: str, no_database: None, client: Client) -> None:
    answer = client.get(path)

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["status"] == "down"
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_a_database_that_stalls_is_noticed_in_time(
    path: str, stalled_database: None, client: Client
) -> None:
    started = time.monotonic()

    assert client.get(path).status_code == 503
    assert time.monotonic() - started < 2


def test_the_process_lives_without_a_database(
    no_database: None, client: Client
) -> None:
    assert client.get("/health/live").json()["status"] == "ok"


def test_a_lost_redis_is_no_outage(
    db: None, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

    answer = client.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["redis"]["status"] == "down"


def test_a_silent_worker_is_told(db: None, heartbeat: None, client: Client) -> None:
    cache.set(signs.name(signs.WORKER), time.time() - 300, 60)

    body = client.get("/health").json()

    assert (body["status"], body["checks"]["worker"]["status"]) == (
        "degraded",
        "silent",
    )


@pytest.fixture
def worker_of_default(tmp_path: Path, settings: Any) -> Iterator[None]:
    """A real worker that was told to serve one of the two queues."""
    settings.WORKER_SIGN_FILE = str(tmp_path / "sign")
    queues = current_app.amqp.queues
    options: Any = {"perform_ping_check": False, "without_heartbeat": False}
    try:
        with start_worker(current_app, pool="solo", queues=["default"], **options):
            yield
    finally:
        queues._consume_from = None  # type: ignore[attr-defined]  # all of them again


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_nobody_serves_is_named(
    heartbeat: None, client: Client, worker_of_default: None, tmp_path: Path
) -> None:
    deadline = time.monotonic() + 30
    while client.get("/health").json()["checks"]["worker"]["status"] != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert (tmp_path / "sign").exists()  # what looks after its container asks for
    for path in ("/health", "/health/ready"):
        answer = client.get(path)
        queues = answer.json()["checks"]["queues"]
        assert answer.status_code == 200
        assert queues == {"status": "unserved", "unserved": ["long"]}
    assert client.get("/health").json()["status"] == "degraded"
    metrics = client.get("/metrics").content.decode()
    assert 'f1_queue_served{queue="default"} 1.0' in metrics
    assert 'f1_queue_served{queue="long"} 0.0' in metrics
    assert "queues not served: long" in client.get("/status/").content.decode()

    signs.note_worker(["long"])

    assert client.get("/health").json()["checks"]["queues"]["status"] == "ok"
    cache.set(signs.name(signs.of_queue("long")), time.time() - 300, 60)
    assert client.get("/health").json()["checks"]["queues"]["unserved"] == ["long"]


def test_of_workers_that_never_were_no_queue_is_told(
    db: None, heartbeat: None, client: Client
) -> None:
    body = client.get("/health").json()

    assert body["checks"]["queues"] == {"status": "unknown", "unserved": []}
    assert body["status"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_ready_means_migrated(client: Client) -> None:
    assert client.get("/health/ready").json()["status"] == "ok"

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        answer = client.get("/health/ready")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('sessions', '0001_initial', now())"
            )

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"]["missing"] == ["sessions.0001_initial"]


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_health_is_never_cached_and_only_read(
    path: str, db: None, client: Client
) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
    assert client.post(path).status_code == 405


def test_health_gives_no_secret_away(
    no_database: None, client: Client, settings: Any
) -> None:
    text = client.get("/health").content.decode()

    for secret in (settings.SECRET_KEY, settings.REDIS_URL, "127.0.0.1", "Error"):
        assert secret not in text


@pytest.mark.django_db(transaction=True)
def test_an_import_under_way_makes_no_data_younger(
    client: Client, settings: Any
) -> None:
    settings.F1_NOW = NOW
    fetch = {"source": "live", "location": "x"}
    done = NOW - timedelta(hours=2)
    SourceFetch.objects.create(**fetch, outcome="done", finished_at=done)
    SourceFetch.objects.create(**fetch, started_at=NOW)

    assert client.get("/health").json()["checks"]["data"]["age_s"] == 7200
