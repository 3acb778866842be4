"""Celery wrappers: load by natural key, call one service, report."""

from datetime import timedelta

from celery import shared_task
from django.db import OperationalError

from f1site.base import jobs
from f1site.base.models import JobRun
from ingestion.models import Race
from ingestion.tasks import catch_up
from predictions import pipeline
from predictions.pipeline import Report

TURN = timedelta(minutes=10)


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


def _noted(run: JobRun, report: Report) -> str:
    run.counts = report.as_counts()
    return str(report)
