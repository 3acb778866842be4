"""The figures of the workers, on a port of their own."""

import logging
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from celery.signals import worker_process_shutdown, worker_ready

from f1site.base import metrics
from f1site.monitoring import figures
from f1site.tests.conftest import free_port

TOKEN = "a-token-of-prometheus-with-32-characters-or-more"


def ask(port: int, path: str = "/metrics", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(caplog: pytest.LogCaptureFixture, words: str) -> str:
    """The message with these words; it comes from a thread."""
    for _ in range(1000):
        for message in list(caplog.messages):
            if words in message:
                return message
        time.sleep(0.01)
    raise AssertionError(f"nobody said {words!r}: {caplog.messages}")


def test_a_worker_that_is_ready_serves_its_figures(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings.WORKER_METRICS_PORT = port = free_port()
    metrics.track_prediction_generated("elo", "sprint", success=True)

    worker_ready.send(sender=None)
    wait_for(caplog, "are on port")

    status, text = ask(port)
    assert (status, "f1_predictions_generated_total{" in text) == (200, True)
    assert ask(port, "/")[0] == 404
    settings.METRICS_TOKEN, settings.METRICS_FROM = TOKEN, []
    assert ask(port)[0] == 403
    assert ask(port, Authorization=f"Bearer {TOKEN}")[0] == 200
    assert ask(port, **{"Authorization": TOKEN, "X-Forwarded-For": "::1"})[0] == 403

    caplog.clear()
    worker_ready.send(sender=None)  # another one, which finds the port taken

    warning = wait_for(caplog, "are not served")
    assert str(port) in warning
    assert "WORKER_METRICS_PORT" in warning


def test_of_two_workers_of_a_machine_one_serves_until_it_ends(
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv(figures.FOLDER, str(tmp_path))
    settings.WORKER_METRICS_PORT = port = free_port()

    with figures.turn_to_serve():  # as another worker would
        worker_ready.send(sender=None)
        with pytest.raises(urllib.error.URLError):
            ask(port)

    wait_for(caplog, "are on port")
    assert ask(port)[0] == 200


@pytest.mark.parametrize("name", ["ENABLE_METRICS", "WORKER_METRICS_PORT"])
def test_a_worker_need_not_serve(
    name: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings.WORKER_METRICS_PORT = free_port()
    setattr(settings, name, 0)

    worker_ready.send(sender=None)

    assert caplog.messages == []


def test_a_child_that_ends_takes_its_live_figures_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(figures.FOLDER, str(tmp_path))
    kept, gone = tmp_path / "counter_7.db", tmp_path / "gauge_livesum_7.db"
    for path in (kept, gone):
        path.touch()

    worker_process_shutdown.send(sender=None, pid=7, exitcode=0)

    assert [path.exists() for path in (kept, gone)] == [True, False]
