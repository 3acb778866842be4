"""Locks and the ledger of long work."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from f1site.base import clock
from f1site.base.models import JobRun


def _lock_key(name: str) -> int:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Open a transaction that is the only one of this name; others wait.

    The lock lives in Postgres and ends with the transaction, so that a killed
    process leaves nothing behind.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_key(name)])
        yield


@contextmanager
def claimed(name: str) -> Iterator[bool]:
    """Try to be the only one of this name; whether that is so. Nobody waits.

    The lock ends with the block, and at last with the connection: a killed process
    leaves nothing behind.
    """
    key = [_lock_key(name)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", key)
        (is_ours,) = cursor.fetchone() or (False,)
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", key)


def slot_of(
    every: timedelta,
    *,
    since: timedelta = timedelta(0),
    now: datetime | None = None,
) -> datetime:
    """The turn of a schedule that it is: the last full ``every`` after midnight.

    ``since`` is the time of its first turn. By the real clock, as beat: that goes on
    where F1_NOW has stopped the clock of the site.
    """
    at = (now or datetime.now(UTC)) - since
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // every * every + since


def is_done(name: str, slot: datetime) -> bool:
    done = JobRun.objects.filter(name=name, outcome=JobRun.Outcome.DONE)
    return done.filter(slot__gte=slot).exists()


@contextmanager
def scheduled(name: str, slot: datetime) -> Iterator[JobRun | None]:
    """The run of a turn of the schedule; None where it is done, or under way elsewhere.

    Two beats, a clock that jumps and a message that comes twice do no work twice. A
    turn that failed, or whose process was killed, can be taken again. A later one that
    is done counts for all before it.
    """
    with claimed(f"job {name}") as is_ours:
        if not is_ours or is_done(name, slot):
            yield None
            return
        with recorded(name, slot) as run:
            yield run


@contextmanager
def recorded(name: str, slot: datetime | None = None) -> Iterator[JobRun]:
    """Write a row of the job ledger around a piece of work."""
    run = _begun(name, slot)
    try:
        yield run
    except BaseException as error:
        run.finish(JobRun.Outcome.FAILED, error=f"{type(error).__name__}: {error}")
        raise
    run.finish(JobRun.Outcome.DONE)


def _begun(name: str, slot: datetime | None) -> JobRun:
    """A new row; a turn that is taken again keeps its own."""
    fresh: dict[str, Any] = {"started_at": clock.now(), "finished_at": None}
    fresh |= {"outcome": JobRun.Outcome.RUNNING, "error": "", "counts": {}}
    if slot is None:
        return JobRun.objects.create(name=name, **fresh)
    run, _ = JobRun.objects.update_or_create(name=name, slot=slot, defaults=fresh)
    return run


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Be the only one of this name without a transaction; others wait.

    For work that waits for somebody else. The lock ends with the connection at last.
    """
    key = [_lock_key(name)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", key)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", key)
