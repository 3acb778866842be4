"""Codes of an app beside the password."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts import roles
from accounts.models import User
from accounts.tests.parts import again, code, is_in, log_in, person, set_up

pytestmark = pytest.mark.django_db

CODE = "/account/second-factor/code/"


@pytest.fixture
def ada(client: Client) -> User:
    user = person()
    log_in(client)
    return user


def test_login_asks_for_the_code_of_the_app(ada: User, client: Client) -> None:
    secret, _ = set_up(client)
    fresh = Client()

    assert log_in(fresh, **{"next": "/ratings/"})["Location"] == CODE
    assert not is_in(fresh)
    assert "not right" in fresh.post(CODE, {"code": "000000"}).content.decode()
    assert not is_in(fresh)
    assert fresh.post(CODE, {"code": code(secret)})["Location"] == "/"
    assert is_in(fresh)


def test_the_way_leads_where_it_was_to_lead(ada: User, client: Client) -> None:
    secret, _ = set_up(client)
    fresh = Client()
    fresh.post(
        "/login/",
        {"login": ada.email, "password": "correct horse battery", "next": "/ratings/"},
    )

    assert fresh.post(CODE, {"code": code(secret)})["Location"] == "/ratings/"


def test_a_code_of_the_app_lets_in_once_even_without_redis(
    ada: User, client: Client, redis_away: None
) -> None:
    secret, _ = set_up(client)
    shown = code(secret)
    first, second = Client(), Client()
    for fresh in (first, second):
        log_in(fresh)
        fresh.post(CODE, {"code": shown})

    assert is_in(first) and not is_in(second)


def test_a_recovery_code_lets_in_once(ada: User, client: Client) -> None:
    _, codes = set_up(client)
    first, second = Client(), Client()
    for fresh in (first, second):
        log_in(fresh)
        fresh.post(CODE, {"code": codes[3]})

    assert len(set(codes)) == 10
    assert is_in(first) and not is_in(second)
    assert "9 are left" in first.get("/account/second-factor/").content.decode()


def test_recovery_codes_are_shown_once_and_made_anew(ada: User, client: Client) -> None:
    _, codes = set_up(client)

    page = client.get("/account/second-factor/recovery/").content.decode()
    assert not any(one in page for one in codes)
    client.post("/account/second-factor/recovery/new/")
    page = client.get("/account/second-factor/recovery/").content.decode()
    assert len(re.findall(r"<code>\d{8}</code>", page)) == 10
    assert codes[0] not in page


def test_the_key_is_kept_encrypted(ada: User, client: Client, settings: Any) -> None:
    secret, codes = set_up(client)
    kept = " ".join(str(one.data) for one in Authenticator.objects.all())
    assert secret not in kept and codes[0] not in kept

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    fresh = Client()
    log_in(fresh)
    assert fresh.post(CODE, {"code": code(secret)}).status_code == 302

    settings.SECRET_KEY_FALLBACKS = []
    lost = Client()
    log_in(lost)
    answer = lost.post(CODE, {"code": code(secret, steps=1)})
    assert "administrator" in answer.content.decode()
    assert not is_in(lost)


def test_the_picture_of_the_key_keeps_the_policy(ada: User, client: Client) -> None:
    again(client)
    answer = client.get("/account/second-factor/set-up/")

    assert 'src="data:image/svg+xml;base64,' in answer.content.decode()
    assert "style=" not in answer.content.decode()
    assert "img-src 'self' data:" in answer["Content-Security-Policy"]


def test_switching_it_off_asks_who_it_is(ada: User, client: Client) -> None:
    secret, _ = set_up(client)
    fresh, remove = Client(), "/account/second-factor/remove/"
    log_in(fresh)
    fresh.post(CODE, {"code": code(secret)})

    assert fresh.post(remove)["Location"].startswith("/account/again/")
    assert Authenticator.objects.count() == 2
    again(fresh, "not the password")
    assert fresh.post(remove)["Location"].startswith("/account/again/")
    again(fresh)
    fresh.post(remove)
    assert not Authenticator.objects.exists()
    assert "switched off" in mail.outbox[-1].subject
    assert log_in(Client())["Location"] == "/"


def test_a_code_may_stand_in_for_the_password(ada: User, client: Client) -> None:
    _, codes = set_up(client)
    fresh = Client()
    log_in(fresh)
    fresh.post(CODE, {"code": codes[0]})

    where = "/account/second-factor/again/?next=/account/second-factor/remove/"
    assert fresh.post(where, {"code": "00000000"}).status_code == 200
    answer = fresh.post(where, {"code": codes[1]})

    assert answer["Location"] == "/account/second-factor/remove/"
    assert fresh.get("/account/second-factor/remove/").status_code == 200


def test_the_admin_asks_for_it_too(ada: User, client: Client) -> None:
    roles.give(ada, roles.EDITOR)
    secret, _ = set_up(client)
    fresh = Client()

    assert fresh.get("/admin/login/")["Location"].startswith("/login/?next=")
    log_in(fresh)
    assert fresh.get("/admin/").status_code == 302
    fresh.post(CODE, {"code": code(secret)})
    assert fresh.get("/admin/").status_code == 200
    assert fresh.get("/admin/password_change/")["Location"] == "/account/password/"


def test_staff_are_asked_to_set_it_up(ada: User, client: Client, settings: Any) -> None:
    roles.give(ada, roles.EDITOR)
    assert "with a password alone" in client.get("/account/").content.decode()
    assert b"A password alone" in client.get("/admin/").content

    settings.MFA_REQUIRED_FOR_STAFF = True
    assert client.get("/admin/")["Location"] == "/account/second-factor/set-up/"
    set_up(client)
    assert b"A password alone" not in client.get("/admin/").content
    assert "with a password alone" not in client.get("/account/").content.decode()


def test_an_admin_takes_it_from_others_but_not_from_a_superuser(
    client: Client,
) -> None:
    boss, ada = person("boss@example.org"), person()
    root = User.objects.create_superuser("root@example.org", "correct horse battery")
    roles.give(boss, roles.ADMIN)
    of_ada, of_root = (
        Authenticator.objects.create(user=one, type="totp", data={"secret": "x"})
        for one in (ada, root)
    )
    client.force_login(boss)

    for one in (of_ada, of_root):
        client.post(f"/admin/mfa/authenticator/{one.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [of_root.pk]}
    client.post("/admin/mfa/authenticator/", {**chosen, "post": "yes"})

    assert list(Authenticator.objects.all()) == [of_root]
    page = client.get(f"/admin/mfa/authenticator/{of_root.pk}/change/").content
    assert b"secret" not in page
