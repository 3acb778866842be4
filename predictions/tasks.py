"""Celery wrappers: load by natural key, call one service, report."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import OperationalError

from f1site.base import changes, jobs
from f1site.base.models import JobRun
from ingestion.models import Race
from ingestion.tasks import DAY, NIGHT, catch_up
from predictions import pipeline, seals, services
from predictions.models import BacktestChunk
from predictions.pipeline import Report

TURN = timedelta(minutes=10)
#: What is done once a night was done, or somebody else is at it.
DONE = "nothing left for this night"
#: Of one try at a chunk of a backtest, seconds; it takes ten to sixty.
CHUNK_LIMIT_S = 1200


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def tick_task() -> str:
    """Every ten minutes; silent where there is nothing to do."""
    catch_up()
    if not pipeline.is_due():
        return ""
    with jobs.scheduled("tick", jobs.slot_of(TURN)) as run:
        return _noted(run, pipeline.tick()) if run else ""


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def refresh_task() -> str:
    with jobs.recorded("refresh") as run:
        return _noted(run, pipeline.refresh())


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def refresh_race_task(year: int, round: int) -> str:
    race = Race.objects.by_round(year, round)
    with jobs.recorded(f"refresh {race.label}") as run:
        return _noted(run, pipeline.refresh_race(race=race))


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def train_missing_task() -> str:
    """Every night; a model is fitted once a season, and where its files are gone."""
    with jobs.scheduled("train", _night()) as run:
        if run is None:
            return DONE
        trained = [str(one.version) for one in services.train_missing()]
        run.counts = {"trained": trained}
        return ", ".join(trained) or "no model was missing"


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def keep_backtest_task() -> str:
    """Every night; computes only where record, code or the year changed."""
    with jobs.scheduled("backtest", _night()) as run:
        if run is None:
            return DONE
        said = services.keep_backtest()
        run.counts = {"backtest": said}
        return said


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def verify_seals_task() -> str:
    """Every night; a broken chain is told on the track record."""
    with jobs.scheduled(seals.JOB, _night()) as run:
        if run is None:
            return DONE
        check, _ = seals.walk()
        seals.note(run, check)
    changes.note()
    return check.first or f"{check.n_forecasts} forecasts, an unbroken chain"


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=5,
)
def begin_backtest_task(seasons: list[int], stages: list[str], by: str) -> str:
    """What an analyst asked for; its chunks go to whoever is there."""
    from predictions import spread  # which sends tasks of this module

    with jobs.recorded("backtest asked for") as run:
        begun = str(spread.begin(seasons, stages, by=by))
        run.counts = {"backtest": begun}
    return begun


@shared_task(
    bind=True,
    autoretry_for=(Exception,),
    dont_autoretry_for=(services.RecordChangedError,),
    retry_backoff=5,
    retry_jitter=True,
    max_retries=2,
    soft_time_limit=CHUNK_LIMIT_S,
    time_limit=CHUNK_LIMIT_S + 60,
)
def backtest_chunk_task(self: Any, chunk: int) -> None:
    """A chunk of a backtest; who does the last one gathers."""
    waiting = BacktestChunk.objects.select_related("backtest").get(pk=chunk)
    if services.run_chunk(waiting):
        return
    waiting.refresh_from_db()
    if waiting.state != BacktestChunk.State.DONE:
        # Somebody is at it, or was killed at it and his lock is about to go.
        raise self.retry(countdown=10, max_retries=CHUNK_LIMIT_S // 10)


def _night() -> datetime:
    return jobs.slot_of(DAY, since=NIGHT)


def _noted(run: JobRun, report: Report) -> str:
    run.counts = report.as_counts()
    return str(report)
