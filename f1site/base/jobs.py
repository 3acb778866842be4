"""Locks and the ledger of long work."""

import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import current_task
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Max, Min, Q
from django.db.models.functions import Now
from django_celery_beat.models import PeriodicTask
from psycopg.pq import TransactionStatus

from f1site.base import clock
from f1site.base.models import BEAT, KEYS, RUNS, SILENT, JobRun, Message

#: The night's work belongs to a day that begins at two o'clock, UTC; an hour later
#: what nobody began is missed.
DAY, NIGHT, GRACE = timedelta(days=1), timedelta(hours=2), timedelta(hours=1)
AGAIN = "what it did not finish is done again."
#: How long runs are kept; of each job of the schedule the last one that was done stays.
KEPT = timedelta(days=90)


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
            _unlock(key)


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


def night() -> datetime:
    """The turn of what is done once a night."""
    return slot_of(DAY, since=NIGHT)


def missed(tasks: Mapping[str, str]) -> list[str]:
    """Jobs of the night, to the names of their tasks, that nobody began, or that were
    lost, an hour after the time that the schedule has for them.

    One that never ran is none that was missed: a new site waits for its first night.
    Nor is one that an operator turned off, or that was sent for and waits.
    """
    due = _due_nights(tasks.values())
    waiting = Message.objects.filter(task__in=due, settled_at=None)
    for task in waiting.values_list("task", flat=True):
        due.pop(task, None)
    runs = JobRun.objects.filter(name__in=tasks, slot__isnull=False)
    not_lost = Max("slot", filter=~Q(outcome=JobRun.Outcome.LOST))
    last = runs.order_by().values_list("name").annotate(Min("slot"), begun=not_lost)
    return sorted(
        name
        for name, first, begun in last
        if (turn := due.get(tasks[name])) and first <= turn
        if begun is None or begun < turn
    )


def _due_nights(tasks: Collection[str]) -> dict[str, datetime]:
    """Task → the last night in which its time was up more than an hour ago."""
    tonight = night()
    entries = PeriodicTask.objects.filter(task__in=tasks, enabled=True)
    due = {}
    for entry in entries.select_related("crontab", "interval"):
        until = entry.schedule.remaining_estimate(tonight - timedelta(seconds=1))
        is_up = until + GRACE < timedelta()
        due[entry.task] = tonight if is_up else tonight - DAY
    return due


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
    """Write a row of the job ledger around a piece of work, with signs of life."""
    run = _begun(name, slot)
    try:
        with _beating(run):
            yield run
    except (SystemExit, KeyboardInterrupt):
        # Who took over may have told more meanwhile.
        running = JobRun.objects.filter(pk=run.pk, outcome=JobRun.Outcome.RUNNING)
        running.update(
            outcome=JobRun.Outcome.LOST,
            error=f"Its process was stopped; {AGAIN}",
            finished_at=clock.now(),
            counts=run.counts,
        )
        raise
    except BaseException as error:
        _leave_query()
        run.finish(JobRun.Outcome.FAILED, error=f"{type(error).__name__}: {error}")
        raise
    run.finish(JobRun.Outcome.DONE)


def idle(name: str) -> None:
    """Leave word that a job looked and found nothing to do: one row, kept anew."""
    at = clock.now()
    facts = {"started_at": at, "finished_at": at, "heartbeat_at": Now(), **_by_whom()}
    JobRun.objects.update_or_create(
        name=name, outcome=JobRun.Outcome.IDLE, defaults=facts
    )


def _begun(name: str, slot: datetime | None) -> JobRun:
    """A new row; a turn that is taken again keeps its own."""
    fresh: dict[str, Any] = {"started_at": clock.now(), "finished_at": None}
    fresh |= {"outcome": JobRun.Outcome.RUNNING, "error": "", "counts": {}}
    fresh |= {"heartbeat_at": datetime.now(UTC), **_by_whom()}
    if slot is not None:
        run, _ = JobRun.objects.update_or_create(name=name, slot=slot, defaults=fresh)
        return run
    if task_id := fresh["task_id"]:  # who had this message before was killed at it
        _lose(Q(name=name, task_id=task_id), silent_for=timedelta())
    return JobRun.objects.create(name=name, **fresh)


def _by_whom() -> dict[str, str]:
    request = current_task.request if current_task else None
    if request is None or not request.id:
        return {"task_id": "", "worker": ""}
    return {"task_id": request.id, "worker": request.hostname or ""}


@contextmanager
def _beating(run: JobRun) -> Iterator[None]:
    """Hold the lock of a run, which ends with its process, and touch its row."""
    key = [RUNS, run.pk % KEYS]
    over = threading.Event()
    beats = threading.Thread(target=_beat, args=(run.pk, over), daemon=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
    beats.start()
    try:
        yield
    finally:
        over.set()
        beats.join()
        _unlock(key)


def _beat(key: int, over: threading.Event) -> None:
    """In a thread, with a connection of its own once there is something to say."""
    while not over.wait(BEAT.total_seconds()):
        with suppress(DatabaseError):
            JobRun.objects.filter(pk=key).update(heartbeat_at=Now())
    connection.close()


def tell_lost() -> int:
    """Note which runs are lost: silent, and their process is gone."""
    return _lose(Q())


def _lose(which: Q, silent_for: timedelta = SILENT) -> int:
    runs = JobRun.objects.filter(which, outcome=JobRun.Outcome.RUNNING)
    gone = runs.with_state(silent_for).filter(Q(is_gone=True))
    return runs.filter(pk__in=[run.pk for run in gone]).update(
        outcome=JobRun.Outcome.LOST,
        finished_at=F("heartbeat_at"),
        error=f"Its process was killed; {AGAIN}",
    )


def give_up(task_id: str, error: str) -> None:
    """The last run of a task that is not begun again has failed, not only been lost."""
    _lose(Q(task_id=task_id), silent_for=timedelta())
    lost = JobRun.objects.filter(task_id=task_id, outcome=JobRun.Outcome.LOST)
    last = lost.first()
    if last is not None:
        last.finish(JobRun.Outcome.FAILED, error=error)


def forget() -> int:
    """Let go of old runs."""
    kept = JobRun.objects.filter(outcome=JobRun.Outcome.DONE, slot__isnull=False)
    last = kept.order_by("name", "-slot").distinct("name").values_list("pk", flat=True)
    old = JobRun.objects.filter(started_at__lt=clock.now() - KEPT)
    n, _ = old.exclude(pk__in=list(last)).delete()
    return n


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
        _unlock(key)


def _unlock(key: list[int]) -> None:
    """Give a lock back, at the latest with the connection."""
    _leave_query()
    try:
        with connection.cursor() as cursor:
            places = ", ".join(["%s"] * len(key))
            cursor.execute(f"SELECT pg_advisory_unlock({places})", key)
    except DatabaseError:
        connection.close()


def _leave_query() -> None:
    """A time limit that struck within a query leaves a connection of no use."""
    direct = connection.connection
    is_stuck = direct and direct.info.transaction_status == TransactionStatus.ACTIVE
    if is_stuck and not connection.in_atomic_block:
        connection.close()
