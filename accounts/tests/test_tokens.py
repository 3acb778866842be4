"""The page of one's personal tokens."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts import roles, tokens
from accounts.models import PersonalToken
from accounts.tests.parts import EMAIL, PASSWORD, again, person

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_in_the_answer_to_its_form_alone(client: Client) -> None:
    user = person()
    client.force_login(user)
    assert client.get("/account/tokens/")["Location"].startswith("/account/again/")
    again(client)
    made = client.post("/account/tokens/", {"name": "notebook", "days": "30"})
    found = re.search(r"f1_[a-z2-9]{8}_[\w-]{43}", made.content.decode())
    assert found
    text = found[0]
    assert made["Cache-Control"].startswith("max-age=0")
    page = client.get("/account/tokens/").content.decode()
    assert "notebook" in page
    assert text[:11] in page
    assert text not in page
    bearer = {"Authorization": f"Bearer {text}"}
    assert Client().get("/api/v1/me/", headers=bearer).status_code == 200
    revoked = client.post(f"/account/tokens/{text[3:11]}/revoke/", follow=True)
    assert "is revoked" in revoked.content.decode()
    assert Client().get("/api/v1/me/", headers=bearer).status_code == 401


def test_a_mail_tells_of_a_new_token(client: Client) -> None:
    client.force_login(person())
    again(client)
    client.post("/account/tokens/", {"name": "notebook", "days": "30"})
    api = {"name": "cron", "password": PASSWORD}
    made = client.post("/api/v1/tokens/", api, content_type="application/json")
    assert made.status_code == 201, made.content
    for letter, name in zip(mail.outbox, ("notebook", "cron"), strict=True):
        token = PersonalToken.objects.get(name=name)
        assert letter.to == [EMAIL]
        assert f"{name} ({token.handle}…)" in str(letter.body)
        assert "It may: read." in str(letter.body)


def test_a_role_bounds_what_tokens_may(client: Client) -> None:
    viewer, analyst = person(), person("grace@example.org")
    roles.give(analyst, roles.ANALYST)
    sent = {"name": "notebook", "days": "30", "scopes": ["export"]}
    for user, scopes in ((viewer, ["read"]), (analyst, ["export", "read"])):
        client.force_login(user)
        again(client)
        offered = client.get("/account/tokens/").content.decode()
        assert ("export whole tables" in offered) == (user is analyst)
        client.post("/account/tokens/", sent)
        assert PersonalToken.objects.get(user=user).scopes == scopes


def test_nobody_revokes_tokens_of_others(client: Client) -> None:
    token, _ = tokens.issue(person(), "notebook", [], 30)
    client.force_login(person("eve@example.org"))
    answer = client.post(f"/account/tokens/{token.handle}/revoke/")
    assert answer.status_code == 404
    assert PersonalToken.objects.exists()
