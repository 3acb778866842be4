"""How much one caller may ask for."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings as site
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from f1site.base import buckets
from f1site.base.buckets import Bucket

ADDRESS = "/api/v1/seasons/"
REDIS = site.REDIS_URL


@pytest.fixture
def few(db: None, settings: Settings) -> Iterator[None]:
    """Three at once, one a minute; every test begins with full buckets."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api": (1, 3)}
    _empty()
    yield
    _empty()


def _empty() -> None:
    with redis.Redis.from_url(REDIS) as client:
        for key in client.scan_iter("bucket:*"):
            client.delete(key)


def test_a_burst_then_a_refusal_that_says_when(few: None, client: Client) -> None:
    answers = [client.get(ADDRESS) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    first, *_, last = answers
    assert first["X-RateLimit-Limit"] == last["X-RateLimit-Limit"] == "3"
    assert [one["X-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert first["X-RateLimit-Reset"] == "60"
    assert 30 <= int(last["Retry-After"]) <= 60
    assert last.json()["code"] == "throttled"
    assert last["Retry-After"] in last.json()["detail"]
    assert last["Cache-Control"] == "no-store"
    assert last["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7", "X-Real-IP": "203.0.113.7"},
        {"Accept": "text/html", "User-Agent": "another"},
        {"Cookie": "sessionid=made-up"},
    ],
)
def test_nobody_becomes_another_by_saying_so(
    headers: dict[str, str], few: None, client: Client
) -> None:
    for _ in range(3):
        client.get(ADDRESS)
    assert client.get(ADDRESS, headers=headers).status_code == 429


def test_addresses_and_people_have_their_own(few: None, client: Client) -> None:
    for _ in range(4):
        client.get(ADDRESS)
    assert client.get(ADDRESS, REMOTE_ADDR="192.0.2.1").status_code == 200
    signed_in = Client()
    signed_in.force_login(User.objects.create_user("a@example.org"))
    statuses = [signed_in.get(ADDRESS).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    again = Client()
    again.force_login(User.objects.get())
    refused = again.get(ADDRESS, REMOTE_ADDR="192.0.2.2")
    assert refused.status_code == 429
    assert refused.json()["code"] == "throttled"
    assert refused["X-RateLimit-Remaining"] == "0"
    assert int(refused["Retry-After"]) >= 30


def test_kept_answers_unknown_ones_and_documents_count(
    few: None, client: Client, settings: Settings
) -> None:
    settings.PAGE_CACHE_S = 300
    asked = ("/api/v1/nothing/", "/api/schema/", ADDRESS, ADDRESS)
    assert [client.get(path).status_code for path in asked] == [404, 200, 200, 429]


@pytest.mark.parametrize(
    "path", ["/api/v1/exports/results/", "/api/v1/seasons/?format=no", "/ergast/no"]
)
def test_what_ends_early_counts_for_its_address(
    path: str, few: None, client: Client
) -> None:
    made_up = {"Cookie": "sessionid=made-up"}
    answers = [client.get(path, headers=made_up) for _ in range(4)]
    assert [one.status_code == 429 for one in answers] == [False] * 3 + [True]
    assert Client().get(ADDRESS).status_code == 200  # others there are not


def test_pages_are_not_counted(few: None, client: Client) -> None:
    assert {client.get("/drivers/").status_code for _ in range(5)} == {200}


def test_without_redis_nobody_is_limited(
    few: None, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    buckets._script.cache_clear()
    try:
        assert {client.get(ADDRESS).status_code for _ in range(5)} == {200}
    finally:
        buckets._script.cache_clear()


def test_fifty_at_once_get_a_burst_and_a_rate_and_no_more() -> None:
    """Nothing is lost either: who asks without pause never finds a full bucket."""
    fast = Bucket("test", per_minute=3000, burst=60)
    began = time.monotonic()
    until = began + 1.5

    def ask(_: int) -> int:
        taken = 0
        while time.monotonic() < until:
            answer = buckets.take(fast, "fifty")
            assert answer
            taken += answer.is_allowed
        return taken

    with ThreadPoolExecutor(50) as pool:
        got = sum(pool.map(ask, range(50)))
    elapsed = time.monotonic() - began
    _empty()
    assert got <= 60 + 50 * elapsed
    assert got >= 60 + 0.95 * 50 * 1.5
