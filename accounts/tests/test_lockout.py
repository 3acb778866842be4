"""Five failures lock the door; what opens it, and what does not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import User
from accounts.tests.parts import (
    EMAIL,
    PASSWORD,
    code,
    is_in,
    link,
    log_in,
    person,
    set_up,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> User:
    return person()


def fail(times: int, email: str = EMAIL, **more: Any) -> list[int]:
    """Wrong passwords from as many browsers; the statuses of the answers."""
    return [
        log_in(
            Client(), email, f"wrong {n}", headers={"User-Agent": str(n)}, **more
        ).status_code
        for n in range(times)
    ]


def is_open(email: str = EMAIL, **more: Any) -> bool:
    return bool(log_in(Client(), email, **more).status_code == 302)


def test_the_fifth_failure_locks_also_the_right_password(ada: User) -> None:
    assert fail(5) == [200, 200, 200, 200, 429]

    answer = log_in(Client(), EMAIL.upper())

    assert answer.status_code == 429
    assert 1790 < int(answer["Retry-After"]) <= 1800
    page = answer.content.decode()
    assert "30 minutes" in page and "Too many failures" in page
    assert "sessionid" not in answer.cookies


def test_four_failures_lock_nothing_and_a_success_forgets_them(ada: User) -> None:
    fail(4)
    assert is_open()
    fail(4)
    assert is_open()


def test_an_address_without_an_account_is_locked_as_well(ada: User) -> None:
    assert fail(5, "eve@example.org")[-1] == 429


def test_it_holds_without_redis(ada: User, redis_away: None) -> None:
    assert fail(5)[-1] == 429
    assert not is_open()


def test_the_lock_is_for_who_failed_not_for_the_owner(ada: User) -> None:
    fail(5, REMOTE_ADDR="10.0.0.1")

    assert not is_open(REMOTE_ADDR="10.0.0.1")
    assert is_open(REMOTE_ADDR="10.0.0.2")
    assert not is_open(REMOTE_ADDR="10.0.0.1")  # his success forgets nothing there


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"]
)
def test_a_made_up_address_does_not_help(header: str, ada: User) -> None:
    for n in range(5):
        log_in(Client(), EMAIL, "wrong", headers={header: f"1.1.1.{n}"})

    assert log_in(Client(), headers={header: "9.9.9.9"}).status_code == 429


def test_behind_a_proxy_its_word_counts_and_not_the_caller_s(
    ada: User, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    for n in range(5):
        told = {"X-Forwarded-For": f"1.1.1.{n}, 9.9.9.9"}
        log_in(Client(), EMAIL, "wrong", headers=told)

    assert not is_open(headers={"X-Forwarded-For": "1.1.1.8, 9.9.9.9"})
    assert is_open(headers={"X-Forwarded-For": "9.9.9.9, 8.8.8.8"})


def test_an_account_is_locked_for_all_after_failures_from_everywhere(
    ada: User, settings: Any
) -> None:
    settings.LOGIN_FAILURES = (5, 8, 100)
    for n in range(8):
        fail(1, REMOTE_ADDR=f"10.0.0.{n}")

    assert not is_open(REMOTE_ADDR="10.0.1.1")


def test_an_address_is_locked_after_failures_with_many_accounts(
    ada: User, settings: Any
) -> None:
    settings.LOGIN_FAILURES = (5, 100, 8)
    person("mallory@example.org")
    for n in range(8):
        fail(1, f"{n}@example.org")
        if n == 4:  # an account of his own does not wash him clean
            assert is_open("mallory@example.org")

    assert not is_open()


def test_it_ends_by_itself(ada: User) -> None:
    fail(5)
    log_in(Client())  # trying on makes it no longer
    past = timezone.now() - timedelta(minutes=31)
    AccessAttempt.objects.update(attempt_time=past)

    assert is_open()


def test_a_new_password_by_mail_opens_it(ada: User, client: Client) -> None:
    fail(5)
    client.post("/account/reset/", {"email": EMAIL})
    path = client.get(link(), follow=True).request["PATH_INFO"]
    client.post(path, {"password1": PASSWORD, "password2": PASSWORD})

    assert is_open()


def test_an_admin_opens_it(ada: User, client: Client) -> None:
    boss = person("boss@example.org")
    roles.give(boss, roles.ADMIN)
    client.force_login(boss)
    fail(5)
    assert EMAIL in client.get("/admin/axes/accessattempt/").content.decode()
    rows = list(AccessAttempt.objects.values_list("pk", flat=True))
    form = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}

    client.post("/admin/axes/accessattempt/", form)

    assert is_open()


def test_a_command_opens_it(ada: User, capsys: Any) -> None:
    fail(5)

    call_command("axes_reset_username", EMAIL)

    assert is_open()


def test_no_password_is_kept(ada: User) -> None:
    fail(2)

    kept = str(list(AccessAttempt.objects.values()))
    assert EMAIL in kept and "wrong" not in kept


def test_wrong_codes_count_like_wrong_passwords(ada: User, client: Client) -> None:
    log_in(client)
    secret, _ = set_up(client)
    thief, where = Client(), "/account/second-factor/code/"
    log_in(thief)

    answers = [thief.post(where, {"code": "000000"}).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 429]
    assert thief.post(where, {"code": code(secret)}).status_code == 429
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("where", "form"),
    [
        ("/account/again/", {"password": "wrong"}),
        ("/account/delete/", {"password": "wrong"}),
        (
            "/account/password/",
            {"oldpassword": "wrong", "password1": "a" * 12, "password2": "a" * 12},
        ),
    ],
)
def test_an_open_session_guesses_no_passwords(
    where: str, form: dict[str, str], ada: User, client: Client
) -> None:
    client.force_login(ada)

    answers = [client.post(where, form).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 429]


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_counted_one_by_one() -> None:
    user = person()

    def guess(n: int) -> int:
        try:
            return int(log_in(Client(), EMAIL, f"wrong {n}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(guess, range(20)))

    assert answers == [200] * 4 + [429] * 16
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.failures_since_start) == (user.email, 5)
