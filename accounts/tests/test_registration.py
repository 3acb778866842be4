"""Registering, confirming by mail, a new password by mail, another address."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import people, roles
from accounts.models import User
from accounts.tests.parts import EMAIL, PASSWORD, again, is_in, link, log_in, person

pytestmark = pytest.mark.django_db

SENT = "/account/register/sent/"
NEW = "staple battery horse"


def register(client: Client, email: str = EMAIL, **more: Any) -> Any:
    form = {"email": email, "password1": PASSWORD, "password2": PASSWORD, **more}
    return client.post("/account/register/", form)


def confirmed() -> bool:
    return bool(EmailAddress.objects.filter(verified=True).exists())


def test_one_registers_confirms_and_logs_in(client: Client) -> None:
    assert register(client, "Ada@Example.org")["Location"] == SENT
    assert client.get(SENT).status_code == 200
    assert log_in(client)["Location"] == SENT
    assert not is_in(client)

    path = link()
    assert EMAIL in client.get(path).content.decode()
    assert not confirmed()
    assert client.post(path)["Location"] == "/login/"

    assert log_in(client)["Location"] == "/"
    assert is_in(client)


def test_who_registers_is_a_viewer_whatever_he_sends(client: Client) -> None:
    admin = str(Group.objects.get(name=roles.ADMIN).pk)
    register(
        client,
        is_staff="on",
        is_superuser="on",
        groups=admin,
        user_permissions="1",
        role="admin",
        follows="max-verstappen",
        verified="on",
    )

    user = User.objects.get()
    assert [group.name for group in user.groups.all()] == [roles.VIEWER]
    assert (user.is_staff, user.is_superuser, user.follows) == (False, False, [])
    assert not user.user_permissions.exists()
    assert not confirmed()


def test_an_address_that_is_taken_is_not_told(client: Client) -> None:
    person()

    answer = register(Client(), EMAIL.upper())
    free = register(Client(), "eve@example.org")

    assert (answer.status_code, answer["Location"]) == (302, SENT)
    assert answer["Location"] == free["Location"]
    assert User.objects.filter(email__iexact=EMAIL).count() == 1
    assert mail.outbox[0].to == [EMAIL]
    assert "has an account already" in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password2": "another horse"},
        {"password1": "short", "password2": "short"},
        {"password1": EMAIL, "password2": EMAIL},
        {"email": "nobody"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_kept(
    wrong: dict[str, str], client: Client
) -> None:
    answer = register(client, **wrong)

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not User.objects.exists() and mail.outbox == []


def test_registration_can_be_closed(client: Client, settings: Any) -> None:
    settings.REGISTRATION_OPEN = False

    assert "closed" in register(client).content.decode()

    assert not User.objects.exists()
    assert "/account/register/" not in client.get("/login/").content.decode()


@pytest.mark.parametrize("key", ["stale", "MQ:1abc:forged"])
def test_a_forged_link_confirms_nothing(key: str, client: Client) -> None:
    register(client)

    assert "not whole" in client.get(f"/account/confirm/{key}/").content.decode()
    assert client.post(f"/account/confirm/{key}/").status_code == 404
    assert not confirmed()


def test_without_a_mail_server_the_page_says_so(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    answer = register(client)

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "mail server" in answer.content.decode()


def test_an_account_that_nobody_confirms_goes_after_a_week(client: Client) -> None:
    register(client)
    person("made@example.org")  # by an administrator
    User.objects.update(joined_at=timezone.now() - timedelta(days=8))
    register(client, "new@example.org")

    people.sweep()

    left = set(User.objects.values_list("email", flat=True))
    assert left == {"made@example.org", "new@example.org"}


# --- a new password by mail ---------------------------------------------------
def ask(client: Client, email: str = EMAIL) -> Any:
    return client.post("/account/reset/", {"email": email})


def test_a_forgotten_password_is_set_anew_once(client: Client) -> None:
    person()
    elsewhere = Client()
    log_in(elsewhere)

    assert ask(client)["Location"] == "/account/reset/sent/"
    key = link()
    page = client.get(key, follow=True)
    assert key not in page.request["PATH_INFO"]  # a referrer must not tell it
    form = {"password1": NEW, "password2": NEW}
    done = client.post(page.request["PATH_INFO"], form)
    assert done["Location"] == "/account/reset/done/"
    assert client.get(done["Location"]).status_code == 200

    assert not is_in(elsewhere)
    assert log_in(client).status_code == 200
    assert log_in(client, password=NEW).status_code == 302
    again = Client().get(key, follow=True).content.decode()
    assert "was used" in again
    assert "by a link in a mail" in str(mail.outbox[-1].body)


def test_whether_an_address_has_an_account_is_not_told(client: Client) -> None:
    person()

    known, unknown = ask(Client()), ask(Client(), "eve@example.org")

    assert known.status_code == unknown.status_code == 302
    assert known["Location"] == unknown["Location"]
    assert [one.to for one in mail.outbox] == [[EMAIL], ["eve@example.org"]]
    assert "no account" in " ".join(str(mail.outbox[1].body).split())


def test_a_new_password_must_be_a_good_one(client: Client) -> None:
    person()
    ask(client)
    path = client.get(link(), follow=True).request["PATH_INFO"]

    answer = client.post(path, {"password1": "abc", "password2": "abc"})

    assert answer.status_code == 200
    assert User.objects.get().check_password(PASSWORD)


def test_mails_are_asked_for_a_few_times_only(client: Client) -> None:
    answers = [ask(client, "spam@example.org") for _ in range(6)]

    assert [one.status_code for one in answers[:5]] == [302] * 5
    assert answers[5].status_code == 429
    assert answers[5]["Retry-After"] == "60"
    assert "Too often" in answers[5].content.decode()


# --- another address ----------------------------------------------------------
def change(client: Client, email: str) -> Any:
    return client.post("/account/address/", {"email": email, "action_add": ""})


def test_another_address_counts_once_it_is_confirmed(client: Client) -> None:
    user = person()
    log_in(client)
    assert change(client, "new@example.org")["Location"].startswith("/account/again/")
    again(client)

    change(client, "new@example.org")

    user.refresh_from_db()
    assert user.email == EMAIL
    path = link(to="new@example.org")
    assert "new@example.org" in client.get("/account/address/").content.decode()
    client.post(path)
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert mail.outbox[-1].to == [EMAIL]
    assert "new@example.org" in str(mail.outbox[-1].body)
    assert log_in(Client(), "new@example.org").status_code == 302


def test_the_address_of_somebody_else_is_never_taken(client: Client) -> None:
    person("eve@example.org")
    user = person()
    log_in(client)
    again(client)

    answer = change(client, "eve@example.org")

    assert answer.status_code == 302  # whether there is an account is not told
    client.post(link(to="eve@example.org"))
    user.refresh_from_db()
    assert user.email == EMAIL


def test_a_new_address_is_called_off(client: Client) -> None:
    person()
    log_in(client)
    again(client)
    change(client, "new@example.org")
    path = link(to="new@example.org")

    form = {"email": "new@example.org", "action_remove": ""}
    client.post("/account/address/", form)

    assert "new@example.org" not in client.get("/account/address/").content.decode()
    client.post(path)
    assert User.objects.get().email == EMAIL
