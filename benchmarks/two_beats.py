"""Two real beats and two real workers on one schedule: each turn is done once.

    ./run bench two_beats [--rounds SECONDS]

Jobs of the night are on the schedule every second. However often they are sent for, the
night is done once: its row in the ledger is written by one task and never again.
"""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks._scratch import options, say
from f1site.entrance import programs
from f1site.entrance.children import Child
from f1site.testing.serving import on_scratch, own_redis, scratch_database

SECONDS = 20
PATIENCE_S = 90
JOBS = {
    "tidy": "f1site.base.tasks.tidy_task",
    "rankings": "ratings.tasks.refresh_rankings_task",
    "seals": "predictions.tasks.verify_seals_task",
}


def main() -> int:
    """Fail where a job was done twice, or never, or one beat alone was at work."""
    asked = options(str(__doc__), SECONDS)
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["VAR_DIR"] = str(var)
        stack.enter_context(own_redis())
        stack.enter_context(scratch_database())
        _schedule()
        for name in ("beat", "other beat"):
            stack.enter_context(_started(name, programs.BEAT, var))
        for name in ("worker", "other-worker"):
            command = programs.of_worker(programs.LONG, name)
            stack.enter_context(_started(name, command, var))
        _wait_for_the_first()
        first = _rows()
        time.sleep(asked.rounds)
        last = _rows()
        n_sent = [
            (var / f"{name}.log").read_text().count("Sending due task")
            for name in ("beat", "other beat")
        ]
    say(f"sent for by the beats   {n_sent[0]:6d} and {n_sent[1]} times")
    say(
        f"done                    {len(last):6d} of {len(JOBS)} jobs, each once:"
        f" {first == last}"
    )
    return 0 if first == last and len(last) == len(JOBS) and all(n_sent) else 1


def _schedule() -> None:
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    for name, task in JOBS.items():
        PeriodicTask.objects.create(name=name, task=task, interval=second)


class _started:
    """A program of the site on the scratch database."""

    def __init__(self, name: str, command: tuple[str, ...], var: Path) -> None:
        started = [sys.executable, "-m", *command]
        self.child = Child(name, started, 35, var / f"{name}.log", on_scratch())
        self.child.is_quiet = True

    def __enter__(self) -> None:
        self.child.start()

    def __exit__(self, *failure: object) -> None:
        self.child.kill()


def _wait_for_the_first() -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(_rows()) < len(JOBS):
        if time.monotonic() > deadline:
            raise SystemExit("the jobs of the schedule are not done")
        time.sleep(0.2)


def _rows() -> list[tuple[object, ...]]:
    from f1site.base.models import JobRun

    done = JobRun.objects.filter(outcome="done").order_by("pk")
    return list(done.values_list("pk", "name", "slot", "task_id", "finished_at"))


if __name__ == "__main__":
    sys.exit(main())
