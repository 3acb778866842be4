"""kill -9 of a Celery worker's process at random moments of an import, 30 times.

    ./run bench killed_worker [--rounds N]

A worker of its own imports a small season from a slow source on loopback, in a scratch
database. Its pool process is killed; what Celery gives to the next one must end with
the same rows as an import that nobody disturbed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks._scratch import options, say
from f1site.testing.serving import scratch_database

N_KILLS = 30
SEED = 1
#: A slow source makes an import long enough to be met at it.
ANSWERS_AFTER_S = 0.02
#: Of the broker, away from that of the site.
REDIS_DB = 9
PATIENCE_S = 60
WORKER = ("celery", "-A", "f1site", "worker", "--pool", "prefork", "--loglevel")


def main() -> int:
    """Kill, wait, compare; fail when a row is lost or doubled, or a lock is left."""
    asked = options(str(__doc__), N_KILLS)
    os.environ["F1_NOW"] = "2023-05-01T00:00:00Z"
    os.environ["REDIS_URL"] = _other_db(os.environ["REDIS_URL"])
    with scratch_database():
        from ingestion.tests.live_season import LiveSeason
        from ingestion.tests.live_server import serving

        season = LiveSeason(limit=20)

        def slowly(path: str, query: dict[str, str]) -> bytes | None:
            time.sleep(ANSWERS_AFTER_S)
            return season.answer(path, query)

        with serving(slowly) as source, _worker(source.url) as worker:
            return _measure(worker, asked.rounds)


def _measure(worker: int, n_kills: int) -> int:
    from ingestion.tests.conftest import empty_record
    from ingestion.tests.fingerprint import fingerprint

    for _ in range(2):  # the first waits for the worker to be there
        empty_record()
        started = time.perf_counter()
        _send()
        _wait_until_done()
        takes_s = time.perf_counter() - started
    undisturbed = fingerprint()
    moments = random.Random(SEED)  # noqa: S311 - the same on every run
    n_killed = n_whole = n_same = 0
    while n_killed < n_kills:
        empty_record()
        n_begun = _n_begun()
        _send()
        while True:
            n_begun = _wait_until_begun(n_begun)
            time.sleep(moments.uniform(0, takes_s))
            if _is_done() or n_killed == n_kills:
                break
            os.kill(_pool_process(worker), signal.SIGKILL)
            n_killed += 1
        _wait_until_done()
        n_whole, n_same = n_whole + 1, n_same + (fingerprint() == undisturbed)
    locks = _advisory_locks()
    say(f"an import takes         {takes_s:9.2f} s")
    say(f"processes killed at it  {n_killed:9d}")
    say(f"taken again by Celery   {_n_begun() - n_whole - 2:9d}")
    say(f"imports that ended      {n_whole:9d}, {n_same} with the same rows")
    say(f"locks left              {locks:9d}")
    return 0 if n_same == n_whole and not locks else 1


@contextmanager
def _worker(source: str) -> Iterator[int]:
    """A worker in a session of its own, on the scratch database."""
    from django.db import connection

    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "LIVE_URL": source,
        "LIVE_PER_SECOND": "1000",
        "LIVE_PER_HOUR": "100000",
        "LIVE_FRESH_S": "0",
    }
    command = [str(Path(sys.executable).with_name(WORKER[0])), *WORKER[1:], "ERROR"]
    process = subprocess.Popen(  # noqa: S603 - our own worker
        [*command, "--concurrency", "1"],
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # it tells of each loss
    )
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _other_db(url: str) -> str:
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={REDIS_DB}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{REDIS_DB}"))


def _pool_process(worker: int) -> int:
    """The one child of the worker that does the work."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
        if children:
            return int(children[-1])
        time.sleep(0.01)
    raise SystemExit("the worker has no process in its pool")


def _send() -> None:
    from f1site.base.models import JobRun
    from ingestion.models import SourceRequest
    from ingestion.tasks import import_live_task

    SourceRequest.objects.all().delete()
    JobRun.objects.filter(outcome="done").update(name="live, done before")
    import_live_task.delay(2023)


def _is_done() -> bool:
    from f1site.base.models import JobRun

    return JobRun.objects.filter(name="live 2023", outcome="done").exists()


def _wait_until_done() -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not _is_done():
        if time.monotonic() > deadline:
            raise SystemExit("an import that was killed did not come back")
        time.sleep(0.02)


def _wait_until_begun(n_before: int) -> int:
    """How many were begun, once one more is."""
    deadline = time.monotonic() + PATIENCE_S
    while (n_begun := _n_begun()) <= n_before:
        if time.monotonic() > deadline:
            raise SystemExit("an import that was killed was not taken again")
        time.sleep(0.005)
    return n_begun


def _n_begun() -> int:
    from f1site.base.models import JobRun

    return JobRun.objects.filter(name__startswith="live").count()


def _advisory_locks() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND d.datname = current_database()"
        )
        (n_locks,) = cursor.fetchone() or (0,)
    return int(n_locks)


if __name__ == "__main__":
    sys.exit(main())
