"""What ends badly in a worker is tried again, and not for ever."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery.exceptions import TimeLimitExceeded
from django.conf import settings as site

from f1site.base import deaths, outbox
from f1site.base.models import JobRun, Message
from f1site.testing.serving import celery_worker
from f1site.tests import deadly
from predictions.spread import workers_answer

PATIENCE_S = 60


@pytest.fixture
def queue(transactional_db: None) -> Iterator[Any]:
    """The Redis of a worker that knows deadly tasks."""
    with redis.Redis.from_url(site.REDIS_URL) as client:
        client.flushdb()
        with celery_worker("--include", deadly.__name__, "--concurrency", "3"):
            yield client
        client.flushdb()


def runs(name: str) -> list[JobRun]:
    return list(JobRun.objects.filter(name=name).order_by("pk"))


def outcomes(name: str) -> list[str]:
    return [run.outcome for run in runs(name)]


def wait_for(name: str, outcome: str) -> list[JobRun]:
    deadline = time.monotonic() + PATIENCE_S
    while not any(run.outcome == outcome for run in runs(name)):
        assert time.monotonic() < deadline, runs(name)
        time.sleep(0.05)
    return runs(name)


def is_empty(queue: Any) -> bool:
    """Whether nothing waits, is held or comes again."""
    time.sleep(1)  # as long as a message that is given back needs to come again
    return not (queue.llen("default") or queue.hlen("unacked"))


def test_what_kills_its_process_each_time_fails_and_what_does_so_twice_is_done(
    queue: Any,
) -> None:
    always = outbox.send(deadly.die, "always", 100)
    twice = outbox.send(deadly.die, "twice", 2)
    deadly.die.apply_async(["without a message", 100])
    for name in ("always", "without a message"):
        last = wait_for(name, "failed")[-1]
        assert outcomes(name) == ["lost", "lost", "failed"]
        assert "killed 3 times" in last.error
    wait_for("twice", "done")
    assert outcomes("twice") == ["lost", "lost", "done"]
    assert is_empty(queue)
    for message, error in ((always, "GivenUpError: Its process"), (twice, "")):
        message.refresh_from_db()
        assert message.settled_at
        assert message.error[:25] == error
    assert JobRun.objects.count() == 9


def test_what_does_not_stop_at_its_limit_fails_and_says_so(queue: Any) -> None:
    message = Message.objects.create(task=deadly.hang.name)
    limits = {"soft_time_limit": 1, "time_limit": 2}
    deadly.hang.apply_async(task_id=str(message.pk), **limits)
    (run,) = wait_for("hang", "failed")
    assert "longer than 2 s" in run.error
    message.refresh_from_db()
    assert message.settled_at
    assert "longer than 2 s" in message.error
    assert is_empty(queue)
    assert len(runs("hang")) == 1


def test_what_finds_no_memory_fails_and_leaves_its_worker_alive(queue: Any) -> None:
    deadly.devour.apply_async()
    (run,) = wait_for("devour", "failed")
    assert "MemoryError" in run.error
    assert is_empty(queue)
    assert len(runs("devour")) == 1
    assert workers_answer()


def test_to_be_asked_to_stop_is_no_death(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMAP_SIGTERM", "SIGQUIT")
    with celery_worker("--include", deadly.__name__) as worker:
        sent = deadly.hang.apply_async()
        wait_for("hang", "running")
        os.kill(worker, signal.SIGTERM)
        wait_for("hang", "lost")
        time.sleep(1)
    for _ in range(deaths.MOST):
        deaths.begin(sent.id)
    with pytest.raises(deaths.GivenUpError):
        deaths.begin(sent.id)


def test_the_process_that_minds_the_others_asks_no_database() -> None:
    """Celery tells a task there that it was killed; a query here is an error."""
    deadly.hang.on_failure(TimeLimitExceeded(2), str(uuid4()), (), {}, None)
