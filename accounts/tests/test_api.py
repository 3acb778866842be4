"""Signed and personal tokens, as a program uses them."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from accounts import tokens
from accounts.models import PersonalToken, User
from accounts.tests.parts import code, log_in, set_up

PASSWORD = "correct horse battery"
V1 = "/api/v1/"
NEW = {"name": "notebook", "password": PASSWORD}
Json = dict[str, Any]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD, name="Ada")


def post(client: Client, path: str, sent: Json | None = None, **headers: str) -> Any:
    return client.post(V1 + path, sent or {}, "application/json", headers=headers)


def sign_in(client: Client, **more: Any) -> Json:
    sent = {"email": "ada@example.org", "password": PASSWORD, **more}
    answer = post(client, "auth/token/", sent)
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "no-store"
    return dict(answer.json())


def renew(client: Client, refresh: str) -> Any:
    return post(client, "auth/refresh/", {"refresh": refresh})


def me(text: str) -> Any:
    return Client().get(f"{V1}me/", headers={"Authorization": f"Bearer {text}"})


def test_a_signed_token_says_who_one_is(ada: User, client: Client) -> None:
    pair = sign_in(client)
    assert pair["expires_in"] == 3600
    answer = me(pair["access"])
    assert answer.status_code == 200
    assert answer.json()["email"] == "ada@example.org"
    assert answer["Cache-Control"] == "no-store"


def test_without_one_the_answer_is_401_in_the_usual_shape(
    db: None, client: Client
) -> None:
    answer = client.get(f"{V1}me/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert set(answer.json()) == {"detail", "code"}


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", "wrong"), ("eve@example.org", PASSWORD)],
)
def test_a_wrong_pair_is_refused_in_the_same_words(
    email: str, password: str, ada: User, client: Client
) -> None:
    answer = post(client, "auth/token/", {"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_credentials"


def test_tokens_last_an_hour_and_a_week(
    ada: User, client: Client, time_machine: TimeMachineFixture
) -> None:
    pair = sign_in(client)
    start = timezone.now()
    time_machine.move_to(start + timedelta(minutes=59))
    assert me(pair["access"]).status_code == 200
    time_machine.move_to(start + timedelta(minutes=61))
    assert me(pair["access"]).status_code == 401
    time_machine.move_to(start + timedelta(days=6, hours=23))
    renewed = renew(client, pair["refresh"]).json()
    assert me(renewed["access"]).status_code == 200
    time_machine.move_to(start + timedelta(days=14))
    late = renew(client, renewed["refresh"])
    assert (late.status_code, late.json()["code"]) == (401, "invalid_token")


def test_a_refresh_token_that_comes_twice_ends_everything(
    ada: User, client: Client
) -> None:
    pair = sign_in(client)
    renewed = renew(client, pair["refresh"]).json()
    assert renew(client, pair["refresh"]).status_code == 401
    assert me(renewed["access"]).status_code == 401
    stolen = renew(client, renewed["refresh"])
    assert stolen.status_code == 401


def _new_password(ada: User) -> None:
    ada.set_password("another horse battery")
    ada.save()


@pytest.mark.parametrize(
    "end",
    [
        _new_password,
        lambda ada: User.objects.filter(pk=ada.pk).update(is_active=False),
        lambda ada: ada.delete(),
    ],
)
def test_a_token_ends_with_what_it_stands_on(
    end: Any, ada: User, client: Client
) -> None:
    pair = sign_in(client)
    assert me(pair["access"]).status_code == 200
    end(ada)
    assert me(pair["access"]).status_code == 401
    assert renew(client, pair["refresh"]).status_code == 401


def test_revoking_ends_one_or_all(ada: User, client: Client) -> None:
    here, there = sign_in(client), sign_in(client)
    assert post(client, "auth/revoke/", {"refresh": here["refresh"]}).status_code == 204
    assert me(there["access"]).status_code == 200
    sent = {"refresh": there["refresh"], "everywhere": True}
    assert post(client, "auth/revoke/", sent).status_code == 204
    assert me(here["access"]).status_code == me(there["access"]).status_code == 401


def _forged(ada: User, algorithm: str, key: str, **claims: Any) -> str:
    now = timezone.now()
    body = {
        "sub": str(ada.pk),
        "ver": ada.token_version,
        "token_type": "access",
        "jti": "0" * 32,
        "iss": "f1site",
        "exp": now + timedelta(hours=1),
        **claims,
    }
    return jwt.encode(body, key, algorithm=algorithm)


def test_forged_tokens_are_refused(ada: User, client: Client) -> None:
    key = str(site.SIMPLE_JWT["SIGNING_KEY"])
    assert me(_forged(ada, "HS256", key)).status_code == 200  # the test can forge
    for forged in (
        _forged(ada, "HS256", "x" * 64),
        _forged(ada, "none", ""),
        _forged(ada, "HS512", key),
        _forged(ada, "HS256", key, ver=ada.token_version + 1),
        _forged(ada, "HS256", key, iss="another"),
        _forged(ada, "HS256", key, sub="1 OR 1=1"),
        _forged(ada, "HS256", key, token_type="refresh"),
        sign_in(client)["refresh"],
        "",
        "f1_",
        "f1_abc_def",
        "a.b.c",
    ):
        answer = me(forged)
        assert answer.status_code == 401, forged
        assert answer.json()["code"] == "invalid_token"


def test_the_cookie_is_for_this_site_alone(
    ada: User, client: Client, settings: Settings
) -> None:
    pair = sign_in(client, cookie=True)
    assert pair["refresh"] is None
    cookie = client.cookies["f1_refresh"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/api/v1/auth/"
    foreign = post(client, "auth/refresh/", Origin="https://evil.example")
    assert foreign.status_code == 403
    spent = cookie.value
    renewed = post(client, "auth/refresh/", Origin="http://testserver")
    assert renewed.json()["refresh"] is None
    assert client.cookies["f1_refresh"].value != spent
    assert post(client, "auth/revoke/").status_code == 204
    assert not client.cookies["f1_refresh"].value
    assert post(client, "auth/refresh/").status_code == 400


def test_a_personal_token_is_shown_once_and_kept_as_a_hash(
    ada: User, client: Client
) -> None:
    client.force_login(ada)
    made = post(client, "tokens/", {**NEW, "days": 30})
    assert made.status_code == 201
    text = made.json()["token"]
    listed = client.get(f"{V1}tokens/").json()
    assert [one["name"] for one in listed] == ["notebook"]
    assert "token" not in listed[0]
    kept = PersonalToken.objects.values().get()
    assert text not in str(kept)
    assert text.split("_", 2)[2] not in str(kept)
    assert kept["last_used_at"] is None
    answer = me(text)
    assert answer.json()["scopes"] == ["read"]
    assert PersonalToken.objects.get().last_used_at is not None


def test_a_personal_token_expires_and_is_revoked(
    ada: User, client: Client, time_machine: TimeMachineFixture
) -> None:
    _, text = tokens.issue(ada, "notebook", [], 30)
    kept, other = tokens.issue(ada, "phone", [], None)
    assert me(text).status_code == 200
    time_machine.move_to(timezone.now() + timedelta(days=31))
    assert me(text).status_code == 401
    client.force_login(ada)
    assert client.delete(f"{V1}tokens/{kept.handle}/").status_code == 204
    assert me(other).status_code == 401
    assert client.delete(f"{V1}tokens/{kept.handle}/").status_code == 404


def test_tokens_of_others_are_nobodys_business(ada: User, client: Client) -> None:
    token, _ = tokens.issue(ada, "notebook", [], 30)
    client.force_login(User.objects.create_user("eve@example.org"))
    assert client.get(f"{V1}tokens/").json() == []
    assert client.delete(f"{V1}tokens/{token.handle}/").status_code == 404
    assert PersonalToken.objects.count() == 1


def test_no_personal_token_makes_or_ends_another(ada: User, client: Client) -> None:
    token, text = tokens.issue(ada, "notebook", ["export", "backtest"], 30)
    bearer = {"Authorization": f"Bearer {text}"}
    made = post(client, "tokens/", NEW, **bearer)
    assert (made.status_code, made.json()["code"]) == (403, "out_of_scope")
    ended = client.delete(f"{V1}tokens/{token.handle}/", headers=bearer)
    assert ended.status_code == 403


def test_a_session_needs_the_form_token_to_write(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert post(browser, "tokens/", NEW).status_code == 403
    assert not PersonalToken.objects.exists()


def test_twenty_tokens_are_the_most(ada: User, client: Client) -> None:
    for n in range(tokens.MOST_TOKENS):
        tokens.issue(ada, str(n), [], None)
    client.force_login(ada)
    answer = post(client, "tokens/", NEW)
    assert answer.status_code == 400
    assert "revoke one first" in answer.json()["detail"]


def test_guesses_count_for_their_address(ada: User, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api": (1, 3)}
    bearer = {"Authorization": "Bearer f1_guess"}
    answers = [
        Client().get(f"{V1}me/", headers=bearer, REMOTE_ADDR="192.0.2.77")
        for _ in range(4)
    ]
    assert [one.status_code for one in answers] == [401, 401, 401, 429]
    assert answers[-1]["Retry-After"]


# --- the same door as the pages ------------------------------------------------
def test_five_failures_lock_a_program_out_as_well(ada: User, client: Client) -> None:
    wrong = {"email": "ada@example.org", "password": "wrong"}
    answers = [post(client, "auth/token/", wrong) for _ in range(5)]
    assert [one.status_code for one in answers] == [401] * 4 + [429]
    assert answers[-1].json()["code"] == "locked"
    assert int(answers[-1]["Retry-After"]) > 1700
    right = {"email": "ADA@example.org", "password": PASSWORD}
    assert post(client, "auth/token/", right).status_code == 429
    assert log_in(Client()).status_code == 429


def test_a_program_shows_the_second_factor_as_well(ada: User, client: Client) -> None:
    browser = Client()
    log_in(browser)
    secret, _ = set_up(browser)
    sent = {"email": "ada@example.org", "password": PASSWORD}

    for code_sent, reason in (({}, "code_needed"), ({"code": "000000"}, "wrong_code")):
        answer = post(client, "auth/token/", sent | code_sent)
        assert (answer.status_code, answer.json()["code"]) == (401, reason)
    with_code = sent | {"code": code(secret)}
    assert post(client, "auth/token/", with_code).status_code == 200
    assert post(client, "auth/token/", with_code).json()["code"] == "wrong_code"
    assert "sessionid" not in client.cookies


def test_an_address_is_confirmed_before_a_program_comes_in(
    db: None, client: Client
) -> None:
    form = {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/register/", form)
    sent = {"email": "eve@example.org", "password": PASSWORD}
    answer = post(Client(), "auth/token/", sent)
    assert (answer.status_code, answer.json()["code"]) == (401, "unconfirmed_address")


def test_who_makes_a_token_says_once_more_who_it_is(ada: User, client: Client) -> None:
    client.force_login(ada)
    for password in ("", "wrong"):
        answer = post(client, "tokens/", {**NEW, "password": password})
        assert answer.status_code in (400, 403)
    assert not PersonalToken.objects.exists()


def test_a_save_does_not_take_a_revocation_back(ada: User, client: Client) -> None:
    pair = sign_in(client)
    read_before = User.objects.get()
    ada.end_signed_tokens()
    read_before.name = "Ada Lovelace"
    read_before.save()
    assert User.objects.get().name == "Ada Lovelace"
    assert me(pair["access"]).status_code == 401


def test_a_hash_made_anew_ends_no_token(
    ada: User, client: Client, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    before = ada.password
    assert me(sign_in(client)["access"]).status_code == 200
    ada.refresh_from_db()
    assert ada.password != before
    assert me(sign_in(client)["access"]).status_code == 200


def test_bodies_are_small_and_shallow(client: Client) -> None:
    for body, status in (("[" * 50_000, 400), ("[" * 70_000, 413), ('"', 400)):
        answer = client.post(f"{V1}auth/token/", body, "application/json")
        assert answer.status_code == status
        assert set(answer.json()) == {"detail", "code"}
    form = client.post(f"{V1}auth/token/", {"email": "ada@example.org"})
    assert form.status_code == 415


def test_a_foreign_page_signs_nobody_in_by_cookie(ada: User, client: Client) -> None:
    sent = {"email": ada.email, "password": PASSWORD, "cookie": True}
    foreign = post(client, "auth/token/", sent, Origin="https://evil.example")
    assert foreign.status_code == 403
    assert "f1_refresh" not in client.cookies
