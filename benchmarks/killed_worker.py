"""kill -9 of Celery workers at random moments of an import, of training, of a forecast.

    ./run bench killed_worker [--rounds N] [--work import,train,forecast]
                              [--what child,worker]

A worker of its own works in a scratch database. Its pool process is killed, or all of
it, which then is started again as ./run does. What Celery gives to the next one must
end with the same rows and files as work that nobody disturbed.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._scratch import parser_of, say
from benchmarks._works import WORKS, Work
from f1site.entrance.children import Child
from f1site.testing.serving import on_scratch, own_redis, scratch_database

N_KILLS = 30
SEED = 1
PATIENCE_S = 120
#: The longest from a kill until the work is taken again.
RETAKEN_WITHIN_S = 30
WORKER = ("celery", "-A", "f1site", "worker", "--loglevel", "ERROR")


def main() -> int:
    """Kill, wait, compare; fail when a row is lost or doubled, or a lock is left."""
    parser = parser_of(str(__doc__), N_KILLS)
    parser.add_argument("--work", default=",".join(WORKS))
    parser.add_argument("--what", default="child,worker")
    asked = parser.parse_args()
    if sum(each in asked.work for each in WORKS) > 1:  # each has a moment of its own
        return max(
            subprocess.call([*_again(asked), "--work", name])  # noqa: S603 - ourselves
            for name in asked.work.split(",")
        )
    return _bench(asked.work, asked.what.split(","), asked.rounds)


def _again(asked: Any) -> list[str]:
    options = ["--rounds", str(asked.rounds), "--what", asked.what]
    return [sys.executable, "-m", "benchmarks.killed_worker", *options]


def _bench(name: str, targets: list[str], n_kills: int) -> int:
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["F1_NOW"] = getattr(WORKS[name], "now", "")
        os.environ["VAR_DIR"] = str(var)
        stack.enter_context(own_redis())
        stack.enter_context(scratch_database())
        from django.conf import settings

        work = WORKS[name](settings.MODEL_DIR)
        needs = stack.enter_context(work.served())
        work.set_up()
        worker = stack.enter_context(_worker(needs, var))
        return max(_measure(work, worker, target, n_kills) for target in targets)


def _measure(work: Work, worker: Child, target: str, n_kills: int) -> int:
    for _ in range(2):  # the first waits for the worker to be there
        _begin(work)
        _wait_until_begun(work)
        started = time.perf_counter()
        _wait_until_done(work)
        takes_s = time.perf_counter() - started
    undisturbed = work.fingerprint()
    moments = random.Random(SEED)  # noqa: S311 - the same on every run
    n_whole = n_same = 0
    waits: list[float] = []
    while len(waits) < n_kills:
        _begin(work)
        _wait_until_begun(work)
        time.sleep(moments.uniform(0, takes_s))
        if not _is_done(work):
            waits.append(_kill(work, worker, target))
        _wait_until_done(work)
        n_whole, n_same = n_whole + 1, n_same + (work.fingerprint() == undisturbed)
    locks = _advisory_locks()
    say(f"{work.job}, kill -9 of a {'pool process' if target == 'child' else target}")
    say(f"  undisturbed it takes    {takes_s:9.2f} s")
    say(f"  killed at it            {len(waits):9d} times")
    say(
        f"  taken again after       {sum(waits) / len(waits):9.1f} s, at most"
        f" {max(waits):.1f} s"
    )
    say(f"  ended                   {n_whole:9d}, {n_same} with the same rows")
    say(f"  locks left              {locks:9d}")
    is_well = n_same == n_whole and not locks and max(waits) <= RETAKEN_WITHIN_S
    return 0 if is_well else 1


def _kill(work: Work, worker: Child, target: str) -> float:
    """Seconds until somebody is at the work again, or it is done all the same."""
    killed_at, at = datetime.now(UTC), time.monotonic()
    if target == "child":
        os.kill(_pool_process(worker.pid), signal.SIGKILL)
    else:
        worker.pause = 1.0  # as after a long good life
        os.killpg(worker.pid, signal.SIGKILL)
    _wait_until_begun(work, killed_at)
    return time.monotonic() - at


@contextmanager
def _worker(needs: dict[str, str], var: Path) -> Iterator[Child]:
    """A worker of one process, tended as ./run tends it."""
    program = str(Path(sys.executable).with_name(WORKER[0]))
    command = [program, *WORKER[1:], "--concurrency", "1"]
    worker = Child("worker", command, 35, var / "worker.log", on_scratch() | needs)
    worker.is_quiet = True
    over = threading.Event()

    def tend() -> None:
        while not over.wait(0.5):
            worker.tend()

    worker.start()
    tending = threading.Thread(target=tend)
    tending.start()
    try:
        yield worker
    finally:
        over.set()
        tending.join()
        worker.kill()


def _pool_process(worker: int) -> int:
    """The one child of the worker that does the work."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
        if children:
            return int(children[-1])
        time.sleep(0.01)
    raise SystemExit("the worker has no process in its pool")


def _begin(work: Work) -> None:
    from f1site.base.models import JobRun

    work.reset()
    JobRun.objects.all().delete()
    work.send()


def _runs(work: Work) -> Any:
    from f1site.base.models import JobRun

    return JobRun.objects.filter(name=work.job)


def _is_done(work: Work) -> bool:
    return bool(_runs(work).filter(outcome="done").exists())


def _wait_until_done(work: Work) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not _is_done(work):
        if time.monotonic() > deadline:
            raise SystemExit(f"{work.job}: what was killed did not come back")
        time.sleep(0.02)


def _wait_until_begun(work: Work, since: datetime | None = None) -> None:
    """Until a run shows a sign of life after that moment, or it is done."""
    signs = _runs(work).filter(
        heartbeat_at__gt=since or datetime(2000, 1, 1, tzinfo=UTC)
    )
    deadline = time.monotonic() + PATIENCE_S
    while not signs.exists() and not _is_done(work):
        if time.monotonic() > deadline:
            raise SystemExit(f"{work.job}: what was killed was not taken again")
        time.sleep(0.01)


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
