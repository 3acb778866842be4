"""What readers subscribe to: sessions as iCalendar, forecasts as Atom."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from ingestion.models import Provenance, Session
from predictions.models import Stage
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from predictions.views.feeds.ical import Event, calendar_text

ATOM = {"a": "http://www.w3.org/2005/Atom"}
Lines = Callable[[str], list[str]]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def events(client: Client) -> Callable[[str], dict[str, dict[str, str]]]:
    """Events of a calendar by their UID, each as property and value."""

    def read(path: str) -> dict[str, dict[str, str]]:
        response = client.get(path)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        text = response.content.decode().replace("\r\n ", "")
        found = [
            dict(line.split(":", 1) for line in part.split("\r\n") if ":" in line)
            for part in text.split("BEGIN:VEVENT")[1:]
        ]
        return {event["UID"]: event for event in found}

    return read


Events = Callable[[str], dict[str, dict[str, str]]]


def test_sessions_have_times_in_utc_or_days(cast: Cast, events: Events) -> None:
    start = datetime(2025, 3, 14, 1, 30, tzinfo=UTC)
    Session.objects.create(
        race=cast.melbourne, kind="FP1", starts_on=start.date(), starts_at=start
    )
    found = events("/calendar.ics")
    assert set(found) == {
        f"2025001-{kind}@f1-sessions" for kind in ("FP1", "qualifying", "race")
    }
    practice = found["2025001-FP1@f1-sessions"]
    assert practice["DTSTART"] == "20250314T013000Z"
    assert practice["DTEND"] == "20250314T023000Z"
    assert practice["SUMMARY"] == "Melbourne Grand Prix: Practice 1"
    qualifying = found["2025001-qualifying@f1-sessions"]
    assert qualifying["DTSTART;VALUE=DATE"] == "20250316"
    assert qualifying["DTEND;VALUE=DATE"] == "20250317"
    race = found["2025001-race@f1-sessions"]
    assert race["DTSTART"] == "20250316T060000Z"
    assert race["URL"] == "http://testserver/races/2025/1/"
    assert race["STATUS"] == "CONFIRMED"


def test_a_cancelled_race_stays_and_says_so(cast: Cast, events: Events) -> None:
    found = events("/calendar/2023.ics")
    assert {event["STATUS"] for event in found.values()} == {"CANCELLED"}
    assert len(found) == 2
    assert "/calendar/?season=2023" in found["2023006-race@f1-sessions"]["URL"]


def test_what_moves_keeps_its_name_and_counts_up(
    cast: Cast, client: Client, events: Events
) -> None:
    key, path = "2024022-race@f1-sessions", "/calendar/2024.ics"
    before, was = events(path)[key], client.get(path)
    sheet = Provenance.objects.get(race=cast.vegas, sheet="races")
    assert before["LAST-MODIFIED"] == f"{sheet.changed_at:%Y%m%dT%H%M%SZ}"
    sheet.changed_at = datetime(2025, 2, 1, tzinfo=UTC)
    sheet.save()
    after, now = events(path)[key], client.get(path)
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert now["Last-Modified"] == "Sat, 01 Feb 2025 00:00:00 GMT"
    assert now["ETag"] != was["ETag"]


@pytest.mark.parametrize("path", ["/calendar.ics", "/forecasts.atom"])
def test_an_unchanged_feed_is_not_sent_again(
    path: str, cast: Cast, client: Client
) -> None:
    api_cast.issue(cast, cast.melbourne)
    first = client.get(path)
    assert first["Last-Modified"]
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    since = client.get(path, headers={"If-Modified-Since": first["Last-Modified"]})
    assert since.status_code == 304


def test_a_season_that_is_not_there_is_a_404(cast: Cast, client: Client) -> None:
    assert client.get("/calendar/1949.ics").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/calendar.ics", "/forecasts.atom"])
def test_feeds_of_an_empty_record_are_empty(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert b"VEVENT" not in response.content
    assert b"<entry>" not in response.content


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_lines_are_short_and_come_back_whole(title: str) -> None:
    day = date(2025, 3, 16)
    event = Event(
        uid="1", title=title, start=day, end=day, changed_at=datetime.now(UTC)
    )
    text = calendar_text("Races", [event])
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (line,) = [
        line
        for line in text.replace("\r\n ", "").split("\r\n")
        if line.startswith("SUMMARY:")
    ]
    escaped = line.removeprefix("SUMMARY:").replace("\\\\", "\0")
    for mark in ",;":
        escaped = escaped.replace(f"\\{mark}", mark)
    assert escaped.replace("\0", "\\") == title


def test_forecasts_are_entries_with_favourite_stage_and_hash(
    cast: Cast,
    client: Client,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    api_cast.issue(cast, cast.vegas, Stage.FINAL_GRID)
    api_cast.issue(cast, cast.melbourne, day=2)
    api_cast.issue(cast, cast.melbourne, day=3, late=True)
    api_cast.issue(cast, cast.melbourne, day=4, model=cast.grid)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        response = client.get("/forecasts.atom")
    assert response["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(response.content).findall("a:entry", ATOM)  # noqa: S314
    titles = [entry.findtext("a:title", "", ATOM) for entry in entries]
    assert titles == [
        "Melbourne Grand Prix 2025, pre-weekend:"
        " George Russell 40\u202f% (about 2 in 5)",
        "Las Vegas Grand Prix 2024, final grid:"
        " George Russell 40\u202f% (about 2 in 5)",
    ]
    last = entries[-1]
    link = last.find("a:link", ATOM)
    assert link is not None
    assert link.get("href") == "http://testserver/races/2024/22/?stage=final_grid"
    assert f"{1:064x}" in last.findtext("a:summary", "", ATOM)


def test_pages_lead_to_the_feeds(cast: Cast, client: Client) -> None:
    text = client.get("/calendar/?season=2024").content.decode()
    assert 'rel="alternate" type="application/atom+xml"' in text
    assert 'href="/calendar/2024.ics"' in text
    assert 'href="/calendar.ics"' in text
