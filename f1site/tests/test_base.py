"""The foundation: clock, job ledger, locks, cache."""

import threading
from datetime import UTC, datetime

import pytest
from django.core.cache import caches
from django.db import connection
from pytest_django.fixtures import Settings

from f1site import schedule
from f1site.base import clock, jobs
from f1site.base.cache import FailOpenRedisCache
from f1site.base.models import JobRun


def test_the_clock_stops_at_the_moment_of_the_setting(
    settings: Settings,
) -> None:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    assert clock.now() == datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_a_job_leaves_a_row() -> None:
    with jobs.recorded("count sheep") as run:
        run.counts = {"sheep": 3}
    run.refresh_from_db()
    assert (run.outcome, run.counts, run.error) == ("done", {"sheep": 3}, "")


@pytest.mark.django_db
def test_a_failed_job_says_why() -> None:
    with pytest.raises(ValueError, match="no wool"), jobs.recorded("count sheep"):
        raise ValueError("no wool")
    run = JobRun.objects.get()
    assert (run.outcome, run.error) == ("failed", "ValueError: no wool")
    assert run.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_one_holder_of_a_name_at_a_time() -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait()
        with jobs.exclusive("gate"):
            order.append("second")
        connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with jobs.exclusive("gate"):
        inside.set()
        thread.join(timeout=0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_the_cache_misses_when_redis_is_away() -> None:
    away = FailOpenRedisCache("unix:///nowhere/redis.sock", {})
    assert away.get("key", 7) == 7
    assert away.get_many(["key"]) == {}
    away.set("key", 1)
    assert away.add("key", 1) is True
    assert away.incr("key") == 1
    assert away.delete("key") is False


def test_the_cache_keeps_when_redis_is_there() -> None:
    cache = caches["default"]
    cache.set("f1:test", 42)
    assert cache.get("f1:test") == 42
    cache.delete("f1:test")
    assert cache.get("f1:test") is None


@pytest.mark.django_db
def test_the_schedule_is_installed_once_and_left_alone() -> None:
    from django_celery_beat.models import PeriodicTask

    assert schedule.install() == len(schedule.ENTRIES)
    PeriodicTask.objects.update(enabled=False)
    assert schedule.install() == 0
    assert not PeriodicTask.objects.filter(enabled=True).exists()
