"""Drivers that a reader follows."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from predictions.views import following

PATH = "/account/drivers/charles-leclerc/"


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def reader(cast: Cast, client: Client) -> User:
    reader = User.objects.create_user("ada@example.org")
    client.force_login(reader)
    return reader


def test_a_driver_is_followed_and_left_again(
    cast: Cast, reader: User, client: Client
) -> None:
    api_cast.issue(cast, cast.melbourne)
    assert "Nobody yet" in client.get("/account/").content.decode()
    assert "Follow</button>" in client.get(PATH).content.decode()
    account = client.post(PATH, {"follow": "yes"}, follow=True).content.decode()
    assert "You follow Charles Leclerc." in account
    assert 'href="/drivers/charles-leclerc/"' in account
    assert "%" in account.partition("Drivers you follow")[2]
    assert "Stop following" in client.get(PATH).content.decode()
    account = client.post(PATH, {"leave": "yes"}, follow=True).content.decode()
    assert "no longer follow" in account
    assert "Nobody yet" in account


def test_the_newest_comes_first_and_nobody_twice(
    reader: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST", 2)
    for slug in ("charles-leclerc", "george-russell", "charles-leclerc"):
        client.post(f"/account/drivers/{slug}/", {"follow": "yes"})
    reader.refresh_from_db()
    assert reader.follows == ["charles-leclerc", "george-russell"]
    client.post("/account/drivers/lewis-hamilton/", {"follow": "yes"})
    reader.refresh_from_db()
    assert reader.follows == ["charles-leclerc", "george-russell"]


def test_who_is_not_signed_in_is_asked_to(cast: Cast, client: Client) -> None:
    answer = client.get(PATH)
    assert answer.status_code == 302
    assert answer["Location"] == f"/login/?next={PATH}"
    assert client.post(PATH, {"follow": "yes"}).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("eve@example.org"))
    assert strict.post(PATH, {"follow": "yes"}).status_code == 403


def test_there_is_nobody_else_to_follow(reader: User, client: Client) -> None:
    assert client.post("/account/drivers/nobody/", {"follow": "1"}).status_code == 404


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("track", "16 Mar, 15:00 AEDT"),
        ("Asia/Tokyo", "16 Mar, 13:00 JST"),
        ("", "16 Mar, 04:00 UTC"),
    ],
)
def test_the_calendar_tells_the_time_anywhere(
    zone: str, told: str, cast: Cast, client: Client
) -> None:
    cast.melbourne.circuit.time_zone = "Australia/Melbourne"
    cast.melbourne.circuit.save()
    cast.melbourne.starts_at = datetime(2025, 3, 16, 4, tzinfo=UTC)
    cast.melbourne.save()
    page = client.get("/calendar/", {"season": "2025", "zone": zone}).content.decode()
    assert told in page
    assert "Sun 16 Mar 2025, 04:00 UTC" in page
    assert client.get("/calendar/?zone=Moon/Sea").status_code == 404
