"""Logging in and out, and one's own account."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import roles, urls
from accounts.models import User
from accounts.tests.parts import EMAIL, PASSWORD, is_in, log_in, person

#: What addresses take.
PARTS = {
    "account-token-revoke": {"handle": "stale"},
    "account_confirm_email": {"key": "stale"},
    "mails-stop": {"signed": "stale"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "stale"},
}
NEW = "staple battery horse"
NEW_PASSWORD = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}


@pytest.fixture
def user(db: None) -> User:
    return person("Ada@Example.org", name="Ada")


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


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "https://localhost/",
        "\t//evil.example",
    ],
)
def test_nobody_is_sent_elsewhere(next: str, user: User, client: Client) -> None:
    form = {"login": EMAIL, "password": PASSWORD, "next": next}

    assert client.post("/login/", form)["Location"] == "/"
    assert client.get("/login/", {"next": next})["Location"] == "/"
    again = {"password": PASSWORD, "next": next}
    assert client.post("/account/again/", again)["Location"] == "/"


def test_one_is_sent_where_one_was_going(user: User, client: Client) -> None:
    form = {"login": EMAIL, "password": PASSWORD, "next": "/account/?a=b"}

    assert client.post("/login/", form)["Location"] == "/account/?a=b"


def test_the_session_is_another_at_login_logout_and_password(
    user: User, client: Client
) -> None:
    client.get("/account/second-factor/code/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    keys = [client.cookies["sessionid"].value]
    for change in (
        lambda: log_in(client),
        lambda: client.post("/account/password/", NEW_PASSWORD),
        lambda: client.post("/logout/"),
        lambda: log_in(client, password=NEW),
    ):
        change()
        keys.append(client.cookies["sessionid"].value)

    assert len(set(keys)) == len(keys) == 5
    assert not Session.objects.filter(session_key__in=[*filter(None, keys[:-1])])


def test_a_password_change_ends_other_sessions_and_is_told(
    user: User, client: Client
) -> None:
    elsewhere = Client()
    for one in (client, elsewhere):
        log_in(one)

    client.post("/account/password/", NEW_PASSWORD)

    assert is_in(client) and not is_in(elsewhere)
    assert mail.outbox[-1].to == [EMAIL]
    assert "was changed" in str(mail.outbox[-1].body)


def test_cookies_are_for_this_site_and_no_script(user: User, client: Client) -> None:
    client.get("/login/")
    log_in(client)

    session, form = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"] and session["samesite"] == "Lax"
    assert form["samesite"] == "Lax"


@pytest.mark.parametrize("path", ["/", "/ratings/", "/calendar/", "/api/v1/"])
def test_readers_get_no_cookie(path: str, db: None, client: Client) -> None:
    client.get(path)

    assert not client.cookies


def test_every_form_needs_its_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    for page in [*urls.pages, *urls.actions]:
        if page.name == "mails-stop":
            continue  # its link is signed, and programs of mail have no token
        path = reverse(str(page.name), kwargs=PARTS.get(str(page.name)))
        assert client.post(path).status_code == 403, path


@pytest.mark.parametrize(
    "path",
    [
        "/account/social/",
        "/account/3rdparty/",
        "/account/login/",
        "/account/signup/",
        "/account/password/set/",
        "/account/2fa/",
        "/account/sessions/",
        "/account/second-factor/webauthn/",
        "/accounts/login/",
    ],
)
def test_nothing_else_of_the_library_is_there(
    path: str, user: User, client: Client
) -> None:
    client.force_login(user)

    assert client.get(path).status_code == 404


def test_a_page_answers_with_a_page_whoever_asks(user: User, client: Client) -> None:
    headers = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}
    form = {"login": EMAIL, "password": "wrong"}

    answer = client.post("/login/", form, headers=headers)

    assert answer["Content-Type"].startswith("text/html")


def test_every_page_is_ours_and_of_the_moment(user: User, client: Client) -> None:
    for page in urls.pages:
        path = reverse(str(page.name), kwargs=PARTS.get(str(page.name)))
        answer = client.get(path, follow=True)
        if answer.status_code == 200 and page.name != "my-data-json":
            assert settings.APP_NAME in answer.content.decode(), page.name
            assert "no-store" in answer["Cache-Control"], page.name


def test_nothing_but_a_password_gives_a_role(user: User, client: Client) -> None:
    """Whatever is added to whichever form."""
    client.force_login(user)
    admin = str(Group.objects.get(name=roles.ADMIN).pk)
    more = {"is_staff": "on", "is_superuser": "on", "groups": admin, "pk": "1"}
    more |= {"user_permissions": "1", "is_active": "", "follows": "x"}

    client.post("/account/", {"name": "Ada", **more})
    client.post("/account/again/", {"password": PASSWORD, **more})
    address = {"email": "new@example.org", "action_add": "", "verified": "on", **more}
    client.post("/account/address/", address)
    client.post("/account/password/", {**NEW_PASSWORD, **more})

    user.refresh_from_db()
    assert user.check_password(NEW)
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert not user.groups.exists() and not user.user_permissions.exists()
    assert (user.email, user.follows) == (EMAIL, [])


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

    assert client.post("/account/password/", NEW_PASSWORD)["Location"] == "/account/"

    assert is_in(client)
    assert "sessionid" in log_in(Client(), EMAIL, NEW).cookies


def test_a_short_password_is_refused(user: User, client: Client) -> None:
    client.force_login(user)
    form = {"oldpassword": PASSWORD, "password1": "abc", "password2": "abc"}

    assert client.post("/account/password/", form).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.django_db
def test_who_has_no_password_is_led_to_set_one_by_mail(client: Client) -> None:
    client.force_login(User.objects.create_user("new@example.org"))
    answer = client.get("/account/password/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/reset/")
