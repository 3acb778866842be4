"""The polite client, on the wire of a server on loopback."""

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import RawPayload, SourceRequest
from ingestion.services import fetching
from ingestion.services.fetching import Manners, fetch
from ingestion.tests.live_server import Exchange, Fault, LiveServer, serving

ALWAYS = timedelta(0)


@pytest.fixture
def server() -> Iterator[LiveServer]:
    with serving(lambda path, query: f"{path} {sorted(query)}".encode()) as source:
        yield source


@pytest.fixture
def manners(server: LiveServer, db: None) -> Manners:
    return Manners(
        "test",
        server.url,
        per_second=1000,
        first_wait_s=0.02,
        timeout_s=0.3,
        deadline_s=0.6,
        patience_s=5,
        most_bytes=100_000,
    )


def status(code: int, body: bytes = b'{"detail":"No."}', **headers: str) -> Fault:
    return lambda exchange, good: exchange.say(body, status=code, **headers)


def test_it_keeps_what_was_said(manners: Manners, server: LiveServer) -> None:
    answer = fetch(manners, "a/b.json", {"limit": 100})
    assert (answer.address, answer.is_stored) == ("a/b.json?limit=100", False)
    row = SourceRequest.objects.get()
    assert (row.address, row.status, row.error) == ("a/b.json?limit=100", 200, "")
    assert row.payload and row.payload.sha256 == answer.sha256
    assert row.payload.n_bytes == len(answer.content)


def test_it_asks_an_address_once_an_hour(manners: Manners, server: LiveServer) -> None:
    first, again = (fetch(manners, "a.json") for _ in range(2))
    assert again == replace(first, is_stored=True)
    assert len(server.asked) == 1
    SourceRequest.objects.update(answered_at=datetime.now(UTC) - timedelta(hours=1))
    assert not fetch(manners, "a.json").is_stored
    assert fetch(manners, "a.json", fresh_for=ALWAYS).is_stored is False
    assert len(server.asked) == 3
    assert RawPayload.objects.count() == 1


def test_replay_never_asks(manners: Manners, server: LiveServer) -> None:
    with pytest.raises(SourceUnavailableError, match=r"a\.json: it cannot be replayed"):
        fetch(manners, "a.json", replay=True)
    fetch(manners, "a.json")
    SourceRequest.objects.update(answered_at=datetime.now(UTC) - timedelta(days=400))
    assert fetch(manners, "a.json", replay=True).is_stored
    assert len(server.asked) == 1


def test_what_made_no_sense_is_neither_fresh_nor_replayed(
    manners: Manners, server: LiveServer
) -> None:
    answer = fetch(manners, "a.json")
    fetching.reject([answer], manners, "a race without a winner")
    with pytest.raises(SourceFormatError, match="a race without a winner"):
        fetch(manners, "a.json")
    with pytest.raises(SourceUnavailableError):
        fetch(manners, "a.json", replay=True)
    assert fetch(manners, "a.json", fresh_for=ALWAYS).content


def test_it_says_who_asks(manners: Manners, server: LiveServer, settings: Any) -> None:
    settings.APP_NAME, settings.VERSION = "Parc Fermé", "1.2"
    fetch(manners, "a.json")
    assert server.asked[0].headers["User-Agent"].startswith("f1site/1.2 (Parc Ferme;")


def test_secrets_are_sent_and_not_kept(manners: Manners, server: LiveServer) -> None:
    key = {"key": "s3cr3t-word"}
    repeats = status(400, b'{"detail":"bad key s3cr3t-word"}')
    server.good = lambda path, query: f"you said {query['key']}".encode()
    answer = fetch(manners, "a.json", {"q": 1}, secrets=key)
    assert server.asked[0].query == {"q": "1", "key": "s3cr3t-word"}
    server.fail(repeats)
    with pytest.raises(SourceFormatError) as refusal:
        fetch(manners, "b.json", secrets=key)
    rows = repr(list(SourceRequest.objects.values()))
    assert "s3cr3t" not in f"{rows}{refusal.value}{answer}"


@pytest.mark.parametrize("code", [400, 404, 405, 418])
def test_it_does_not_insist_on_what_is_not_there(
    manners: Manners, server: LiveServer, code: int
) -> None:
    server.fail(status(code), times=5)
    with pytest.raises(SourceFormatError, match=rf"a\.json answers {code}: No\."):
        fetch(manners, "a.json")
    assert len(server.asked) == 1


def test_it_retries_three_times_and_then_rests(
    manners: Manners, server: LiveServer
) -> None:
    server.fail(status(503), times=9)
    started = time.monotonic()
    with pytest.raises(SourceUnavailableError, match=r"503 No\..*asked again from"):
        fetch(manners, "a.json")
    assert len(server.asked) == 3
    assert time.monotonic() - started >= 0.02 + 0.04
    rows = SourceRequest.objects.order_by("sent_at")
    waits = [(row.retry_at, row.answered_at) for row in rows]
    seconds = [(until - at).total_seconds() for until, at in waits if until and at]
    assert seconds == pytest.approx([0.02, 0.04, 0.08], abs=0.01)


def test_a_source_at_rest_is_not_asked_by_anybody(
    manners: Manners, server: LiveServer
) -> None:
    server.fail(status(429, Retry_After="120"))
    with pytest.raises(SourceUnavailableError):
        fetch(manners, "a.json")
    with pytest.raises(
        SourceUnavailableError, match=r"rests \(429 No\.\); it is asked"
    ):
        fetch(manners, "b.json")
    assert len(server.asked) == 1


def test_it_comes_back_when_the_rest_is_over(
    manners: Manners, server: LiveServer
) -> None:
    server.fail(status(500), times=3)
    with pytest.raises(SourceUnavailableError):
        fetch(manners, "a.json")
    time.sleep(0.1)
    assert fetch(manners, "a.json").content
    server.fail(status(500))
    assert fetch(manners, "b.json").content
    last_wait = SourceRequest.objects.filter(status=500).latest("sent_at")
    assert last_wait.retry_at and last_wait.answered_at
    rest = (last_wait.retry_at - last_wait.answered_at).total_seconds()
    assert rest == pytest.approx(0.02, abs=0.01)  # a success ends the doubling


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_it_keeps_retry_after_to_the_second(
    manners: Manners, server: LiveServer, kind: str
) -> None:
    # A date has whole seconds: it names the one after next.
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server.fail(status(429, Retry_After="1" if kind == "seconds" else date))
    fetch(manners, "a.json")
    gap = server.asked[1].at - server.asked[0].at
    assert 1 <= gap < 2 if kind == "seconds" else 0.9 <= gap <= 2.1


def test_a_strange_retry_after_counts_as_none(
    manners: Manners, server: LiveServer
) -> None:
    server.fail(status(429, Retry_After="soon"))
    assert fetch(manners, "a.json").content


def test_no_header_sends_it_away_for_years(
    manners: Manners, server: LiveServer
) -> None:
    server.fail(status(429, Retry_After="9" * 30))
    with pytest.raises(SourceUnavailableError):
        fetch(manners, "a.json")
    row = SourceRequest.objects.get()
    assert row.retry_at and row.answered_at
    assert timedelta(hours=23) < row.retry_at - row.answered_at <= timedelta(days=1)


# --- what the wire can do -------------------------------------------------------
def reset(exchange: Exchange, good: bytes) -> None:
    exchange.close_connection = True
    exchange.connection.close()


def late(exchange: Exchange, good: bytes) -> None:
    time.sleep(0.5)


def dribble(exchange: Exchange, good: bytes) -> None:
    exchange.send_response(200)
    exchange.end_headers()  # no length: the end of the line is the end of the body
    for _ in range(30):
        exchange.wfile.write(b"a")
        exchange.wfile.flush()
        time.sleep(0.1)


def dribble_headers(exchange: Exchange, good: bytes) -> None:
    exchange.wfile.write(b"HTTP/1.0 200 OK\r\n")
    for _ in range(30):
        exchange.wfile.write(b"a: b\r\n")
        time.sleep(0.1)


def cut_short(exchange: Exchange, good: bytes) -> None:
    exchange.say(good, Content_Length="1000")


def no_gzip(exchange: Exchange, good: bytes) -> None:
    exchange.say(b"not packed", Content_Encoding="gzip")


@pytest.mark.parametrize(
    "fault", [reset, late, dribble, dribble_headers, cut_short, no_gzip]
)
def test_a_broken_line_is_tried_again(
    manners: Manners, server: LiveServer, fault: Fault
) -> None:
    server.fail(fault)
    assert fetch(manners, "a.json").content == b"a.json []"
    failed, good = SourceRequest.objects.order_by("sent_at")
    assert (failed.status, good.status) == (None, 200)
    assert failed.error and failed.payload is None


def test_nobody_listens(manners: Manners) -> None:
    deaf = replace(manners, base_url="http://127.0.0.1:9/")
    with pytest.raises(SourceUnavailableError, match="does not answer"):
        fetch(deaf, "a.json")
    assert SourceRequest.objects.count() == 3


def test_it_reads_no_more_than_it_can_hold(
    manners: Manners, server: LiveServer
) -> None:
    packed = gzip.compress(bytes(30_000_000))
    server.fail(lambda e, _: e.say(packed, Content_Encoding="gzip"), word="bomb")
    server.fail(lambda e, _: e.say(bytes(200_000)), word="long")
    for path in ("bomb.json", "long.json"):
        with pytest.raises(SourceFormatError, match=r"more than 0\.1 MB"):
            fetch(manners, path)
    assert len(server.asked) == 2


def to(address: str) -> Fault:
    return lambda exchange, _: exchange.say(b"", status=302, Location=address)


def test_it_follows_redirects_within_the_house(
    manners: Manners, server: LiveServer
) -> None:
    server.fail(to("/b.json"), word="a.json")
    assert fetch(manners, "a.json").content == b"b.json []"
    assert SourceRequest.objects.count() == 2
    assert fetch(manners, "a.json").is_stored


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/a.json", "more than 3 times"),
        ("http://localhost/a.json", "to another host, localhost"),
    ],
)
def test_it_follows_no_other_redirects(
    manners: Manners, server: LiveServer, address: str, words: str
) -> None:
    server.fail(to(address), times=9)
    with pytest.raises(SourceFormatError, match=words):
        fetch(manners, "a.json")
    assert len(server.asked) in {1, 4}


# --- pace and budget ------------------------------------------------------------
def test_an_hour_has_a_budget(manners: Manners, server: LiveServer) -> None:
    few = replace(manners, per_hour=3)
    server.fail(status(429), word="a.json")  # refused requests count
    fetch(few, "a.json")
    fetch(few, "b.json")
    with pytest.raises(SourceUnavailableError, match="3 times in an hour; it is"):
        fetch(few, "c.json")
    assert len(server.asked) == 3
    SourceRequest.objects.update(sent_at=datetime.now(UTC) - timedelta(hours=1))
    assert fetch(few, "c.json").content


def test_a_stopped_clock_does_not_stop_the_pace(
    manners: Manners, server: LiveServer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2024, 3, 1, tzinfo=UTC)
    slow = replace(manners, per_second=10)
    for number in range(4):
        fetch(slow, f"{number}.json")
    turns = SourceRequest.objects.order_by("sent_at").values_list("sent_at", flat=True)
    assert (turns[3] - turns[0]).total_seconds() >= 0.3
    assert turns[0].year > 2024


def in_threads(work: Any, n: int) -> None:
    def run(number: int) -> None:
        try:
            work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_all_share_one_pace(manners: Manners, server: LiveServer) -> None:
    paced = replace(manners, per_second=20)
    in_threads(lambda number: fetch(paced, f"{number}.json"), 8)
    turns = SourceRequest.objects.order_by("sent_at").values_list("sent_at", flat=True)
    gaps = [(after - before).total_seconds() for before, after in pairwise(turns)]
    assert len(gaps) == 7
    assert min(gaps) >= 1 / 20
    seen = sorted(asked.at for asked in server.asked)
    assert seen[-1] - seen[0] >= 7 / 20 - 0.15  # the first may arrive late


@pytest.mark.django_db(transaction=True)
def test_two_that_want_the_same_ask_once(manners: Manners, server: LiveServer) -> None:
    in_threads(lambda number: fetch(manners, "a.json"), 4)
    assert len(server.asked) == 1
