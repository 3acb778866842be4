"""Celery wrappers: load by natural key, call one service, report."""

from celery import shared_task
from django.db import OperationalError

from ingestion.models import Race
from predictions import pipeline


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def refresh_task() -> str:
    return str(pipeline.refresh())


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def refresh_race_task(year: int, round: int) -> str:
    return str(pipeline.refresh_race(race=Race.objects.by_round(year, round)))
