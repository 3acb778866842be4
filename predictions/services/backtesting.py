"""Backtests: in chunks, each done once by whoever comes first, and stored apart.

A chunk is taken on by a conditional update under a lock that ends with its process.
So what was killed is gone on with, and the numbers are the same whoever did what.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from f1site.base import clock, deaths, jobs
from predictions import backtests
from predictions.features import Knowledge
from predictions.forecasting.backtest import Trial, walk_forward
from predictions.forecasting.comparison import SCORES, StageTable, chances_of, compare
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, Memo
from predictions.models import Backtest, BacktestChunk, BacktestScore
from predictions.provenance import (
    SEED,
    code_hash,
    data_hash,
    is_of_today,
    parameters_hash,
)
from predictions.weekends import NoInputsError

#: Seasons of a chunk at most. A walk-forward fits the ten seasons before it as well: on
#: the archive two chunks of five cost 1.3 times one of ten, ten single ones 3.5 times.
CHUNK_SEASONS = 5
#: What doing one is called in the job ledger.
CHUNK = "backtest chunk"
#: Beginnings of a chunk: the first, and those after it failed or was killed.
MOST_TRIES = deaths.MOST
#: Seconds until chunks that others are at are looked at again.
PATIENCE_S = 1.0

#: What was asked for, and what has to be the same for the same numbers.
ASKED = ("seasons", "stages", "model_names")
HASHES = {"data_hash": "record", "code_hash": "code", "parameters_hash": "parameters"}

#: Told of a season of a model, once it is done.
Progress = Callable[[str, int], None]


class RecordChangedError(Exception):
    """The record, or the code, is not the one that a backtest was begun on."""


class ChunkFailedError(Exception):
    """A chunk failed as often as it may, or for good."""


@dataclass(frozen=True)
class Begun:
    """A backtest to go on with, and in words whether it is a new one and why."""

    backtest: Backtest
    said: str


def frame_of(as_of: datetime, seasons: Collection[int]) -> Frame:
    """What was known, without seasons after those: nothing of them can move a number.

    Raises
    ------
    NoInputsError : no race is known
    ValueError : a season without a race over, or without one before it to learn from
    """
    knowledge = Knowledge(as_of)
    frame = knowledge.frame if knowledge.races else None
    over = [] if frame is None else np.unique(frame.season[frame.place > 0]).tolist()
    if frame is None or not over:
        raise NoInputsError(f"the record holds no result before {as_of}")
    first = over[1] if len(over) > 1 else over[0] + 1
    if min(seasons) < first:
        raise ValueError(
            f"seasons holds {min(seasons)}; forecasts begin with {first},"
            f" as models learn from {over[0]} on"
        )
    if missing := sorted(set(seasons) - set(over)):
        raise ValueError(f"seasons holds {missing[0]}, of which no race is over")
    return frame.where(frame.season <= max(seasons))


def begin_backtest(
    *,
    frame: Frame,
    seasons: Sequence[int],
    stages: Sequence[str],
    names: Sequence[str],
    as_of: datetime,
    asked_by: str,
    fresh: bool = False,
) -> Begun:
    """The stored one of the same inputs and code, whole or broken off, or a new one.

    Chunks that failed may be begun as often as at first.

    Parameters
    ----------
    frame : from ``frame_of`` with the same moment and seasons
    fresh : make a new one in any case
    """
    asked = Backtest(
        seasons=list(seasons),
        stages=list(stages),
        model_names=list(names),
        data_hash=data_hash(frame),
        code_hash=code_hash(),
        parameters_hash=parameters_hash(names),
        as_of=as_of,
        asked_by=asked_by,
        cutoff_id=int(frame.race[-1]),
    )
    with jobs.exclusive("backtests"):
        known = Backtest.objects.filter(**_values(asked, ASKED))
        same = None if fresh else known.filter(**_values(asked, HASHES)).first()
        if same is not None:
            _open_again(same)
            return Begun(same, _told(same))
        said = _why_new(known.first(), asked, fresh)
        _store_new(asked)
    return Begun(asked, said)


def _values(backtest: Backtest, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(backtest, name) for name in names}


def _store_new(backtest: Backtest) -> None:
    backtest.save(force_insert=True)
    BacktestChunk.objects.bulk_create(
        BacktestChunk(backtest=backtest, stage=stage, seasons=years)
        for stage in backtest.stages
        for years in _blocks(backtest.seasons)
    )


def _blocks(seasons: Sequence[int]) -> list[list[int]]:
    starts = range(0, len(seasons), CHUNK_SEASONS)
    return [list(seasons[start : start + CHUNK_SEASONS]) for start in starts]


def _open_again(backtest: Backtest) -> None:
    chunks = open_chunks(backtest)
    chunks.update(n_steps=0, n_begun=0)
    failed = chunks.filter(state=BacktestChunk.State.FAILED)
    failed.update(state=BacktestChunk.State.WAITING, error="")


def _told(same: Backtest) -> str:
    if same.finished_at is not None:
        return f"{same} stands since {same.finished_at:%Y-%m-%d %H:%M} UTC"
    n_open = same.chunks.exclude(state=BacktestChunk.State.DONE).count()
    return f"{same} is gone on with, {n_open} of {same.chunks.count()} chunks to do"


def _why_new(before: Backtest | None, asked: Backtest, fresh: bool) -> str:
    if before is None:
        return ""
    changed = [
        word
        for name, word in HASHES.items()
        if getattr(before, name) != getattr(asked, name)
    ]
    if not changed:
        return f"made anew, as asked, beside {before}" if fresh else ""
    return f"{' and '.join(changed)} changed since {before}: a new one is made"


def sprint_tables(
    *,
    as_of: datetime,
    seasons: Sequence[int],
    stages: Sequence[str],
    names: Sequence[str],
    progress: Progress | None = None,
) -> list[StageTable]:
    """How the models would have forecast the sprints of some seasons. Not stored.

    Raises
    ------
    NoInputsError : no race is known
    ValueError : a season without a sprint over
    """
    sprints = Knowledge(as_of).sprints
    if sprints is None:
        raise ValueError(f"the record holds no sprint before {as_of}")
    frame = frame_of(as_of, seasons)
    return [
        _table_of_trials(
            stage,
            walk_forward(
                frame,
                [MODELS[name] for name in names],
                stage,
                seasons,
                seed=SEED,
                progress=progress,
                sprints=sprints,
            ),
        )
        for stage in stages
    ]


def _table_of_trials(stage: str, trials: dict[str, list[Trial]]) -> StageTable:
    scores = {
        name: np.array(
            [[getattr(one.score, score) for score in SCORES] for one in of_model],
            dtype=np.float64,
        )
        for name, of_model in trials.items()
    }
    chances = {
        name: chances_of([(one.outlook.positions, one.field.place) for one in of_model])
        for name, of_model in trials.items()
    }
    return compare(stage, scores, chances)


# --- doing it -------------------------------------------------------------------
def run_backtest(
    backtest: Backtest, frame: Frame, progress: Progress | None = None
) -> None:
    """Do all that is missing, one chunk after the other; wait for those of others."""
    while chunks := list(open_chunks(backtest).select_related("backtest")):
        done = []
        for _, of_stage in groupby(chunks, key=lambda chunk: chunk.stage):
            memo: Memo = {}  # fits are shared by the seasons of a stage
            done += [
                run_chunk(chunk, frame=frame, memo=memo, progress=progress)
                for chunk in of_stage
            ]
        if not any(done):
            time.sleep(PATIENCE_S)
    gather(backtest)


def open_chunks(backtest: Backtest) -> QuerySet[BacktestChunk]:
    return backtest.chunks.exclude(state=BacktestChunk.State.DONE).order_by("pk")


def run_chunk(
    chunk: BacktestChunk,
    *,
    frame: Frame | None = None,
    memo: Memo | None = None,
    progress: Progress | None = None,
) -> bool:
    """Do a chunk unless it is done or another process is at it; whether it was ours.

    Who does the last one gathers.

    Raises
    ------
    RecordChangedError : record or code are not those of the backtest any more
    ChunkFailedError : it was begun as often as it may
    """
    with jobs.claimed(f"backtest chunk {chunk.pk}") as is_ours:
        if not is_ours or not _taken(chunk):
            return False
        try:
            with jobs.recorded(CHUNK) as run:
                run.counts = {"chunk": f"{chunk.backtest}: {chunk}"}
                trials = _trials(chunk, frame, memo, progress)
                _store(chunk, trials)
        except (SystemExit, KeyboardInterrupt):
            _put_back(chunk.pk)
            raise
        except BaseException as error:
            _fail(chunk.pk, error)
            raise
    gather(chunk.backtest)
    return True


def give_up_chunk(chunk: int, *, error: str) -> None:
    """No process begins it any more, until the backtest is asked for again.

    Unless one is at it all the same: then it is that one's.
    """
    with jobs.claimed(f"backtest chunk {chunk}") as is_ours:
        if is_ours:
            _fail(chunk, ChunkFailedError(error))


def _put_back(chunk: int) -> None:
    """Who was told to stop has not tried."""
    running = _due(chunk).filter(state=BacktestChunk.State.RUNNING)
    running.update(state=BacktestChunk.State.WAITING, n_begun=F("n_begun") - 1)


def _fail(chunk: int, error: BaseException) -> None:
    _due(chunk).update(
        state=BacktestChunk.State.FAILED, error=f"{type(error).__name__}: {error}"
    )


def _due(chunk: int) -> QuerySet[BacktestChunk]:
    rows = BacktestChunk.objects.filter(pk=chunk)
    return rows.exclude(state=BacktestChunk.State.DONE)


def _taken(chunk: BacktestChunk) -> bool:
    """Under the lock of the chunk: who is said to run it is no more."""
    is_taken = (
        _due(chunk.pk)
        .filter(n_begun__lt=MOST_TRIES)
        .update(
            state=BacktestChunk.State.RUNNING,
            n_begun=F("n_begun") + 1,
            n_steps=0,
            started_at=Now(),
            heartbeat_at=Now(),
            error="",
        )
    )
    worn = None if is_taken else _due(chunk.pk).first()
    if worn is None:
        return bool(is_taken)
    if worn.state != BacktestChunk.State.FAILED:
        _fail(chunk.pk, ChunkFailedError(deaths.KILLED))
    raise ChunkFailedError(worn.error or deaths.KILLED)


def _trials(
    chunk: BacktestChunk,
    frame: Frame | None,
    memo: Memo | None,
    progress: Progress | None,
) -> dict[str, list[Trial]]:
    backtest = chunk.backtest

    def tell(name: str, year: int) -> None:
        _due(chunk.pk).update(heartbeat_at=Now(), n_steps=F("n_steps") + 1)
        if progress:
            progress(name, year)

    return walk_forward(
        _checked(backtest) if frame is None else frame,
        [MODELS[name] for name in backtest.model_names],
        chunk.stage,
        chunk.seasons,
        seed=SEED,
        progress=tell,
        memo=memo,
    )


def _checked(backtest: Backtest) -> Frame:
    if not is_of_today(backtest):
        raise RecordChangedError(
            f"the code here is not that which began {backtest};"
            " restart the workers, or begin it anew"
        )
    frame = frame_of(backtest.as_of, backtest.seasons)
    if data_hash(frame) != backtest.data_hash:
        raise RecordChangedError(f"the record changed since {backtest} was begun")
    return frame


@transaction.atomic
def _store(chunk: BacktestChunk, trials: dict[str, list[Trial]]) -> None:
    running = _due(chunk.pk).filter(state=BacktestChunk.State.RUNNING)
    if not running.update(state=BacktestChunk.State.DONE, finished_at=Now()):
        return
    BacktestScore.objects.bulk_create(
        (
            _score(chunk, name, trial)
            for name, of_model in trials.items()
            for trial in of_model
        ),
        batch_size=100,
    )


def _score(chunk: BacktestChunk, name: str, trial: Trial) -> BacktestScore:
    field = trial.field
    return BacktestScore(
        backtest_id=chunk.backtest_id,
        race_id=int(field.race[0]),
        stage=chunk.stage,
        model=name,
        season=int(field.season[0]),
        round=int(field.round[0]),
        drivers=field.driver.tolist(),
        places=field.place.tolist(),
        positions=trial.outlook.positions.tolist(),
        **asdict(trial.score),
    )


def gather(backtest: Backtest) -> bool:
    """Make the tables once every chunk is done; whether that was done just now."""
    running = Backtest.objects.filter(pk=backtest.pk, state=Backtest.State.RUNNING)
    if open_chunks(backtest).exists() or not running.exists():
        return False
    tables = [backtests.table_of(backtest, stage) for stage in backtest.stages]
    return bool(
        running.update(
            state=Backtest.State.DONE,
            finished_at=clock.now(),
            tables=[table.dump() for table in tables],
            n_races=max(table.n_races for table in tables),
            n_scores=backtest.scores.count(),
        )
    )
