"""Mails of the site's own accord: who is told what, once, and how it ends."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import mails as delivery
from accounts import people
from accounts.mails import MOST_TRIES, WAIT
from accounts.models import SentMail, User
from accounts.post import MailServerAwayError, Office
from f1site.base import jobs
from f1site.base.models import JobRun, Trouble
from f1site.tests.test_base import run_apart
from ingestion.models import Race, Session
from predictions import mails
from predictions.models import Stage
from predictions.tasks import notify_task
from predictions.tests import api_cast, smtp_server
from predictions.tests.api_cast import Cast

THURSDAY = datetime(2025, 3, 13, 12, tzinfo=UTC)
AFTER_LAS_VEGAS = datetime(2024, 11, 25, 8, tzinfo=UTC)


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = THURSDAY
    settings.SITE_URL = "https://f1.example.org/"
    return api_cast.make()


def reader(email: str = "ada@example.org", **more: Any) -> User:
    return User.objects.create_user(email, **{"mail_forecasts": True, **more})


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


def test_of_several_forecasts_the_last_is_told_and_not_the_best(
    cast: Cast, settings: Settings
) -> None:
    settings.F1_NOW = AFTER_LAS_VEGAS
    reader(mail_scores=True)
    best = api_cast.issue(cast, cast.vegas, Stage.FINAL_GRID, day=1)
    last = api_cast.issue(
        cast, cast.vegas, Stage.FINAL_GRID, day=2, chances=[0.1, 0.2, 0.3, 0.4]
    )
    early = api_cast.issue(cast, cast.vegas, day=3)
    for forecast, loss in ((best, 0.5), (last, 2.5), (early, 0.1)):
        api_cast.score(forecast, loss)
    told()
    text = str(mail.outbox[0].body)
    assert "Log loss 2.50" in text and "George Russell: our 4th" in text


@pytest.mark.parametrize(
    ("hour", "said"), [(3, "Start: 15 Mar 2025, 03:00 UTC"), (None, "15 Mar 2025\n")]
)
def test_a_sprint_starts_when_it_does(hour: int | None, said: str, cast: Cast) -> None:
    reader()
    Race.objects.filter(pk=cast.melbourne.pk).update(sprint_format="qualifying_2024")
    day = datetime(2025, 3, 15, tzinfo=UTC)
    Session.objects.create(
        race=cast.melbourne,
        kind="sprint",
        starts_on=day,
        starts_at=day.replace(hour=hour) if hour else None,
    )
    api_cast.issue(cast, cast.melbourne, kind="sprint")
    assert told() == [
        "Melbourne Grand Prix 2025, sprint: the pre-weekend forecast is sealed"
    ]
    text = str(mail.outbox[0].body)
    assert said in text and "/races/2025/1/sprint/" in text


def test_whose_address_is_not_confirmed_or_account_is_closed_gets_nothing(
    cast: Cast,
) -> None:
    api_cast.issue(cast, cast.melbourne)
    reader("closed@example.org", is_active=False)
    stranger = reader("stranger@example.org")
    stranger.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    assert told() == []


# --- sending ------------------------------------------------------------------------
@pytest.fixture
def server(cast: Cast, settings: Settings) -> Iterator[smtp_server.Server]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    api_cast.issue(cast, cast.melbourne)
    with smtp_server.serving() as server:
        settings.EMAIL_PORT = server.server_address[1]
        yield server


def readers(names: str) -> None:
    for name in names:
        reader(f"{name}@example.org")


def took(server: smtp_server.Server) -> str:
    return "".join(letter["To"][0] for letter in server.letters)


def test_all_letters_go_over_one_connection(server: smtp_server.Server) -> None:
    readers("abc")
    assert notify_task() == "3 mails sent"
    assert took(server) == "abc"
    assert server.n_connections == 1
    (letter, *_) = server.letters
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_address_that_is_refused_keeps_none_from_the_others(
    server: smtp_server.Server,
) -> None:
    server.answers["a@example.org"] = "550 nobody of that name"
    readers("ab")
    assert notify_task() == "1 mail sent, 1 not"
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert notify_task() == "0 mails sent"  # for good
    assert took(server) == "b"


@pytest.mark.parametrize("answer", ["450 come back later", smtp_server.GONE])
def test_what_was_not_taken_is_tried_again_after_a_while(
    answer: str, server: smtp_server.Server
) -> None:
    """Later each time, and not for ever; the others do not wait for it."""
    server.answers["a@example.org"] = answer
    readers("ab")
    assert notify_task() == "1 mail sent, 1 not"
    assert notify_task() == "0 mails sent"
    with time_machine.travel(timezone.now(), tick=False) as time:
        for n in range(1, MOST_TRIES):
            time.shift(WAIT * 2 ** (n - 1) + timedelta(seconds=1))
            if n == 3:
                readers("c")
            assert notify_task() == f"{'1 mail' if n == 3 else '0 mails'} sent, 1 not"
        time.shift(timedelta(days=30))
        assert notify_task() == "0 mails sent"
    assert took(server) == "bc"


def test_a_server_that_takes_none_of_several_is_left_alone(
    server: smtp_server.Server,
) -> None:
    for name in "abcd":
        server.answers[f"{name}@example.org"] = smtp_server.GONE
    readers("abcde")
    with pytest.raises(MailServerAwayError):
        mails.notify()
    assert SentMail.objects.count() == 3
    assert server.letters == []
    assert notify_task() == "1 mail sent, 1 not"  # of those who were not tried yet


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


def test_a_letter_that_cannot_be_written_keeps_none_from_the_others(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = mails.forecasts._forecast

    def but_for_one(forecast: Any, rows: Any, user: User) -> str:
        if user.email.startswith("a"):
            raise LookupError("this one")
        return write(forecast, rows, user)

    monkeypatch.setattr(mails.forecasts, "_forecast", but_for_one)
    readers("ab")
    api_cast.issue(cast, cast.melbourne)
    assert notify_task() == "1 mail sent, 1 not"
    assert notify_task() == "0 mails sent"


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc", "America"])
def test_a_zone_that_nobody_knows_is_taken_for_utc(zone: str, cast: Cast) -> None:
    reader(time_zone=zone)
    api_cast.issue(cast, cast.melbourne)
    told()
    assert "Start: 16 Mar 2025, 06:00 UTC" in str(mail.outbox[0].body)
    with pytest.raises(ValidationError, match="no time zone"):
        User.objects.get().full_clean()


def test_who_leaves_meanwhile_is_told_no_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes after him is."""
    readers("abc")
    api_cast.issue(cast, cast.melbourne)
    open_ = Office.open

    def leave(office: Office) -> None:
        User.objects.filter(email="b@example.org").delete()
        open_(office)

    monkeypatch.setattr(Office, "open", leave)
    notify_task()
    assert [letter.to[0][0] for letter in mail.outbox] == ["a", "c"]


def test_a_run_ends_after_a_while_and_the_next_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BUDGET_S", 0)
    readers("abc")
    api_cast.issue(cast, cast.melbourne)
    assert [notify_task() for _ in range(4)] == [
        *["1 mail sent"] * 3,
        "0 mails sent",
    ]


def test_many_readers_cost_few_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        reader(f"{n}@example.org")
    api_cast.issue(cast, cast.melbourne)
    with django_assert_max_num_queries(40 + 60 * 4):
        assert notify_task() == "60 mails sent"
    with django_assert_max_num_queries(30):
        assert notify_task() == "0 mails sent"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_once() -> None:
    said: list[str] = []
    with jobs.claimed("job notify"):
        run_apart(lambda: said.append(str(mails.notify())))
    assert said == ["0 mails sent"]
    assert not JobRun.objects.exists()  # nobody says that there was nothing to do


def test_the_command_shows_what_it_would_send_and_changes_nothing(
    cast: Cast,
) -> None:
    reader()
    api_cast.issue(cast, cast.melbourne)
    out = StringIO()
    call_command("notify", "--dry-run", stdout=out)
    assert "To: ada@example.org" in out.getvalue()
    assert "George Russell" in out.getvalue()
    assert mail.outbox == [] and not SentMail.objects.exists()
    assert not Trouble.objects.exists()
    call_command("notify", stdout=out)
    assert len(mail.outbox) == 1
    assert Trouble.objects.exists()  # the files of the cast's model


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


def test_an_operator_may_leave_troubles_to_others(db: None, client: Client) -> None:
    user = reader(is_superuser=True, mail_forecasts=False)
    client.force_login(user)
    assert "wrong with the site" in client.get("/account/").content.decode()
    client.post("/account/", {"name": ""})
    Trouble.objects.create(name="a: b", title="Rain", text="from above")
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


def test_what_was_sent_is_in_ones_data_and_forgotten_after_a_year(
    cast: Cast, client: Client
) -> None:
    user = reader()
    api_cast.issue(cast, cast.melbourne)
    told()
    client.force_login(user)
    (kept,) = client.get("/account/data.json").json()["accounts.SentMail.user"]
    assert kept["subject"].startswith("Melbourne Grand Prix 2025") and kept["sent_at"]
    people.sweep()
    assert SentMail.objects.exists()
    SentMail.objects.update(tried_at=timezone.now() - timedelta(days=366))
    people.sweep()
    assert not SentMail.objects.exists()
