"""Background jobs of the record."""

from celery import shared_task
from django.db import OperationalError

from ingestion import services
from ingestion.errors import SourceUnavailableError


@shared_task(autoretry_for=(SourceUnavailableError,), retry_backoff=60, max_retries=3)
def import_archive_task() -> None:
    services.import_archive()


@shared_task(autoretry_for=(OperationalError,), retry_backoff=60, max_retries=3)
def import_weather_task() -> None:
    services.import_recent_weather()
