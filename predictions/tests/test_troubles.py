"""What is wrong with the site: noticed, told to administrators, and over again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from accounts import roles
from accounts.models import User
from f1site import schedule
from f1site.base import jobs, outbox, signs
from f1site.base.models import JobRun, Message, Trouble
from f1site.base.work import DEFAULT, LONG
from ingestion.models import Race
from predictions import mails, seals, troubles
from predictions.models import ModelVersion
from predictions.tasks import notify_task
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

LONG_AGO = troubles.PATIENCE * 2
ARCHIVE = "Bring the record up to date"


@pytest.fixture
def site(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A schedule, and an operator who is told at the first look."""
    monkeypatch.setattr(mails.troubles, "SETTLED", timedelta(0))
    cache.clear()
    schedule.install()
    operator = User.objects.create_user("ops@example.org", time_zone="Asia/Tokyo")
    roles.give(operator, roles.ADMIN)
    yield
    cache.clear()


@pytest.fixture
def cast(site: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 18, 12, tzinfo=UTC)
    cast = api_cast.make()
    ModelVersion.objects.all().update(status="retired")  # they have no files
    return cast


def told() -> list[str]:
    """Subjects of the mails that are sent now."""
    before = len(mail.outbox)
    notify_task()
    return [str(message.subject) for message in mail.outbox[before:]]


def failed(name: str = "archive", ago: timedelta = LONG_AGO) -> JobRun:
    at = timezone.now() - ago
    return JobRun.objects.create(
        name=name,
        outcome="failed",
        started_at=at,
        heartbeat_at=at,
        error="SourceUnavailableError: https://f1db.example/?key=abc said 500",
    )


def done(name: str) -> None:
    with jobs.recorded(name):
        pass


# --- jobs ---------------------------------------------------------------------------
def test_operators_are_told_of_a_job_that_fails_and_of_its_end(site: None) -> None:
    User.objects.create_user("ada@example.org")  # whose role says no such thing
    failed()

    assert told() == [f"Trouble: {ARCHIVE}"]
    assert told() == []
    text = str(mail.outbox[0].body)
    assert "SourceUnavailableError" in text and "abc" not in text
    assert "JST" in text
    assert mail.outbox[0].to == ["ops@example.org"]

    failed(ago=LONG_AGO / 2)  # the same trouble
    assert told() == []
    done("archive")
    assert told() == [f"Well again: {ARCHIVE}"]
    assert told() == []


def test_what_one_look_alone_saw_is_not_told(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails.troubles, "SETTLED", timedelta(minutes=5))
    failed()
    assert told() == []
    done("archive")
    assert told() == []
    Trouble.objects.all().delete()
    JobRun.objects.all().delete()
    failed()
    told()
    Trouble.objects.update(began_at=timezone.now() - timedelta(minutes=6))
    assert told() == [f"Trouble: {ARCHIVE}"]


def test_a_failure_that_was_made_good_or_is_tried_again_is_no_trouble(
    site: None,
) -> None:
    failed(ago=troubles.PATIENCE / 2)
    failed("tick")
    done("tick")
    failed("live 2024")  # somebody asked for it, and saw it
    failed("nothing of ours")
    assert told() == []


def test_a_job_with_two_turns_is_one_trouble(site: None) -> None:
    twin = PeriodicTask.objects.get(name=ARCHIVE)
    twin.pk, twin.name = None, "Again at two"
    twin.save()
    failed()
    assert len(told()) == 1
    PeriodicTask.objects.filter(name=ARCHIVE).update(description="moved in its table")
    assert told() == []
    assert Trouble.objects.count() == 1


def test_what_an_operator_turns_off_is_no_trouble_any_more_and_not_well(
    site: None,
) -> None:
    failed()
    assert len(told()) == 1
    PeriodicTask.objects.filter(name=ARCHIVE).update(enabled=False)
    assert told() == []
    trouble = Trouble.objects.get()
    assert trouble.over_at and not trouble.is_mended


def test_the_end_is_told_to_whom_the_beginning_was(site: None) -> None:
    failed()
    told()
    later = User.objects.create_user("later@example.org")
    roles.give(later, roles.ADMIN)
    done("archive")
    told()
    assert mail.outbox[-1].to == ["ops@example.org"]


# --- other places -------------------------------------------------------------------
def test_a_broken_chain_of_seals_is_told(site: None) -> None:
    counts: dict[str, Any] = {"forecasts": 9, "last": 9, "faults": 1}
    with jobs.recorded(seals.JOB) as run:
        run.counts = {**counts, "first": "forecast 7 …"}
    assert told() == ["Trouble: The chain of sealed forecasts is broken"]
    assert "forecast 7" in str(mail.outbox[0].body)
    with jobs.recorded(seals.JOB) as run:
        run.counts = {**counts, "faults": 0, "first": ""}
    assert told() == ["Well again: The chain of sealed forecasts is broken"]


def test_a_model_whose_files_are_gone_is_told_while_it_speaks(cast: Cast) -> None:
    Race.objects.filter(round=1).update(status="completed")
    ModelVersion.objects.filter(pk=cast.lightgbm.pk).update(status="primary")
    assert told() == ["Trouble: The files of lightgbm v1"]
    ModelVersion.objects.update(status="retired")
    assert told() == []
    assert not Trouble.objects.get(name="model: lightgbm v1").is_mended


def test_a_queue_without_workers_is_told(site: None) -> None:
    assert told() == []  # of a site whose workers never were, /health tells
    signs.note_worker([DEFAULT])
    assert told() == [f"Trouble: No worker serves the queue {LONG}"]
    signs.note_worker([DEFAULT, LONG])
    assert told() == [f"Well again: No worker serves the queue {LONG}"]


def test_tasks_that_nobody_does_come_in_one_mail(site: None) -> None:
    for name in ("fit_task", "rate_task"):
        Message.objects.create(task=f"a.b.{name}", n_sent=outbox.MOST_SENT)
    assert told() == ["Trouble: Nobody does fit_task and 1 more"]
    assert "Nobody does rate_task" in str(mail.outbox[0].body)
    Message.objects.all().delete()  # after a week
    assert told() == []


def test_a_result_that_is_missing_is_told_while_it_is_news(
    cast: Cast, settings: Settings
) -> None:
    subject = "The result of the Melbourne Grand Prix 2025"
    assert told() == [f"Trouble: {subject}"]
    Race.objects.filter(pk=cast.melbourne.pk).update(status="completed")
    assert told() == [f"Well again: {subject}"]
    Race.objects.filter(pk=cast.melbourne.pk).update(status="scheduled")
    assert told() == [f"Trouble: {subject}"]
    settings.F1_NOW = datetime(2025, 5, 1, tzinfo=UTC)
    assert told() == []  # nobody found it; it is just old


def test_a_place_that_cannot_be_looked_at_hides_none_of_the_others(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind() -> Iterator[troubles.Wrong]:
        raise RuntimeError("it is dark")

    failed()
    told()
    seen = troubles.PLACES["job"]
    monkeypatch.setitem(troubles.PLACES, "job", troubles.Place(blind))
    assert told() == ["Trouble: Looking for troubles: job"]
    assert Trouble.objects.get(name="job: archive").over_at is None
    monkeypatch.setitem(troubles.PLACES, "job", seen)
    assert told() == ["Well again: Looking for troubles: job"]


def test_a_failure_of_the_whole_job_stands_in_the_ledger(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(now: datetime) -> Iterator[Any]:
        raise RuntimeError("no news today")

    monkeypatch.setattr(mails.forecasts, "items", fail)
    with pytest.raises(RuntimeError):
        mails.notify()
    assert JobRun.objects.get(name="notify").outcome == "failed"


def test_old_troubles_are_forgotten_and_the_admin_shows_the_others(
    site: None, admin_client: Client
) -> None:
    failed()
    told()
    done("archive")
    told()
    assert ARCHIVE in admin_client.get("/admin/base/trouble/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        troubles.look()
    assert Trouble.objects.exists()
    Trouble.objects.update(over_at=timezone.now() - troubles.KEPT * 2)
    troubles.look()
    assert not Trouble.objects.exists()
