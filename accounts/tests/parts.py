"""What tests of accounts share: a person, his mails, and the code of his app."""

import re
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from accounts.models import User

EMAIL = "ada@example.org"
PASSWORD = "correct horse battery"


def person(email: str = EMAIL, **more: Any) -> User:
    return User.objects.create_user(email, PASSWORD, **more)


def log_in(
    client: Client, email: str = EMAIL, password: str = PASSWORD, **more: Any
) -> Any:
    """Send the login form; headers and addresses go along."""
    return client.post("/login/", {"login": email, "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def link(*, to: str = EMAIL) -> str:
    """The path of the link in the newest mail."""
    newest = mail.outbox[-1]
    assert newest.to == [to]
    found = re.search(r"https?://[^/]+(/account/\S+)", str(newest.body))
    assert found, newest.body
    return found[1]


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    counter = int(time.time()) // 30 + steps
    return str(format_hotp_value(hotp_value(secret, counter)))


def again(client: Client, password: str = PASSWORD) -> None:
    """Say once more who it is."""
    client.post("/account/again/", {"password": password})


def set_up(client: Client) -> tuple[str, list[str]]:
    """Switch the second factor on; the key and the recovery codes."""
    again(client)
    page = client.get("/account/second-factor/set-up/").content.decode()
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    secret = found[1]
    answer = client.post("/account/second-factor/set-up/", {"code": code(secret)})
    assert answer["Location"] == "/account/second-factor/recovery/"
    codes = client.get("/account/second-factor/recovery/").content.decode()
    return secret, re.findall(r"<code>(\d{8})</code>", codes)
