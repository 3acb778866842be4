"""Backtests by the API: who may ask, and what comes of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings as site
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import roles, tokens
from accounts.models import User
from f1site.base.models import Message
from ingestion.models import Race
from predictions import tasks
from predictions.models import Backtest
from predictions.tests import api_cast, forecast_cast

ADDRESS = "/api/v1/backtests/"
ASKED = {"first": 2024, "last": 2024, "stages": ["pre_weekend"]}


@pytest.fixture
def analyst(db: None) -> User:
    user = User.objects.create_user("grace@example.org")
    roles.give(user, roles.ANALYST)
    return user


def post(client: Client, sent: dict[str, Any], text: str = "") -> Any:
    headers = {"Authorization": f"Bearer {text}"} if text else {}
    return client.post(ADDRESS, sent, "application/json", headers=headers)


def two_seasons() -> None:
    """One to learn from, and one to forecast."""
    imola = api_cast.make().imola
    Race.objects.filter(pk=imola.pk).update(status=Race.Status.COMPLETED, round=6)


def waiting(queue: str = "default") -> int:
    with redis.Redis.from_url(site.REDIS_URL) as client:
        n: Any = client.llen(queue)
        client.delete(queue)
    return int(n)


@pytest.mark.django_db(transaction=True)
def test_analysts_and_their_tokens_of_that_scope_may_ask(
    analyst: User, client: Client
) -> None:
    waiting()
    two_seasons()
    assert post(client, ASKED).status_code == 401
    viewer = User.objects.create_user("ada@example.org")
    roles.give(viewer, roles.VIEWER)
    for user, scopes, status, code in (
        (viewer, ["backtest"], 403, "permission_denied"),
        (analyst, ["export"], 403, "out_of_scope"),
        (analyst, ["backtest"], 202, None),
    ):
        _, text = tokens.issue(user, "notebook", scopes, 30)
        answer = post(client, ASKED, text)
        assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert waiting() == 1
    client.force_login(analyst)
    answer = client.post(f"{ADDRESS}?format=csv", ASKED, "application/json")
    assert answer.json()["seasons"] == [2024]
    waiting()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"first": 1990, "last": 1991},
        {"first": 2024, "last": 2021},
        {"first": 2000, "last": 2024},
        {"first": 2024, "last": 2024, "stages": []},
        {"first": 2024, "last": 2024, "stages": ["after_the_flag"]},
    ],
)
def test_what_makes_no_sense_is_refused(
    sent: dict[str, Any], analyst: User, client: Client
) -> None:
    client.force_login(analyst)
    answer = post(client, sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_without_the_queue_waits_in_the_outbox(
    analyst: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:9/0")
    two_seasons()
    client.force_login(analyst)
    answer = post(client, ASKED)
    assert answer.status_code == 202
    message = Message.objects.get()
    assert message.args == [[2024], ["pre_weekend"], f"user {analyst.pk}"]
    assert (message.n_sent, message.sent_at) == (0, None)


def test_what_was_asked_for_is_begun_and_listed(
    client: Client, settings: Settings, tmp_path: Path, transactional_db: None
) -> None:
    settings.MODEL_DIR = tmp_path
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    forecast_cast.store(seasons=range(2022, 2025))
    waiting("long")
    tasks.begin_backtest_task([2024], ["pre_weekend"], "user 1")
    begun = Backtest.objects.get()
    assert waiting("long") == begun.chunks.count() == 1
    (listed,) = client.get(ADDRESS).json()["results"]
    assert (listed["number"], listed["state"]) == (begun.pk, "running")
    one = client.get(f"{ADDRESS}{begun.pk}/").json()
    assert one == {**listed, "tables": []}
    assert "user 1" not in str(one)
