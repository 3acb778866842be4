"""Background jobs of the record."""

from collections.abc import Callable
from typing import Any

from f1site.base import clock, jobs
from f1site.base.work import LONG, task
from ingestion import services
from ingestion.errors import SourceUnavailableError
from ingestion.models import SourceFetch
from ingestion.services import Import

#: A source that does not answer is asked again after a minute, then after two …
SOURCE: dict[str, Any] = {"on": (SourceUnavailableError,), "wait_s": 60}


@task(queue=LONG, **SOURCE)
def import_archive_task() -> None:
    _once_a_day("archive", services.import_archive)


@task(**SOURCE)
def import_calendar_task() -> None:
    """The dates of the season, which move."""
    _once_a_day(
        "calendar",
        lambda: services.import_live(season=clock.now().year, kinds=("calendar",)),
    )


@task(**SOURCE)
def import_live_task(season: int, round: int | None = None) -> None:
    with jobs.recorded(f"live {season}" + (f"-{round}" if round else "")) as run:
        run.counts = services.import_live(season=season, round=round).as_counts()


@task()
def replay_live_task(key: int) -> None:
    """An import from the live source once more, from the answers that are kept."""
    with jobs.recorded(f"replay of import {key}") as run:
        fetch = SourceFetch.objects.get(pk=key)
        run.counts = services.replay_live(fetch=fetch).as_counts()


@task(wait_s=60)
def import_weather_task() -> None:
    _once_a_day("weather", services.import_recent_weather)


#: By their name in the job ledger.
NIGHTLY = {
    "archive": import_archive_task,
    "calendar": import_calendar_task,
    "weather": import_weather_task,
}


def _once_a_day(name: str, work: Callable[[], Import]) -> None:
    with jobs.scheduled(name, jobs.night()) as run:
        if run is not None:
            run.counts = work().as_counts()
