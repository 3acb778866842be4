"""Locks and the ledger of long work."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

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
def recorded(name: str) -> Iterator[JobRun]:
    """Write a row of the job ledger around a piece of work."""
    run = JobRun.objects.create(name=name)
    try:
        yield run
    except BaseException as error:
        run.finish(JobRun.Outcome.FAILED, error=f"{type(error).__name__}: {error}")
        raise
    run.finish(JobRun.Outcome.DONE)


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
