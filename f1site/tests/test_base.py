"""The foundation: clock, job ledger, locks, cache."""

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches
from django.db import InterfaceError, OperationalError, connection
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
def test_who_meets_another_at_work_does_not_wait() -> None:
    seen: list[bool] = []

    def second() -> None:
        with jobs.claimed("gate") as is_ours:
            seen.append(is_ours)
        connection.close()

    with jobs.claimed("gate") as is_ours:
        assert is_ours
        run_apart(second)
    run_apart(second)
    assert seen == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_gives_its_claim_back() -> None:
    seen: list[bool] = []

    def dies() -> None:
        with (
            contextlib.suppress(OperationalError, InterfaceError),
            jobs.claimed("gate"),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close()

    def looks() -> None:
        with jobs.claimed("gate") as is_ours:
            seen.append(is_ours)
        connection.close()

    run_apart(dies)
    run_apart(looks)
    assert seen == [True]


def run_apart(work: Callable[[], None]) -> None:
    """In a thread, with a connection of its own."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


SLOT = datetime(2025, 3, 15, 6, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_a_turn_of_the_schedule_is_taken_once() -> None:
    def takes(slot: datetime) -> bool:
        with jobs.scheduled("count sheep", slot) as run:
            return run is not None

    assert takes(SLOT)
    assert not takes(SLOT)
    assert not takes(SLOT - timedelta(minutes=10))  # the clock was set back
    assert takes(SLOT + timedelta(minutes=10))
    assert JobRun.objects.count() == 2


@pytest.mark.django_db
def test_a_turn_that_failed_or_was_killed_is_taken_again() -> None:
    with pytest.raises(ValueError, match="wool"), jobs.scheduled("sheep", SLOT):
        raise ValueError("no wool")
    JobRun.objects.update(outcome=JobRun.Outcome.RUNNING)
    with jobs.scheduled("sheep", SLOT) as run:
        assert run is not None
    run = JobRun.objects.get()
    assert (run.outcome, run.error) == ("done", "")


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2025-03-30 01:59:59", "2025-03-29 02:00"),
        ("2025-03-30 02:00:00", "2025-03-30 02:00"),
        ("2025-03-30 23:59:59", "2025-03-30 02:00"),
    ],
)
def test_a_day_of_the_schedule_begins_with_its_hour(now: str, slot: str) -> None:
    at = datetime.fromisoformat(f"{now}+00:00")
    found = jobs.slot_of(timedelta(days=1), since=timedelta(hours=2), now=at)
    assert found == datetime.fromisoformat(f"{slot}+00:00")


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


@pytest.mark.django_db
def test_entries_of_an_earlier_release_call_what_they_call_now() -> None:
    from django_celery_beat.models import PeriodicTask

    schedule.install()
    name, old = next(iter(schedule.FORMERLY.items()))
    entries = PeriodicTask.objects.filter(name=name)
    entries.update(task=old, enabled=False, expire_seconds=7)
    schedule.install()
    entry = entries.get()
    assert (entry.task, entry.enabled, entry.expire_seconds) == (
        schedule.ENTRIES[name][0],
        False,
        7,
    )
    entries.update(task="an.operator.put.it.there")
    schedule.install()
    assert entries.get().task == "an.operator.put.it.there"


def test_every_entry_calls_a_task_that_there_is() -> None:
    from f1site.celery import app

    app.loader.import_default_modules()
    assert {task for task, *_ in schedule.ENTRIES.values()} <= set(app.tasks)
