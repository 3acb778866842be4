"""A backtest spread over 1, 2 and 4 worker processes: the same rows, how much sooner.

    ./run bench spread [--rounds N] [--processes 1,2,4]

On a record of its own. A chunk is a task of one process, so more processes than cores
make nothing faster.
"""

import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack

from benchmarks._scratch import parser_of, say
from f1site.testing.serving import celery_worker, own_redis, scratch_database

NOW = "2025-03-10T12:00:00Z"
SEASONS = range(2015, 2025)
STAGES = ("pre_weekend", "post_practice", "post_qualifying", "final_grid")
PATIENCE_S = 600


def main() -> int:
    """Fail where another number of workers makes other rows, or two are no faster."""
    parser = parser_of(str(__doc__), 1)
    parser.add_argument("--processes", default="1,2,4")
    asked = parser.parse_args()
    numbers = [int(word) for word in asked.processes.split(",")]
    with ExitStack() as stack:
        var = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ |= {"F1_NOW": NOW, "VAR_DIR": var}
        stack.enter_context(own_redis())
        stack.enter_context(scratch_database())
        _store_record()
        took = {n: _measured(n, asked.rounds) for n in numbers}
    n_cores = len(os.sched_getaffinity(0))
    rows = {rows for _, rows in took.values()}
    say(f"{n_cores} cores; the rows are {'the same' if len(rows) == 1 else 'OTHERS'}")
    first = took[numbers[0]][0]
    for n, (seconds, _) in took.items():
        idle = "; more processes than cores" if n > n_cores else ""
        say(f"{n} processes {seconds:8.1f} s {first / seconds:6.2f} times{idle}")
    return 0 if len(rows) == 1 else 1


def _store_record() -> None:
    from predictions.tests import forecast_cast
    from ratings.services import replay_ratings

    forecast_cast.store(seasons=range(SEASONS[0] - 3, SEASONS[-1] + 1), rounds=12)
    replay_ratings()


def _measured(n_processes: int, rounds: int) -> tuple[float, str]:
    """Seconds of the median round, and a checksum of its rows."""
    with celery_worker("--concurrency", str(n_processes)):
        found = [_round() for _ in range(rounds)]
    return statistics.median(seconds for seconds, _ in found), found[-1][1]


def _round() -> tuple[float, str]:
    from f1site.base import clock
    from predictions import services, spread
    from predictions.forecasting.models import MODELS

    seasons = list(SEASONS)
    begun = services.begin_backtest(
        frame=services.frame_of(clock.now(), seasons),
        seasons=seasons,
        stages=STAGES,
        names=list(MODELS),
        as_of=clock.now(),
        asked_by="a benchmark",
        fresh=True,
    )
    started = time.perf_counter()
    spread.send(begun.backtest)
    while not _is_done(begun.backtest.pk):
        if time.perf_counter() - started > PATIENCE_S:
            raise SystemExit("the workers do not come to an end")
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    _tell_chunks(begun.backtest.pk)
    return seconds, _rows(begun.backtest.pk)


def _is_done(key: int) -> bool:
    from predictions.models import Backtest

    return Backtest.objects.filter(pk=key, state=Backtest.State.DONE).exists()


def _tell_chunks(key: int) -> None:
    """When each began and ended: those of several processes lie beside each other."""
    from predictions.models import BacktestChunk

    chunks = list(BacktestChunk.objects.filter(backtest=key).order_by("started_at"))
    first = chunks[0].started_at
    for chunk in chunks:
        if not (first and chunk.started_at and chunk.finished_at):
            raise SystemExit(f"{chunk} is done without having been begun")
        began = (chunk.started_at - first).total_seconds()
        ended = (chunk.finished_at - first).total_seconds()
        say(f"  {chunk!s:<28} {began:6.1f} to {ended:6.1f} s, begun {chunk.n_begun}×")


def _rows(key: int) -> str:
    import hashlib

    from predictions.models import BacktestScore

    fields = ("race", "stage", "model", "places", "positions", "log_loss", "rps")
    scores = BacktestScore.objects.filter(backtest=key)
    rows = scores.order_by("race", "stage", "model").values_list(*fields)
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
