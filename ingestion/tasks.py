"""Background jobs of the record."""

from celery import shared_task

from ingestion import services
from ingestion.errors import SourceUnavailableError


@shared_task(autoretry_for=(SourceUnavailableError,), retry_backoff=60, max_retries=3)
def import_archive_task() -> None:
    services.import_archive()


@shared_task(autoretry_for=(SourceUnavailableError,), retry_backoff=60, max_retries=5)
def import_live_task(season: int, round: int | None = None) -> None:
    services.import_live(season=season, round=round)
