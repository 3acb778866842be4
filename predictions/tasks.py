"""Celery wrappers: load by natural key, call one service, report."""

from datetime import timedelta
from typing import Any

from celery.exceptions import Ignore

from accounts.post import MailServerAwayError
from f1site.base import changes, jobs, outbox
from f1site.base import tasks as base_tasks
from f1site.base.models import JobRun, Message
from f1site.base.work import LONG, task
from ingestion import tasks as record_tasks
from ingestion.models import Race
from predictions import pipeline, seals, services
from predictions.models import BacktestChunk
from predictions.pipeline import Report
from ratings import tasks as rating_tasks

TURN = timedelta(minutes=10)
#: What is done once a night was done, or somebody else is at it.
DONE = "nothing left for this night"
#: By this name in the job ledger.
ASKED_FOR, NOTIFY = "backtest asked for", "notify"
#: Of one try at a chunk of a backtest, seconds; it takes ten to sixty.
CHUNK_LIMIT_S = 1200
LOOK_AGAIN_S = 10
#: Of fitting all models on the longest record.
NIGHT_LIMIT_S = 3600


@task()
def tick_task() -> str:
    """Every ten minutes; where there is nothing to do it only says so."""
    catch_up()
    if not pipeline.is_due():
        jobs.idle("tick")
        return ""
    with jobs.scheduled("tick", jobs.slot_of(TURN)) as run:
        return _noted(run, pipeline.tick()) if run else ""


@task(on=(MailServerAwayError,), tries_again=1, wait_s=60)
def notify_task() -> str:
    """Every ten minutes, between two ticks."""
    from predictions import mails  # which knows the tasks of this module

    return str(mails.notify())


@task()
def refresh_task() -> str:
    with jobs.recorded("refresh") as run:
        return _noted(run, pipeline.refresh())


@task()
def refresh_nightly_task() -> str:
    """After the imports of the night, once."""
    with jobs.scheduled("refresh nightly", jobs.night()) as run:
        return _noted(run, pipeline.refresh()) if run else DONE


@task()
def refresh_race_task(year: int, round: int) -> str:
    race = Race.objects.by_round(year, round)
    with jobs.recorded(f"refresh {race.label}") as run:
        return _noted(run, pipeline.refresh_race(race=race))


@task(queue=LONG, limit_s=NIGHT_LIMIT_S)
def train_missing_task() -> str:
    """Every night; a model is fitted once a season, and where its files are gone."""
    with jobs.scheduled("train", jobs.night()) as run:
        if run is None:
            return DONE
        trained = [str(one.version) for one in services.train_missing()]
        run.counts = {"trained": trained}
        return ", ".join(trained) or "no model was missing"


@task()
def keep_backtest_task() -> str:
    """Every night; sends for chunks only where record, code or the year changed."""
    from predictions import spread  # which sends tasks of this module

    with jobs.scheduled("backtest", jobs.night()) as run:
        if run is None:
            return DONE
        said = spread.keep()
        run.counts = {"backtest": said}
        return said


@task()
def verify_seals_task() -> str:
    """Every night; a broken chain is told on the track record."""
    with jobs.scheduled(seals.JOB, jobs.night()) as run:
        if run is None:
            return DONE
        check, _ = seals.walk()
        seals.note(run, check)
    changes.note()
    return check.first or f"{check.n_forecasts} forecasts, an unbroken chain"


@task()
def begin_backtest_task(seasons: list[int], stages: list[str], by: str) -> str:
    """What an analyst asked for; its chunks go to whoever is there."""
    from predictions import spread  # which sends tasks of this module

    with jobs.recorded(ASKED_FOR) as run:
        begun = str(spread.begin(seasons, stages, by=by))
        run.counts = {"backtest": begun}
    return begun


@task(
    queue=LONG,
    on=(Exception,),
    dont_autoretry_for=(services.RecordChangedError, services.ChunkFailedError),
    given_up=staticmethod(services.give_up_chunk),
    tries_again=2,
    limit_s=CHUNK_LIMIT_S,
    bind=True,
)
def backtest_chunk_task(self: Any, chunk: int) -> None:
    """A chunk of a backtest; who does the last one gathers."""
    waiting = BacktestChunk.objects.select_related("backtest").get(pk=chunk)
    if services.run_chunk(waiting):
        return
    waiting.refresh_from_db()
    if waiting.state != BacktestChunk.State.DONE:
        # Somebody is at it, or was killed at it and his lock is about to go. To look
        # again is no try.
        again = {"task_id": self.request.id, "countdown": LOOK_AGAIN_S}
        self.apply_async((chunk,), queue=LONG, **again)
        raise Ignore
    services.gather(waiting.backtest)  # who did it may have been killed before that


#: Work of a night that is made up for, by its name in the job ledger.
NIGHTLY = {
    **record_tasks.NIGHTLY,
    **rating_tasks.NIGHTLY,
    **base_tasks.NIGHTLY,
    "refresh nightly": refresh_nightly_task,
    "train": train_missing_task,
    "backtest": keep_backtest_task,
    seals.JOB: verify_seals_task,
}


def catch_up() -> list[str]:
    """Send for the work of a night that nobody began."""
    missed = jobs.missed({name: task.name for name, task in NIGHTLY.items()})
    for name in missed:
        outbox.send(NIGHTLY[name])
    return missed


def send_first() -> list[str]:
    """Send for the models and the backtest of the night where there never was one."""
    first = ("train", "backtest")
    begun = JobRun.objects.filter(name__in=first).values_list("name", flat=True)
    sent = Message.objects.filter(task__in=[NIGHTLY[name].name for name in first])
    missing = sorted({*first} - {*begun}, key=first.index) if not sent else []
    for name in missing:
        outbox.send(NIGHTLY[name])
    return missing


def _noted(run: JobRun, report: Report) -> str:
    run.counts = report.as_counts()
    return str(report)
