"""Metrics: what they say, to whom, and from how many processes."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from f1site.base import metrics, signs
from f1site.celery import app
from f1site.monitoring import figures
from ingestion.models import Provenance
from predictions.models import PredictionAccuracy
from predictions.tests import api_cast
from ratings.models import RatingChange

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
TOKEN = "a-token-of-prometheus-with-32-characters-or-more"
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def told(text: str) -> Figures:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client) -> Figures:
    return told(client.get("/metrics").content.decode())


def of(figures: Figures, name: str, **labels: str) -> float | None:
    return figures.get((name, frozenset(labels.items())))


def labels_of(figures: Figures, name: str, label: str) -> set[str]:
    return {dict(labels)[label] for found, labels in figures if found == name}


# --- what the database says -----------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_what_stands_in_the_database_is_told_as_it_is_now(
    client: Client, settings: Any
) -> None:
    settings.F1_NOW = NOW
    cast = api_cast.make()
    api_cast.score(api_cast.issue(cast, cast.vegas))
    Provenance.objects.all().delete()
    sheets = ("results", "qualifying_results qualifying", "weather", "races", "entries")
    for n, sheet in enumerate(sheets):
        moments = {"changed_at": NOW, "confirmed_at": NOW - timedelta(minutes=n)}
        Provenance.objects.create(
            race=cast.vegas, sheet=sheet, source="live", **moments
        )

    first = scrape(client)

    age = "f1_race_data_freshness_seconds"
    assert of(first, age, data_type="race_results") == 0
    assert of(first, age, data_type="calendar") == 180
    kinds = {"race_results", "qualifying", "weather", "calendar"}
    assert labels_of(first, age, "data_type") == kinds
    share = {"model_type": "lightgbm", "race_type": "grand_prix"}
    for frame in ("last_5_races", "season"):
        assert of(first, "f1_prediction_accuracy", **share, timeframe=frame) == 1
    drivers = labels_of(first, "f1_driver_elo_rating", "driver_code")
    assert drivers == set(
        RatingChange.objects.filter(
            race=cast.vegas, kind="race", driver__isnull=False
        ).values_list("driver__code", flat=True)
    )

    settings.F1_NOW = NOW + timedelta(hours=1)
    PredictionAccuracy.objects.update(winner_in_top3=False)
    gone = RatingChange.objects.filter(driver__code="RUS")
    assert gone.delete()[0]
    then = scrape(client)

    assert of(then, age, data_type="race_results") == 3600
    assert of(then, "f1_prediction_accuracy", **share, timeframe="season") == 0
    left = labels_of(then, "f1_driver_elo_rating", "driver_code")
    assert left == drivers - {"RUS"}


def test_without_a_database_the_rest_is_told(
    client: Client, settings: Any, db: None, no_database: None
) -> None:
    found = scrape(client)

    assert of(found, "f1_database_up") == 0
    assert "f1_prediction_accuracy" not in {name for name, _ in found}
    assert of(found, "f1_queue_length", queue=app.conf.task_default_queue) is not None


@pytest.fixture
def queue() -> Iterator[None]:
    with app.connection_or_acquire() as broker:
        broker.default_channel.queue_purge(app.conf.task_default_queue)
        yield
        broker.default_channel.queue_purge(app.conf.task_default_queue)


def test_a_task_that_waits_grows_older(db: None, client: Client, queue: None) -> None:
    app.send_task("nobody.knows.it")
    app.send_task("nobody.knows.it")
    time.sleep(0.01)

    found = scrape(client)

    assert of(found, "f1_queue_length", queue=app.conf.task_default_queue) == 2
    age = of(found, "f1_queue_oldest_age_seconds", queue=app.conf.task_default_queue)
    assert age and 0.01 <= age < 3600


def test_a_worker_that_is_silent_is_told(db: None, client: Client) -> None:
    cache.set(signs.name(signs.WORKER), time.time() - 300, 60)
    try:
        silence = of(scrape(client), "f1_worker_silence_seconds")
    finally:
        cache.delete(signs.name(signs.WORKER))
    assert silence and silence >= 300


# --- helpers --------------------------------------------------------------------
def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def inferences() -> float:
    name = "f1_ml_inference_duration_seconds_count"
    return counted(name, model_type="random_forest", stage="race_prediction")


def test_an_inference_is_measured_around_told_and_decorated() -> None:
    before = inferences()

    with metrics.track_ml_inference("random_forest", "race_prediction"):
        pass
    metrics.track_ml_inference("random_forest", "race_prediction", 0.25)

    @metrics.track_ml_inference("random_forest", "race_prediction")
    def infer() -> int:
        return 1

    assert (infer(), infer()) == (1, 1)
    assert inferences() == before + 4


def generated(outcome: str) -> float:
    labels = {"model_type": "random_forest", "race_type": "grand_prix"}
    return counted("f1_predictions_generated_total", **labels, success=outcome)


def test_a_forecast_is_counted_by_how_it_ended() -> None:
    track = metrics.track_prediction_generated
    before = generated("success"), generated("failure")

    track("random_forest", "grand_prix", success=True)
    with track("random_forest", "grand_prix", success=True):
        pass
    with track("random_forest", "grand_prix"):
        pass
    track("random_forest", "grand_prix", success=False)
    with pytest.raises(ZeroDivisionError), track("random_forest", "grand_prix"):
        _ = 1 / 0

    after = generated("success"), generated("failure")
    assert after == (before[0] + 3, before[1] + 2)


# --- bounds ---------------------------------------------------------------------
def test_what_callers_make_up_is_no_label(db: None, client: Client) -> None:
    marker = "m4de-up"
    client.get(f"/{marker}/")
    client.get(f"/drivers/{marker}/")
    client.get(f"/search/?q={marker}&{marker}=1")
    client.get("/", headers={"User-Agent": marker, "X-Forwarded-For": marker})
    client.generic(marker.upper(), "/")
    client.generic("GET", "/", headers={"X-Requested-With": marker})

    text = client.get("/metrics").content.decode()

    assert marker not in text.lower()
    view = "django_http_requests_latency_seconds_by_view_method_count"
    found = told(text)
    assert of(found, view, view="driver", method="GET")
    assert of(found, view, view="home", method="<invalid method>")


# --- doors ----------------------------------------------------------------------
def test_metrics_can_be_off(db: None, client: Client, settings: Any) -> None:
    settings.ENABLE_METRICS = False

    assert client.get("/metrics").status_code == 404


@pytest.fixture
def production(settings: Any) -> Any:
    settings.PRODUCTION = True
    settings.METRICS_TOKEN = ""
    return settings


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.1.2.3", {}, 403),
        ("192.168.1.1", {}, 403),
        ("8.8.8.8", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("8.8.8.8", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("8.8.8.8", {"Authorization": "Bearer "}, 403),
        ("8.8.8.8", {"Authorization": f"Bearer {TOKEN}"}, 403),
    ],
)
def test_in_production_nobody_is_told_but_this_machine(
    address: str,
    headers: dict[str, str],
    status: int,
    db: None,
    client: Client,
    production: Any,
) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=address, headers=headers)

    assert answer.status_code == status


def test_a_token_opens_from_anywhere_and_its_lack_from_nowhere(
    db: None, client: Client, production: Any
) -> None:
    production.METRICS_TOKEN = TOKEN
    production.METRICS_FROM = []

    def ask(words: str, address: str = "8.8.8.8") -> int:
        headers = {"Authorization": words} if words else {}
        return client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code

    assert ask(f"Bearer {TOKEN}") == 200
    refused = ("", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", "Bearer é")
    assert [ask(words) for words in refused] == [403] * len(refused)
    assert ask("", "127.0.0.1") == 403


def test_staff_see_the_metrics_from_anywhere(
    db: None, client: Client, production: Any
) -> None:
    client.force_login(User.objects.create_superuser("root@example.org"))

    assert client.get("/metrics", REMOTE_ADDR="8.8.8.8").status_code == 200


def test_prometheus_may_ask_by_any_name_but_readers_may_not(
    db: None, client: Client
) -> None:
    assert client.get("/metrics", HTTP_HOST="web:8000").status_code == 200
    assert client.get("/", HTTP_HOST="web:8000").status_code == 400


# --- several processes ----------------------------------------------------------
COUNT = """
import os, sys
from f1site.base import metrics
from prometheus_client import Gauge
gauge = Gauge("living", "a gauge", multiprocess_mode="livesum")
gauge.set(1)
metrics.track_prediction_generated("elo", "sprint", success=True)
metrics.track_ml_inference("elo", "race_prediction", 0.2)
if "stay" in sys.argv:
    print("ready", flush=True)
    sys.stdin.read()
"""
LABELS = {"model_type": "elo", "race_type": "sprint", "success": "success"}
PREDICTIONS = "f1_predictions_generated_total"
INFERENCES = "f1_ml_inference_duration_seconds"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(figures.FOLDER, str(tmp_path))
    return tmp_path


def test_of_several_processes_all_is_added_up_and_the_dead_are_settled(
    place: Path,
) -> None:
    """What the dead counted stays, in one file; their gauges go."""
    command = [sys.executable, "-c", COUNT]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    for _ in range(3):
        subprocess.check_call(command)
    with subprocess.Popen([*command, "stay"], **pipes) as living:
        assert living.stdout and living.stdout.readline() == b"ready\n"
        looks = [told(figures.text().decode()) for _ in range(6)]
        files = [
            path for path in place.glob("*.db") if str(living.pid) not in path.name
        ]
        living.communicate()
    looks.append(told(figures.text().decode()))

    inference = {"model_type": "elo", "stage": "race_prediction"}
    assert {of(look, PREDICTIONS, **LABELS) for look in looks} == {4}
    assert {of(look, f"{INFERENCES}_count", **inference) for look in looks} == {4}
    total = of(looks[-1], f"{INFERENCES}_sum", **inference)
    assert total == pytest.approx(0.8)
    bucket = of(looks[-1], f"{INFERENCES}_bucket", **inference, le="0.25")
    assert bucket == 4
    assert sorted(path.name for path in files) == ["counter_0.db", "histogram_0.db"]
    assert [of(look, "living") for look in (looks[0], looks[-1])] == [1, None]


def test_a_start_finds_nothing_of_an_earlier_one(place: Path) -> None:
    (place / "counter_7.db").write_bytes(b"old")
    (place / "folder").mkdir()

    assert list(figures.emptied(place).iterdir()) == []
    assert figures.emptied(place / "new").is_dir()


def test_a_short_token_does_not_start_in_production() -> None:
    environment = os.environ | {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "s" * 60,
        "JWT_SECRET_KEY": "j" * 64,
        "EMAIL_URL": "consolemail://",
        "TRUSTED_PROXIES": "0",
        "METRICS_TOKEN": "short",
    }
    found = subprocess.run(
        [sys.executable, "-c", "import f1site.settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search("METRICS_TOKEN is too short", found.stderr)
