"""Background jobs of the record."""

from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from django.db import OperationalError
from django.db.models import Max

from f1site.base import clock, jobs
from f1site.base.models import JobRun
from ingestion import services
from ingestion.errors import SourceUnavailableError
from ingestion.services import Import

#: The night's work belongs to a day that begins at two o'clock, UTC.
DAY, NIGHT, GRACE = timedelta(days=1), timedelta(hours=2), timedelta(hours=1)


@shared_task(
    autoretry_for=(SourceUnavailableError,),
    retry_backoff=60,
    retry_jitter=True,
    max_retries=5,
)
def import_archive_task() -> None:
    _once_a_day("archive", services.import_archive)


@shared_task(
    autoretry_for=(SourceUnavailableError,),
    retry_backoff=60,
    retry_jitter=True,
    max_retries=5,
)
def import_calendar_task() -> None:
    """The dates of the season, which move."""
    _once_a_day(
        "calendar",
        lambda: services.import_live(season=clock.now().year, kinds=("calendar",)),
    )


@shared_task(
    autoretry_for=(SourceUnavailableError,),
    retry_backoff=60,
    retry_jitter=True,
    max_retries=5,
)
def import_live_task(season: int, round: int | None = None) -> None:
    with jobs.recorded(f"live {season}" + (f"-{round}" if round else "")) as run:
        run.counts = services.import_live(season=season, round=round).as_counts()


@shared_task(
    autoretry_for=(OperationalError,),
    retry_backoff=60,
    retry_jitter=True,
    max_retries=5,
)
def import_weather_task() -> None:
    _once_a_day("weather", services.import_recent_weather)


#: By their name in the job ledger.
NIGHTLY = {
    "archive": import_archive_task,
    "calendar": import_calendar_task,
    "weather": import_weather_task,
}


def catch_up() -> list[str]:
    """Send for the work of a night that nobody began, an hour after its time.

    A job that never ran is none that was missed: a new site waits for its first night.
    """
    night = jobs.slot_of(DAY, since=NIGHT + GRACE) - GRACE
    runs = JobRun.objects.filter(name__in=NIGHTLY, slot__isnull=False)
    last = runs.order_by().values_list("name").annotate(Max("slot"))
    missed = [name for name, slot in last if slot < night]
    for name in missed:
        NIGHTLY[name].delay()
    return missed


def _once_a_day(name: str, work: Callable[[], Import]) -> None:
    with jobs.scheduled(name, jobs.slot_of(DAY, since=NIGHT)) as run:
        if run is not None:
            run.counts = work().as_counts()
