"""kill -9 at any moment of an import: the next one finishes it, as if nothing was."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections

from ingestion.models import RaceResult, SourceFetch
from ingestion.services import import_live
from ingestion.sources.jolpica import KINDS
from ingestion.tests.conftest import empty_record
from ingestion.tests.fingerprint import fingerprint
from ingestion.tests.live_season import SEASON, LiveSeason
from ingestion.tests.live_server import LiveServer, serving

N_KILLS = 12
SEED = 20230305
A_LITTLE_S = 0.004
LOCKS = """
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE locktype = 'advisory' AND d.datname = current_database()
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: Any) -> Iterator[LiveServer]:
    settings.LIVE_PER_SECOND = 10_000
    season = LiveSeason(limit=20)

    def slowly(path: str, query: dict[str, str]) -> bytes | None:
        time.sleep(A_LITTLE_S)
        return season.answer(path, query)

    empty_record()
    with serving(slowly) as source:
        settings.LIVE_URL = source.url
        yield source
    empty_record()


def ingest() -> None:
    """In steps that commit on their own, as a weekend is followed."""
    for kind in KINDS:
        import_live(season=SEASON, kinds=(kind,))


def in_a_child(work: Callable[[], None]) -> int:
    """A process of its own with a connection of its own; it never comes back here."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def killed_after(seconds: float) -> bool:
    """Start the import and kill it; whether it was not done by then."""
    child = in_a_child(ingest)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def locks_left() -> int:
    """Advisory locks, once the server has noticed who is gone."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(LOCKS)
            (n_locks,) = cursor.fetchone() or (0,)
        if not n_locks:
            return 0
        time.sleep(0.02)
    return int(n_locks)


def test_killed_at_many_moments_it_leaves_the_same_record(
    server: LiveServer,
) -> None:
    started = time.monotonic()
    ingest()
    takes_s = time.monotonic() - started
    undisturbed, n_results = fingerprint(), RaceResult.objects.count()
    assert n_results == 18

    moments = random.Random(SEED)  # noqa: S311 - the same on every run
    n_killed, seen = 0, set[int]()
    empty_record()
    while n_killed < N_KILLS:
        if killed_after(moments.uniform(0, takes_s)):
            n_killed += 1
            seen.add(SourceFetch.objects.filter(outcome="done").count())
            continue
        assert fingerprint() == undisturbed
        empty_record()
    ingest()

    assert fingerprint() == undisturbed
    assert RaceResult.objects.count() == n_results
    assert locks_left() == 0
    assert len(seen) > 2  # it was met at work, not only before and after it
