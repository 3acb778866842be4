"""The four roles, what each may do, and the first administrator."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User

RESULTS = "/admin/ingestion/raceresult/"
FETCHES = "/admin/ingestion/sourcefetch/"
USERS = "/admin/accounts/user/"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("ada@example.org", "correct horse battery")


def permissions(role: str) -> set[str]:
    group = Group.objects.get(name=role)
    pairs = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in pairs}


def test_there_are_four_roles(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.GRANTS)


def test_each_role_may_more(db: None) -> None:
    viewer, analyst, editor, admin = (permissions(role) for role in roles.GRANTS)

    assert viewer == set()
    assert viewer < analyst < editor < admin
    assert "ingestion.view_raceresult" in analyst
    assert "ingestion.change_raceresult" in editor - analyst
    assert "accounts.change_user" in admin - editor


def test_nobody_edits_what_machines_write(db: None) -> None:
    for role in roles.GRANTS:
        for held in permissions(role):
            app, _, codename = held.partition(".")
            written = app in {"ratings", "predictions", "base"}
            if written or codename.endswith("_sourcefetch"):
                decides = codename == "promote_modelversion"
                assert decides or codename.startswith("view_"), held


@pytest.mark.parametrize(
    ("role", "results", "users"),
    [
        ("viewer", 302, 302),
        ("analyst", 302, 302),
        ("editor", 200, 403),
        ("admin", 200, 200),
    ],
)
def test_a_role_opens_its_doors(
    role: str, results: int, users: int, person: User, client: Client
) -> None:
    roles.give(person, role)
    client.force_login(person)

    assert client.get(RESULTS).status_code == results
    assert client.get(RESULTS + "add/").status_code == results
    assert client.get(USERS).status_code == users


def test_an_editor_only_looks_at_imports(person: User, client: Client) -> None:
    roles.give(person, roles.EDITOR)
    client.force_login(person)

    assert client.get(FETCHES).status_code == 200
    assert client.get(FETCHES + "add/").status_code == 403


def test_a_lost_role_closes_the_doors(person: User) -> None:
    roles.give(person, roles.EDITOR)
    roles.give(person, roles.VIEWER)

    person.refresh_from_db()
    assert not person.is_staff


def test_the_admin_form_gives_a_role(
    person: User, admin_client: Client, settings: Any
) -> None:
    url = reverse("admin:accounts_user_change", args=[person.pk])
    editor = Group.objects.get(name=roles.EDITOR)
    form = {"email": person.email, "groups": [editor.pk], "is_active": "on"}

    assert admin_client.post(url, form).status_code == 302

    person.refresh_from_db()
    assert person.is_staff and person.has_perm("ingestion.change_raceresult")


def test_an_admin_makes_nobody_a_superuser(person: User, client: Client) -> None:
    roles.give(person, roles.ADMIN)
    client.force_login(person)
    url = reverse("admin:accounts_user_change", args=[person.pk])
    form = {"email": person.email, "is_active": "on", "is_superuser": "on"}

    client.post(url, {**form, "groups": [Group.objects.get(name="admin").pk]})

    person.refresh_from_db()
    assert not person.is_superuser


def test_an_admin_does_not_touch_a_superuser(person: User, client: Client) -> None:
    root = User.objects.create_superuser("root@example.org", "correct horse battery")
    roles.give(person, roles.ADMIN)
    client.force_login(person)

    for page in ("change", "delete"):
        url = reverse(f"admin:accounts_user_{page}", args=[root.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.get(password).status_code == 403


def test_a_person_is_added_in_the_admin(admin_client: Client) -> None:
    form = {"email": "new@example.org", "usable_password": "true"}
    form |= {"password1": "correct horse 1", "password2": "correct horse 1"}

    answer = admin_client.post(reverse("admin:accounts_user_add"), form)

    assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.get(email="new@example.org").check_password("correct horse 1")


def test_roles_survive_a_second_migrate(db: None) -> None:
    before = permissions(roles.EDITOR)

    call_command("migrate", verbosity=0)

    assert permissions(roles.EDITOR) == before


# --- create_admin -------------------------------------------------------------
def create(capsys: Any, *options: str) -> str:
    call_command("create_admin", "--email", "Root@Example.org", *options)
    said: str = capsys.readouterr().out
    return said


def test_the_first_admin_gets_a_password_once(
    db: None, capsys: Any, client: Client
) -> None:
    said = create(capsys)

    found = re.search(r"password (\S+)", said)
    assert found and len(found[1]) >= 16
    client.post("/login/", {"login": "root@example.org", "password": found[1]})
    assert client.get("/admin/").status_code == 200


def test_a_second_time_changes_nothing(db: None, capsys: Any) -> None:
    create(capsys)
    before = User.objects.get().password

    assert "nothing was changed" in create(capsys)
    assert User.objects.get().password == before


def test_a_reset_gives_a_new_password(db: None, capsys: Any) -> None:
    create(capsys)
    before = User.objects.get().password

    assert "password" in create(capsys, "--reset")
    assert User.objects.get().password != before


def test_an_admin_needs_an_address(db: None) -> None:
    with pytest.raises(ValidationError):
        call_command("create_admin", "--email", "root")
