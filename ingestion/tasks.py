"""Background jobs of the record."""

from celery import shared_task

from ingestion import services
from ingestion.errors import SourceUnavailableError


@shared_task(autoretry_for=(SourceUnavailableError,), retry_backoff=60, max_retries=3)
def import_archive_task() -> None:
    services.import_archive()
