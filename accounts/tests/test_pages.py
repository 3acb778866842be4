"""Logging in and out, and one's own account."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("Ada@Example.org", PASSWORD, name="Ada")


def log_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"login": email, "password": password, **more})


def test_the_address_logs_in_whatever_its_case(user: User, client: Client) -> None:
    answer = log_in(client, "ADA@example.ORG")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/account/").status_code == 200


def test_the_form_asks_for_an_address(db: None, client: Client) -> None:
    page = client.get("/login/").content.decode()

    assert settings.APP_NAME in page

    assert 'type="email"' in page
    assert 'autocomplete="current-password"' in page


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", "wrong"), ("eve@example.org", PASSWORD)],
)
def test_a_wrong_pair_is_refused_in_the_same_words(
    email: str, password: str, user: User, client: Client
) -> None:
    answer = log_in(client, email, password)

    assert answer.status_code == 200
    assert "do not go together" in answer.content.decode()
    assert "sessionid" not in client.cookies


def test_a_closed_account_stays_out(user: User, client: Client) -> None:
    User.objects.update(is_active=False)

    assert log_in(client, "ada@example.org").status_code == 200
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example"])
def test_nobody_is_sent_elsewhere(next: str, user: User, client: Client) -> None:
    answer = log_in(client, "ada@example.org", next=next)

    assert answer["Location"] == "/"


def test_the_session_changes_at_login(user: User, client: Client) -> None:
    log_in(client, "ada@example.org")
    before = client.cookies["sessionid"].value
    client.post("/logout/")
    log_in(client, "ada@example.org")

    assert client.cookies["sessionid"].value != before


def test_only_a_post_logs_out(user: User, client: Client) -> None:
    client.force_login(user)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/"
    assert client.get("/account/").status_code == 302


def test_a_form_without_its_token_is_refused(user: User) -> None:
    client = Client(enforce_csrf_checks=True)

    assert log_in(client, "ada@example.org").status_code == 403


def test_strangers_are_asked_to_log_in(db: None, client: Client) -> None:
    for path in ("/account/", "/account/password/"):
        assert client.get(path)["Location"] == f"/login/?next={path}"


def test_name_and_zone_are_saved(user: User, client: Client) -> None:
    client.force_login(user)

    client.post("/account/", {"name": "Ada L.", "time_zone": "Europe/London"})

    user.refresh_from_db()
    assert (user.name, user.time_zone) == ("Ada L.", "Europe/London")


def test_nothing_else_is_saved(user: User, client: Client) -> None:
    client.force_login(user)

    client.post("/account/", {"name": "A", "is_staff": "on", "email": "x@example.org"})

    user.refresh_from_db()
    assert (user.is_staff, user.email) == (False, "ada@example.org")


def test_an_unknown_zone_is_refused(user: User, client: Client) -> None:
    client.force_login(user)

    answer = client.post("/account/", {"name": "Ada", "time_zone": "Mars/Olympus"})

    assert answer.status_code == 200
    user.refresh_from_db()
    assert user.time_zone == ""


def test_the_password_is_changed(user: User, client: Client) -> None:
    client.force_login(user)
    new = "staple battery horse"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}

    assert client.post("/account/password/", form)["Location"] == "/account/"

    assert client.get("/account/").status_code == 200
    assert "sessionid" in log_in(Client(), "ada@example.org", new).cookies


def test_a_short_password_is_refused(user: User, client: Client) -> None:
    client.force_login(user)
    form = {"oldpassword": PASSWORD, "password1": "abc", "password2": "abc"}

    assert client.post("/account/password/", form).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_account_pages_are_never_cached(user: User, client: Client) -> None:
    client.force_login(user)

    for path in ("/login/", "/account/", "/account/password/"):
        assert "no-store" in client.get(path)["Cache-Control"]
