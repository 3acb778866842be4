"""What is kept about a person, and how it goes away."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import people, roles
from accounts.models import User
from accounts.tests.parts import EMAIL, PASSWORD, is_in, log_in, person, set_up

pytestmark = pytest.mark.django_db

DELETE = "/account/delete/"
SECRETS = ("secret", "seed", "hash", "token", "key", "password")


def export(client: Client) -> dict[str, Any]:
    answer = client.get("/account/data.json")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    kept: dict[str, Any] = json.loads(answer.content)
    return kept


def delete(client: Client, password: str = PASSWORD) -> Any:
    return client.post(DELETE, {"password": password})


def edit(client: Client, user: User) -> Any:
    """Something in the admin, and a correction of the record."""
    path = f"/admin/accounts/user/{user.pk}/change/"
    client.post(path, {"email": user.email, "name": "Eve", "is_active": "on"})
    correction = apps.get_model("ingestion", "Correction")
    author = User.objects.get(email=EMAIL)
    return correction.objects.create(author=author, reason="the sign at the gate")


def test_every_table_that_points_to_people_is_listed() -> None:
    """A new one needs a word on what of it a person may see."""
    pointing = {
        f"{field.model._meta.app_label}.{field.model._meta.object_name}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.many_to_one
        and field.concrete
        and field.related_model is User
        and not model._meta.auto_created
    }

    assert pointing == set(people.KEPT)
    for names in people.KEPT.values():
        assert not [name for name in names for one in SECRETS if one in name]


def test_the_file_holds_what_is_kept_and_no_secret(client: Client) -> None:
    user = person(name="Ada", follows=["max-verstappen"])
    person("eve@example.org", name="Eve Adams")
    log_in(client, password="wrong")
    log_in(client)
    secret, codes = set_up(client)
    roles.give(user, roles.ANALYST)

    kept = export(client)

    assert kept["account"]["email"] == EMAIL
    assert kept["account"]["follows"] == ["max-verstappen"]
    assert kept["roles"] == [roles.ANALYST]
    assert len(kept["sessions"]) == 1 and kept["failed_logins"] == []
    assert kept["account.EmailAddress.user"][0]["verified"]
    assert {one["type"] for one in kept["mfa.Authenticator.user"]} == {
        "totp",
        "recovery_codes",
    }
    assert "groups" in str(kept["history_of_the_account"])
    text = json.dumps(kept)
    user.refresh_from_db()
    for hidden in (secret, codes[0], user.password, "Adams", "eve@example.org"):
        assert hidden not in text


def test_failures_to_log_in_are_in_the_file(client: Client) -> None:
    user = person()
    log_in(client, password="wrong")
    client.force_login(user)
    AccessAttempt.objects.create(username="eve@example.org", failures_since_start=1)

    assert export(client)["failed_logins"] == []  # a login has forgotten them
    log_in(Client(), password="wrong")
    (failure,) = export(client)["failed_logins"]
    assert failure["ip_address"] == "127.0.0.1"


def test_strangers_get_no_file(client: Client) -> None:
    for path in ("/account/data.json", "/account/data/", DELETE):
        assert client.get(path)["Location"] == f"/login/?next={path}"


def test_an_account_goes_with_all_that_is_its_own(client: Client) -> None:
    person(name="Ada Lovelace")
    elsewhere = Client()
    for one in (client, elsewhere):
        log_in(one)
    set_up(client)
    log_in(Client(), password="wrong")

    assert delete(client)["Location"] == "/"

    assert not is_in(client) and not is_in(elsewhere)
    assert not User.objects.exists() and not Authenticator.objects.exists()
    assert not AccessAttempt.objects.exists()
    open_sessions = [one.get_decoded() for one in Session.objects.all()]
    assert not [one for one in open_sessions if "_auth_user_id" in one]
    assert log_in(Client()).status_code == 200
    assert "deleted" in client.get("/").content.decode()


def test_a_wrong_password_deletes_nothing(client: Client) -> None:
    person()
    log_in(client)

    answer = delete(client, "wrong")

    assert "not your password" in answer.content.decode()
    assert User.objects.exists() and is_in(client)


def test_what_was_corrected_stays_without_the_name(client: Client) -> None:
    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    user = person(name="Ada Lovelace")
    roles.give(user, roles.ADMIN)
    log_in(client)
    correction = edit(client, eve := person("eve@example.org"))
    assert LogEntry.objects.filter(actor=user).exists()
    assert EMAIL in _history()

    delete(client)

    correction.refresh_from_db()
    assert (correction.author, correction.reason) == (None, "the sign at the gate")
    history = LogEntry.objects.filter(object_pk=str(user.pk))
    assert history.filter(action=LogEntry.Action.DELETE).count() == 1
    assert "groups" in str(list(history.values("changes")))
    for word in (EMAIL, "Ada", "Lovelace"):
        assert word not in _history()
    assert "Eve" in _history()
    assert set(User.objects.all()) == {boss, eve}


def _history() -> str:
    """All that is written about edits, by both who write."""
    edits = apps.get_model("admin", "LogEntry").objects.values()
    return str([*LogEntry.objects.values(), *edits])


def test_an_administrator_deletes_a_person_as_thoroughly(admin_client: Client) -> None:
    user = person(name="Ada Lovelace")

    admin_client.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(email=EMAIL).exists()
    assert EMAIL not in _history() and "Lovelace" not in _history()


@pytest.mark.parametrize("role", [roles.ADMIN, "superuser"])
def test_the_last_administrator_stays(role: str, client: Client) -> None:
    user = person(is_superuser=role == "superuser")
    if role != "superuser":
        roles.give(user, role)
    person("eve@example.org", is_superuser=True, is_active=False)
    log_in(client)

    answer = delete(client)

    assert "last administrator" in answer.content.decode()
    assert is_in(client)
    roles.give(person("next@example.org"), roles.ADMIN)
    assert delete(client).status_code == 302


def test_the_last_administrator_is_not_deleted_in_the_admin(
    admin_client: Client, admin_user: User
) -> None:
    path = f"/admin/accounts/user/{admin_user.pk}/delete/"

    assert admin_client.post(path, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=admin_user.pk).exists()
