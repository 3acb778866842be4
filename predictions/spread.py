"""Backtests spread over the workers: a task per chunk, and somebody who waits."""

import time
from collections.abc import Callable

from celery import current_app
from django.db.models import Q, Sum

from f1site.base import clock, outbox
from predictions import services, tasks
from predictions.forecasting.models import MODELS
from predictions.models import Backtest, BacktestChunk

#: What is not tried again.
FOR_GOOD = (services.RecordChangedError.__name__, services.ChunkFailedError.__name__)
PING_S = 2.0
LOOK_S = 0.5
#: Without a sign of life for so long the workers are asked whether they are there.
QUIET_S = 60.0

#: Told how many seasons of models are done.
Progress = Callable[[int], None]


def workers_answer() -> bool:
    """Whether a worker is there to take tasks."""
    try:
        with outbox.broker() as broker:
            looking = current_app.control.inspect(
                timeout=PING_S, limit=1, connection=broker
            )
            answers = looking.ping()
    except outbox.AWAY:
        return False
    return bool(answers)


def run_on_workers(
    backtest: Backtest, progress: Progress, *, quiet_s: float = QUIET_S
) -> bool:
    """Send for what is missing and wait for it; False where no worker answers.

    Raises
    ------
    ChunkFailedError : with what the chunk said
    """
    if not workers_answer():
        return False
    send(backtest)
    last, since = _signs(backtest), time.monotonic()
    done_before = last[0]
    while not Backtest.objects.filter(pk=backtest.pk, state="done").exists():
        time.sleep(LOOK_S)
        _check(backtest)
        signs = _signs(backtest)
        progress(signs[0] - done_before)
        if signs != last:
            last, since = signs, time.monotonic()
        elif time.monotonic() - since > quiet_s:
            if not workers_answer():
                return False
            send(backtest)
            since = time.monotonic()
    return True


def send(backtest: Backtest) -> None:
    """A task for every chunk that is not done; one that comes twice does nothing.

    Where all are done and who did the last was killed before he gathered, that is made
    up for.
    """
    chunks = services.open_chunks(backtest).values_list("pk")
    outbox.send_all(tasks.backtest_chunk_task, chunks)
    services.gather(backtest)


def ask(seasons: list[int], stages: list[str], *, by: str) -> None:
    """Have a worker begin a backtest by all models, as soon as the queue is there."""
    outbox.send(tasks.begin_backtest_task, seasons, stages, by)


def begin(seasons: list[int], stages: list[str], *, by: str) -> Backtest:
    """Begin or go on with a backtest, and send for its chunks.

    Raises
    ------
    ValueError, NoInputsError : the record has not what was asked for
    """
    as_of = clock.now()
    begun = services.begin_backtest(
        frame=services.frame_of(as_of, seasons),
        seasons=seasons,
        stages=stages,
        names=list(MODELS),
        as_of=as_of,
        asked_by=by,
    )
    if begun.backtest.state != Backtest.State.DONE:
        send(begun.backtest)
    return begun.backtest


def keep() -> str:
    """Have the workers keep up the backtest on the track record; what was sent for."""
    return services.keep_backtest(do=lambda backtest, frame: send(backtest))


def _signs(backtest: Backtest) -> tuple[int, int, int]:
    """Steps, beginnings and chunks that are done: what moves while workers live."""
    sums = backtest.chunks.aggregate(steps=Sum("n_steps"), begun=Sum("n_begun"))
    done = backtest.chunks.filter(state=BacktestChunk.State.DONE).count()
    return sums["steps"] or 0, sums["begun"] or 0, done


def _check(backtest: Backtest) -> None:
    is_worn = Q(n_begun__gte=services.MOST_TRIES)
    for name in FOR_GOOD:
        is_worn |= Q(error__startswith=name)
    failed = backtest.chunks.filter(is_worn, state=BacktestChunk.State.FAILED).first()
    if failed is not None:
        raise services.ChunkFailedError(f"{failed} failed: {failed.error}")
