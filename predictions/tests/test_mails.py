"""Mails of the site's own accord: who is told what, once, and how it ends."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import roles
from accounts.mails import MOST_TRIES, WAIT
from accounts.models import SentMail, User
from f1site import schedule
from f1site.base import jobs, outbox
from f1site.base.models import JobRun, Message, Trouble
from ingestion.models import Race
from predictions import mails, seals
from predictions.mails import troubles
from predictions.models import Stage
from predictions.tasks import notify_task
from predictions.tests import api_cast, smtp_server
from predictions.tests.api_cast import Cast

THURSDAY = datetime(2025, 3, 13, 12, tzinfo=UTC)
AFTER_LAS_VEGAS = datetime(2024, 11, 25, 8, tzinfo=UTC)
LONG_AGO = troubles.PATIENCE * 2


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = THURSDAY
    settings.SITE_URL = "https://f1.example.org/"
    return api_cast.make()


def reader(email: str = "ada@example.org", **more: Any) -> User:
    return User.objects.create_user(email, **{"mail_forecasts": True, **more})


def operator(**more: Any) -> User:
    user = User.objects.create_user("ops@example.org", **more)
    roles.give(user, roles.ADMIN)
    return user


def told() -> list[str]:
    """Subjects of the mails that are sent now."""
    before = len(mail.outbox)
    notify_task()
    return [str(message.subject) for message in mail.outbox[before:]]


# --- forecasts and scores ---------------------------------------------------------
def test_a_reader_is_told_of_a_sealed_forecast_once(cast: Cast) -> None:
    reader(follows=["charles-leclerc"], time_zone="Europe/Rome")
    reader("eve@example.org", mail_forecasts=False)
    forecast = api_cast.issue(cast, cast.melbourne)

    assert told() == ["Melbourne Grand Prix 2025: the pre-weekend forecast is sealed"]
    assert told() == []

    (letter,) = mail.outbox
    text = str(letter.body)
    assert letter.to == ["ada@example.org"]
    assert "1. George Russell: win 40" in text
    assert "Start: 16 Mar 2025, 07:00 CET" in text
    assert "https://f1.example.org/races/2025/1/" in text
    assert forecast.content_hash in text
    assert JobRun.objects.get(name="notify", outcome="done").counts["mails"] == 1


def test_whom_a_reader_follows_stands_below_the_favourites(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails.forecasts, "MOST", 2)
    reader(follows=["george-russell", "charles-leclerc"])
    api_cast.issue(cast, cast.melbourne)
    told()
    favourites, _, followed = str(mail.outbox[0].body).partition("You follow")
    assert "Lewis Hamilton" in favourites and "Leclerc" not in favourites
    assert "4. Charles Leclerc" in followed and "Russell" not in followed


def test_the_forecast_with_the_grid_is_told_as_well_and_others_are_not(
    cast: Cast,
) -> None:
    reader()
    api_cast.issue(cast, cast.melbourne, Stage.POST_QUALIFYING)
    assert told() == []
    api_cast.issue(cast, cast.melbourne, day=2)
    api_cast.issue(cast, cast.melbourne, Stage.FINAL_GRID, day=3)
    assert told() == ["Melbourne Grand Prix 2025: the final grid forecast is sealed"]
    api_cast.issue(cast, cast.melbourne, Stage.FINAL_GRID, day=4)
    assert told() == []


@pytest.mark.parametrize("days", [-5, 1])
def test_what_is_far_off_or_over_is_no_news(
    days: int, cast: Cast, settings: Settings
) -> None:
    reader()
    api_cast.issue(cast, cast.melbourne)
    start = cast.melbourne.starts_at
    assert start
    settings.F1_NOW = start + timedelta(days=days)
    assert told() == []


def test_a_late_forecast_and_a_race_that_was_called_off_are_not_told(
    cast: Cast,
) -> None:
    reader()
    api_cast.issue(cast, cast.melbourne, late=True)
    assert told() == []
    api_cast.issue(cast, cast.melbourne, day=2)
    Race.objects.filter(pk=cast.melbourne.pk).update(status="cancelled")
    assert told() == []


def test_how_it_did_is_told_after_the_flag(cast: Cast, settings: Settings) -> None:
    settings.F1_NOW = AFTER_LAS_VEGAS
    reader(mail_scores=True, follows=["charles-leclerc"])
    forecast = api_cast.issue(cast, cast.vegas, Stage.FINAL_GRID)
    assert told() == []  # not scored yet
    api_cast.score(forecast)
    assert told() == ["Las Vegas Grand Prix 2024: how the forecast did"]
    text = str(mail.outbox[0].body)
    assert "1st George Russell: our 1st, win 40" in text
    assert "Charles Leclerc" in text.partition("You follow")[2]
    assert "Log loss 1.00" in text
    assert told() == []
    settings.F1_NOW = AFTER_LAS_VEGAS + timedelta(days=3)
    reader("late@example.org", mail_scores=True)
    assert told() == []


def test_whose_address_is_not_confirmed_or_account_is_closed_gets_nothing(
    cast: Cast,
) -> None:
    api_cast.issue(cast, cast.melbourne)
    reader("closed@example.org", is_active=False)
    stranger = reader("stranger@example.org")
    stranger.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    assert told() == []


# --- troubles ---------------------------------------------------------------------
def failed(name: str = "archive", ago: timedelta = LONG_AGO) -> JobRun:
    at = timezone.now() - ago
    return JobRun.objects.create(
        name=name,
        outcome="failed",
        started_at=at,
        heartbeat_at=at,
        error="SourceUnavailableError: https://f1db.example/?key=abc said 500",
    )


@pytest.fixture
def site(db: None) -> None:
    schedule.install()


def test_operators_are_told_of_a_job_that_fails_and_of_its_end(site: None) -> None:
    operator(time_zone="Asia/Tokyo")
    reader(mail_troubles=True)  # whose role says no such thing
    failed()

    assert told() == ["Trouble: Bring the record up to date"]
    assert told() == []
    text = str(mail.outbox[0].body)
    assert "SourceUnavailableError" in text and "abc" not in text
    assert "JST" in text
    assert mail.outbox[0].to == ["ops@example.org"]

    failed(ago=LONG_AGO / 2)  # the same trouble
    assert told() == []
    with jobs.recorded("archive"):
        pass
    assert told() == ["Well again: Bring the record up to date"]
    assert told() == []
    failed(ago=-LONG_AGO)
    assert Trouble.objects.filter(over_at=None).count() == 0  # it may yet be made good


def test_a_failure_that_was_made_good_or_is_tried_again_is_no_trouble(
    site: None,
) -> None:
    operator()
    failed(ago=troubles.PATIENCE / 2)
    failed("tick")
    with jobs.recorded("tick"):
        pass
    failed("live 2024")  # somebody asked for it, and saw it
    failed("nothing of ours")
    assert told() == []


def test_what_an_operator_turned_off_is_no_trouble(site: None) -> None:
    from django_celery_beat.models import PeriodicTask

    operator()
    failed()
    PeriodicTask.objects.filter(name="Bring the record up to date").update(
        enabled=False
    )
    assert told() == []


def test_the_end_is_told_to_whom_the_beginning_was(site: None) -> None:
    failed()
    told()
    operator()
    with jobs.recorded("archive"):
        pass
    assert told() == []


def test_a_broken_chain_of_seals_is_told_at_once(site: None) -> None:
    operator()
    with jobs.recorded(seals.JOB) as run:
        run.counts = {"forecasts": 9, "last": 9, "faults": 1, "first": "forecast 7 …"}
    assert told() == ["Trouble: The chain of sealed forecasts is broken"]
    assert "forecast 7" in str(mail.outbox[0].body)


def test_a_model_whose_files_are_gone_is_told(site: None, cast: Cast) -> None:
    operator()
    assert told() == ["Trouble: The files of lightgbm v1"]


def test_tasks_that_nobody_takes_and_a_missing_result_come_in_one_mail(
    site: None, cast: Cast, settings: Settings
) -> None:
    operator()
    Message.objects.create(task="a.b.fit_task", n_sent=outbox.MOST_SENT)
    settings.F1_NOW = datetime(2025, 3, 18, 12, tzinfo=UTC)
    (subject,) = told()
    assert subject.endswith("and 2 more")  # and the files of the cast's model
    text = str(mail.outbox[0].body)
    assert "fit_task" in text
    assert "The result of the Melbourne Grand Prix 2025" in text


# --- sending ------------------------------------------------------------------------
@pytest.fixture
def server(cast: Cast, settings: Settings) -> Iterator[smtp_server.Server]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    api_cast.issue(cast, cast.melbourne)
    with smtp_server.serving() as server:
        settings.EMAIL_PORT = server.server_address[1]
        yield server


def test_all_letters_go_over_one_connection(server: smtp_server.Server) -> None:
    for name in "abc":
        reader(f"{name}@example.org")
    assert notify_task() == "3 mails sent"
    assert [letter["To"] for letter in server.letters] == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
    ]
    assert server.n_connections == 1
    (letter, *_) = server.letters
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_address_that_is_refused_keeps_none_from_the_others(
    server: smtp_server.Server,
) -> None:
    server.unknown = {"a@example.org"}
    for name in "ab":
        reader(f"{name}@example.org")
    assert notify_task() == "1 mail sent, 1 refused"
    assert notify_task() == "0 mails sent"  # not at once again

    with time_machine.travel(timezone.now(), tick=False) as time:
        for n in range(1, MOST_TRIES):
            time.shift(WAIT * 2 ** (n - 1) + timedelta(seconds=1))
            assert notify_task() == "0 mails sent, 1 refused"
        time.shift(timedelta(days=30))
        assert notify_task() == "0 mails sent"
    assert [letter["To"] for letter in server.letters] == ["b@example.org"]


def test_letters_wait_for_a_server_that_is_away(
    server: smtp_server.Server, settings: Settings
) -> None:
    reader()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    with pytest.raises(CommandError, match="EMAIL_URL"):
        call_command("notify")
    assert JobRun.objects.get(name="notify").outcome == "failed"
    assert not SentMail.objects.exists()
    settings.EMAIL_PORT = port
    assert notify_task() == "1 mail sent"


def test_the_command_shows_what_it_would_send(cast: Cast) -> None:
    reader()
    api_cast.issue(cast, cast.melbourne)
    out = StringIO()
    call_command("notify", "--dry-run", stdout=out)
    assert "To: ada@example.org" in out.getvalue()
    assert "George Russell" in out.getvalue()
    assert mail.outbox == [] and not SentMail.objects.exists()
    call_command("notify", stdout=out)
    assert len(mail.outbox) == 1


# --- choosing, and the way out ------------------------------------------------------
def test_a_person_chooses_on_the_account_what_comes(db: None, client: Client) -> None:
    user = reader(mail_forecasts=False)
    client.force_login(user)
    page = client.get("/account/").content.decode()
    assert "Mail me forecasts" in page and "wrong with the site" not in page
    client.post("/account/", {"name": "Ada", "mail_scores": "on"})
    user.refresh_from_db()
    chosen = (user.mail_forecasts, user.mail_scores, user.mail_troubles)
    assert chosen == (False, True, True)


def test_an_operator_may_leave_troubles_to_others(site: None, client: Client) -> None:
    user = operator()
    client.force_login(user)
    assert "wrong with the site" in client.get("/account/").content.decode()
    client.post("/account/", {"name": ""})
    failed()
    assert told() == []


def stop_path() -> str:
    letter = mail.outbox[-1]
    link = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert link in str(letter.body)
    found = re.fullmatch(r"https://f1\.example\.org(/account/mails/\S+/)", link)
    assert found
    return found[1]


def test_the_link_of_a_mail_ends_its_kind_without_a_login(cast: Cast) -> None:
    user = reader(mail_scores=True)
    api_cast.issue(cast, cast.melbourne)
    told()
    path, stranger = stop_path(), Client(enforce_csrf_checks=True)

    page = stranger.get(path).content.decode()
    assert "forecasts, as they are sealed" in page and "ada@example.org" not in page
    user.refresh_from_db()
    assert user.mail_forecasts  # programs look at links, too

    answer = stranger.post(path, {"List-Unsubscribe": "One-Click"})
    assert "No more of these mails" in answer.content.decode()
    user.refresh_from_db()
    assert (user.mail_forecasts, user.mail_scores) == (False, True)


def test_a_link_that_was_tampered_with_ends_nothing(cast: Cast) -> None:
    user = reader()
    api_cast.issue(cast, cast.melbourne)
    told()
    path = stop_path()
    for wrong in (f"{path[:-2]}x/", "/account/mails/stale/"):
        assert Client().post(wrong).status_code == 404
    user.refresh_from_db()
    assert user.mail_forecasts


def test_old_mails_are_forgotten(cast: Cast) -> None:
    from accounts import people

    user = reader()
    old = timezone.now() - timedelta(days=91)
    SentMail.objects.create(user=user, about="forecast 1", tried_at=old)
    SentMail.objects.create(user=user, about="forecast 2")
    people.sweep()
    assert SentMail.objects.count() == 1
