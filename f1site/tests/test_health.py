"""Health and metrics: what they say, and when the database is away."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import User
from f1site import health
from ingestion.models import Provenance, SourceFetch
from ingestion.tests.factories import make_race

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
METRIC = "django_http_requests_before_middlewares_total"


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the database should be."""
    params = {"host": "127.0.0.1", "port": _free_port(), "dbname": "f1"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: params)


@pytest.fixture
def stalled_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        params = {"host": "127.0.0.1", "port": server.getsockname()[1]}
        monkeypatch.setattr(connection, "get_connection_params", lambda: params)
        yield


@pytest.fixture
def heartbeat() -> Iterator[None]:
    cache.delete(health.WORKER_BEAT)
    yield
    cache.delete(health.WORKER_BEAT)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_all_is_well(db: None, heartbeat: None, client: Client) -> None:
    health.note_worker()

    answer = client.get("/health")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["checks"]["worker"]["status"]) == ("ok", "ok")
    assert set(body["checks"]) == {
        "database",
        "redis",
        "worker",
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
    settings.REDIS_URL = f"redis://127.0.0.1:{_free_port()}/0"

    answer = client.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["redis"]["status"] == "down"


def test_a_silent_worker_is_told(db: None, heartbeat: None, client: Client) -> None:
    cache.set(health.WORKER_BEAT, time.time() - 300, 60)

    body = client.get("/health").json()

    assert (body["status"], body["checks"]["worker"]["status"]) == (
        "degraded",
        "silent",
    )


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


# --- metrics ------------------------------------------------------------------
def test_metrics_are_told(db: None, client: Client) -> None:
    answer = client.get("/metrics")

    assert answer["Content-Type"].startswith("text/plain")
    assert METRIC in answer.content.decode()


FRESHNESS = r'f1_race_data_freshness_seconds{data_type="(\w+)"} ([\d.]+)'


def ages(client: Client) -> dict[str, float]:
    found = re.findall(FRESHNESS, client.get("/metrics").content.decode())
    return {kind: float(age) for kind, age in found}


@pytest.mark.django_db(transaction=True)
def test_the_data_grows_older_between_two_looks(client: Client, settings: Any) -> None:
    race = make_race()
    sheets = ("results", "qualifying_results qualifying", "weather", "races", "entries")
    for n, sheet in enumerate(sheets):
        heard = NOW - timedelta(minutes=n)
        moments = {"changed_at": NOW - timedelta(days=9), "confirmed_at": heard}
        Provenance.objects.create(race=race, sheet=sheet, source="live", **moments)

    settings.F1_NOW = NOW
    assert ages(client) == {
        "race_results": 0,
        "qualifying": 60,
        "weather": 120,
        "calendar": 180,
    }
    settings.F1_NOW = NOW + timedelta(hours=1)
    assert ages(client)["race_results"] == 3600


def test_metrics_need_no_database(no_database: None, db: None, client: Client) -> None:
    assert client.get("/metrics").status_code == 200


def test_of_several_processes_the_newest_age_counts(tmp_path: Path) -> None:
    """A worker that looked long ago does not speak for the one that looks now."""
    looks = (
        "from f1site.base.metrics import race_data_freshness as age;"
        "age.labels('weather').set({});"
        "from prometheus_client import CollectorRegistry, generate_latest;"
        "from prometheus_client import multiprocess;"
        "registry = CollectorRegistry();"
        "multiprocess.MultiProcessCollector(registry);"
        "print(generate_latest(registry).decode())"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for seconds in ("7", "3600"):
        command = [sys.executable, "-c", looks.format(seconds)]
        shown = subprocess.check_output(command, env=env, text=True)

    assert re.findall(FRESHNESS, shown) == [("weather", "3600.0")]


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


def test_metrics_can_be_off(db: None, client: Client, settings: Any) -> None:
    settings.ENABLE_METRICS = False

    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("10.1.2.3", {}, 200),
        ("8.8.8.8", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 403),
    ],
)
def test_metrics_are_private_in_production(
    address: str,
    forwarded: dict[str, str],
    status: int,
    db: None,
    client: Client,
    settings: Any,
) -> None:
    settings.PRODUCTION = True

    answer = client.get("/metrics", REMOTE_ADDR=address, headers=forwarded)

    assert answer.status_code == status


def test_staff_see_the_metrics_from_anywhere(
    db: None, client: Client, settings: Any
) -> None:
    settings.PRODUCTION = True
    client.force_login(User.objects.create_superuser("root@example.org"))

    assert client.get("/metrics", REMOTE_ADDR="8.8.8.8").status_code == 200
