"""The night's work: once, again where it failed, made up for where it was missed."""

import pytest
from pytest_django.fixtures import Settings

from f1site.base.models import JobRun
from ingestion import tasks
from ingestion.errors import SourceUnavailableError
from ingestion.models import SourceFetch

pytestmark = pytest.mark.django_db


def last_night() -> JobRun:
    return JobRun.objects.filter(slot__isnull=False).latest("started_at")


def test_a_night_that_failed_is_tried_again_and_one_that_is_done_is_not(
    settings: Settings,
) -> None:
    settings.LIVE_URL, settings.LIVE_PATIENCE_S = "http://127.0.0.1:9/", 0
    for _ in range(2):
        with pytest.raises(SourceUnavailableError):
            tasks.import_calendar_task.run()
    run = last_night()
    assert (run.name, run.outcome) == ("calendar", "failed")
    assert "does not answer" in run.error or "rests" in run.error
    assert SourceFetch.objects.count() == 2
    JobRun.objects.update(outcome="done")
    tasks.import_calendar_task.run()
    assert SourceFetch.objects.count() == 2


def test_the_weather_of_no_race_is_done_at_once() -> None:
    tasks.import_weather_task.run()
    assert (last_night().name, last_night().outcome) == ("weather", "done")
