"""A source that misbehaves in every way we could think of: nothing of it stays.

After each fault the record is as it was, or right already; the import says what
happened; and the next good answer completes the season.
"""

import gzip
import hashlib
import json
import re
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from ingestion.errors import SourceError
from ingestion.models import SourceFetch, SourceRequest
from ingestion.services import import_live
from ingestion.services.starter import facts_of
from ingestion.sources.starter import dump_starter
from ingestion.tests.conftest import empty_record, seed_aliases
from ingestion.tests.live_season import SEASON, LiveSeason
from ingestion.tests.live_server import Exchange, Fault, LiveServer, serving

pytestmark = pytest.mark.django_db

ENDPOINTS = ("2023.json", "2023/results.json", "2023/driverstandings.json")
#: A field of the first row of each that must be a number.
FIELDS = {"Races": "round", "Results": "laps", "DriverStandings": "points"}
MANNERS = {
    "LIVE_PER_SECOND": 1000,
    "LIVE_PER_HOUR": 100_000,
    "LIVE_WAIT_S": 0.01,
    "LIVE_PATIENCE_S": 3,
    "LIVE_TIMEOUT_S": 5,
}
#: Faults that are about waiting: there nobody waits for long.
SLOW = {"no answer", "slow loris", "one time-out"}
HASTE = 0.1

Doc = dict[str, Any]


# --- the record before and after ----------------------------------------------------
def content() -> str:
    """A checksum of what the record says, whatever the keys of its rows are."""
    files = dump_starter(facts_of([SEASON]))
    names = sorted(files)
    return hashlib.sha256(b"".join(files[name] for name in names)).hexdigest()


@pytest.fixture(scope="module")
def record(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Generator[tuple[LiveServer, dict[str, str]], None, None]:
    """Two races are imported; what the third will add is known."""
    with (
        django_db_blocker.unblock(),
        serving(LiveSeason(till=2).answer) as server,
        override_settings(LIVE_URL=server.url, **MANNERS),
    ):
        seed_aliases()
        import_live(season=SEASON)
        states = {"before": content()}
        days_pass()
        server.good = LiveSeason().answer
        with transaction.atomic():
            import_live(season=SEASON)
            states["complete"] = content()
            transaction.set_rollback(True)
        yield server, states
        empty_record()


def days_pass() -> None:
    """All rests are over, and nothing is fresh."""
    hours = timedelta(days=3)
    SourceRequest.objects.update(
        sent_at=F("sent_at") - hours,
        answered_at=F("answered_at") - hours,
        retry_at=F("retry_at") - hours,
    )


@pytest.fixture
def server(
    record: tuple[LiveServer, dict[str, str]], db: None
) -> Generator[LiveServer, None, None]:
    yield record[0]
    record[0].good = LiveSeason().answer
    record[0].faults.clear()
    record[0].asked.clear()


@pytest.fixture
def states(record: tuple[LiveServer, dict[str, str]]) -> dict[str, str]:
    return record[1]


# --- faults of the wire -------------------------------------------------------------
def says(code: int, body: bytes = b'{"detail":"No."}', **headers: str) -> Fault:
    return lambda exchange, good: exchange.say(body, status=code, **headers)


def silent(exchange: Exchange, good: bytes) -> None:
    time.sleep(1.2)


def reset(exchange: Exchange, good: bytes) -> None:
    exchange.close_connection = True
    exchange.connection.close()


def slow_loris(exchange: Exchange, good: bytes) -> None:
    exchange.send_response(200)
    exchange.end_headers()
    for byte in good[:20]:
        exchange.wfile.write(bytes([byte]))
        exchange.wfile.flush()
        time.sleep(0.1)


def cut_short(exchange: Exchange, good: bytes) -> None:
    exchange.say(good[:100], Content_Length=str(len(good)))


def another_page(exchange: Exchange, good: bytes) -> None:
    """Whatever page is asked for, the first one comes."""
    parts = exchange.path.replace("offset=", "was=").partition("?")[0].lstrip("/")
    first = exchange.server.source.good(parts, {"limit": "100", "offset": "0"})
    exchange.say(first or b"")


def in_days() -> str:
    later = datetime.now(UTC) + timedelta(days=2)
    return format_datetime(later, usegmt=True)


PAGE = b"<!doctype html><html><body>Bad Gateway</body></html>"
BOMB = gzip.compress(bytes(20_000_000))
UNAVAILABLE: dict[str, tuple[Fault, str]] = {
    "no answer": (silent, "no answer in time"),
    "connection reset": (reset, "does not answer"),
    "slow loris": (slow_loris, "took longer than|no answer in time"),
    "cut short": (cut_short, "does not answer"),
    "429": (says(429), "429 No"),
    "429 for an hour": (says(429, Retry_After="3600"), "429 No"),
    "429 until a date": (
        lambda exchange, _: exchange.say(b"", status=429, Retry_After=in_days()),
        "429",
    ),
    "500": (says(500), "500 No"),
    "502 with a page": (says(502, PAGE), "502 <!doctype html>"),
    "503 with a page": (says(503, PAGE), "503 <!doctype html>"),
}
NONSENSE: dict[str, tuple[Fault, str]] = {
    "404": (says(404), "answers 404: No"),
    "a page with 200": (says(200, PAGE), "is not JSON"),
    "nothing with 200": (says(200, b""), "is not JSON"),
    "truncated JSON": (lambda e, good: e.say(good[:-40]), "is not JSON"),
    "Latin-1": (
        lambda e, good: e.say(
            good.replace(b"Grand", "Größe".encode("latin-1")).replace(
                b"Sergio", "José".encode("latin-1")
            )
        ),
        "not UTF-8",
    ),
    "11 MB": (lambda e, _: e.say(b" " * 11_000_000), "more than 10 MB"),
    "gzip bomb": (lambda e, _: e.say(BOMB, Content_Encoding="gzip"), "more than 10 MB"),
    "redirect loop": (
        lambda e, _: e.say(b"", status=302, Location=e.path),
        "sends us on more than",
    ),
    "redirect elsewhere": (
        says(302, b"", Location="http://localhost:1/"),
        "another host",
    ),
}


# --- faults of the content ----------------------------------------------------------
def edited(change: Callable[[Doc], None]) -> Fault:
    """The good answer, changed by somebody."""

    def fault(exchange: Exchange, good: bytes) -> None:
        document = json.loads(good)
        change(document["MRData"])
        exchange.say(json.dumps(document, ensure_ascii=False).encode())

    return fault


def groups(data: Doc) -> list[Doc]:
    table = data.get("RaceTable") or data["StandingsTable"]
    found: list[Doc] = table.get("Races") or table.get("StandingsLists") or []
    return found


def rows(data: Doc) -> tuple[str, list[Doc]]:
    """The rows of a page, and what they are called."""
    (*_, group) = groups(data)
    for name in FIELDS:
        if name in group:
            return name, group[name]
    return "Races", groups(data)


def first(value: Any) -> Callable[[Doc], None]:
    """Put something in the place of a number."""

    def change(data: Doc) -> None:
        name, found = rows(data)
        found[0][FIELDS[name]] = value

    return change


def without(data: Doc) -> None:
    name, found = rows(data)
    del found[0][FIELDS[name]]


def twice(data: Doc) -> None:
    """The first row stands in the place of the last one, too."""
    inner, found = rows(data)
    (start, *_) = groups(data)
    found[-1] = start if inner == "Races" else start[inner][0]


def one_less(data: Doc) -> None:
    _, found = rows(data)
    found.pop()


def echo(**said: str) -> Callable[[Doc], None]:
    return lambda data: data.update(said)


def shrunk(data: Doc) -> None:
    """Less and less from the second page on."""
    if data["offset"] != "0":
        data["total"] = str(int(data["total"]) - 1)


def of_another_season(data: Doc) -> None:
    for group in groups(data):
        group["season"] = "2022"


CONTENT: dict[str, tuple[Fault, str]] = {
    "another page": (another_page, "was asked for 100 rows from"),
    "a number": (edited(first(25)), "expected"),
    "a list for a number": (edited(first(["1"])), "expected"),
    "null": (edited(first(None)), "expected"),
    "negative": (edited(first("-3")), "expected"),
    "NaN": (edited(first(float("nan"))), "NaN is no number"),
    "a missing key": (edited(without), "is missing"),
    "a row twice": (edited(twice), "twice|comes after|has the rounds"),
    "a row too few": (edited(one_less), "are due"),
    "shrinking total": (edited(shrunk), "changed while it was read"),
    "huge total": (edited(echo(total="100000000")), "claims 100,000,000 rows"),
    "no limit": (edited(echo(limit="0")), "answers with 0 from"),
    "wrong offset": (edited(echo(offset="30")), "from 30 on"),
    "another season": (edited(of_another_season), "season 2022"),
}
FAULTS = UNAVAILABLE | NONSENSE | CONTENT


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_leaves_the_record_as_it_was(
    server: LiveServer,
    states: dict[str, str],
    name: str,
    endpoint: str,
    settings: Any,
) -> None:
    fault, words = FAULTS[name]
    server.fail(fault, times=20, word=endpoint)
    patience = settings.LIVE_TIMEOUT_S
    settings.LIVE_TIMEOUT_S = HASTE if name in SLOW else patience

    with pytest.raises(SourceError) as error:
        import_live(season=SEASON)

    assert content() == states["before"]
    fetch = SourceFetch.objects.latest("pk")
    assert (fetch.outcome, fetch.error) == ("failed", str(error.value))
    assert re.search(words, fetch.error), fetch.error
    assert endpoint in fetch.error or "2023" in fetch.error

    server.faults.clear()
    settings.LIVE_TIMEOUT_S = patience
    days_pass()
    import_live(season=SEASON)
    assert content() == states["complete"]


# --- what can be borne --------------------------------------------------------------
def renamed(data: Doc) -> None:
    """The same ids under other names; a race is known by place and day."""
    for group in groups(data):
        if "raceName" in group:
            group["raceName"] = f"The {group['raceName'][:5]} Prize"
    for row in rows(data)[1]:
        if "Driver" in row:
            row["Driver"]["familyName"] += " Jr."


def other_ids(data: Doc) -> None:
    """Other ids of the same people, teams and places."""
    for group in groups(data):
        if "Circuit" in group:
            group["Circuit"]["circuitId"] += "_new"
    for row in rows(data)[1]:
        if "Driver" in row:
            row["Driver"]["driverId"] += "_new"


BORNE: dict[str, Fault] = {
    "one time-out": silent,
    "one reset": reset,
    "one 429": says(429),
    "one 429 for no time": says(429, Retry_After="0"),
    "one 503": says(503),
    "a redirect": lambda e, _: e.say(b"", status=307, Location=e.path),
    "shorter pages": edited(lambda data: None),
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", BORNE)
def test_a_passing_fault_is_borne(
    server: LiveServer,
    states: dict[str, str],
    name: str,
    endpoint: str,
    settings: Any,
) -> None:
    if name in SLOW:
        settings.LIVE_TIMEOUT_S = 1
    if name == "shorter pages":
        server.good = LiveSeason(limit=2).answer
    server.fail(BORNE[name], word=endpoint)
    import_live(season=SEASON)
    assert content() == states["complete"]
    assert SourceFetch.objects.latest("pk").outcome == "done"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("change", [renamed, other_ids])
def test_names_may_change_in_the_source(
    server: LiveServer,
    states: dict[str, str],
    change: Callable[[Doc], None],
    endpoint: str,
) -> None:
    import_live(season=SEASON)
    days_pass()
    server.fail(edited(change), times=20, word=endpoint)
    import_live(season=SEASON)
    assert content() == states["complete"]
    server.faults.clear()
    days_pass()
    assert import_live(season=SEASON).outcome.is_unchanged


@pytest.mark.parametrize("what", ["calendar", "results", "driverstandings"])
def test_an_empty_answer_takes_nothing_away(
    server: LiveServer, states: dict[str, str], what: str
) -> None:
    import_live(season=SEASON)
    days_pass()
    empty = LiveSeason()
    empty.hide = {what}
    server.good = empty.answer

    run = import_live(season=SEASON)

    assert content() == states["complete"]
    note = f"The source has no {what} of 2023 yet; nothing is removed"
    assert run.outcome.notes == [note]
    assert SourceFetch.objects.latest("pk").rejected == [note]


def test_nobody_listens(
    server: LiveServer, states: dict[str, str], settings: Any
) -> None:
    settings.LIVE_URL = "http://127.0.0.1:9/"
    with pytest.raises(SourceError, match="does not answer"):
        import_live(season=SEASON)
    assert content() == states["before"]
    assert SourceFetch.objects.latest("pk").outcome == "failed"


def test_a_disqualification_changes_the_result(
    server: LiveServer, states: dict[str, str]
) -> None:
    import_live(season=SEASON)
    days_pass()
    amended = LiveSeason()
    order = amended.results[3]
    order.append(order.pop(1))
    order[-1] |= {"positionText": "D", "status": "Disqualified", "points": "0"}
    for place, row in enumerate(order, start=1):
        row["position"] = str(place)
        if row["positionText"].isdigit():
            row["positionText"] = str(place)
    server.good = amended.answer

    run = import_live(season=SEASON)

    change = run.outcome.changes["results"]
    assert (change.added, change.removed) == (0, 0)
    assert 0 < change.changed <= 6
    assert content() != states["complete"]

    days_pass()
    server.good = LiveSeason().answer  # the appeal was won
    import_live(season=SEASON)
    assert content() == states["complete"]


def test_a_source_that_lost_a_held_race_is_not_believed(
    server: LiveServer, states: dict[str, str]
) -> None:
    lost = LiveSeason()
    del lost.calendar[0]
    for round, race in enumerate(lost.calendar, start=1):
        race["round"] = str(round)
    server.good = lost.answer
    with pytest.raises(SourceError):
        import_live(season=SEASON, kinds=["calendar"])
    assert content() == states["before"]
