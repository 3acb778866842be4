"""The health of the data: the page, its files, and the API."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from accounts import roles
from accounts.models import User
from ingestion import condition
from ingestion.models import (
    CorrectedFigure,
    Correction,
    Finding,
    Provenance,
    Race,
    RaceResult,
    Source,
    SourceFetch,
    SourceRequest,
)
from ingestion.tests.factories import make_race
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
SWAP = {"HX-Request": "true"}
API = "/api/v1/data-health/"


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = NOW
    return api_cast.make()


@pytest.fixture
def page(client: Client) -> Callable[[str], str]:
    def get(path: str = "/data/") -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


def imported(source: str = "archive", **facts: Any) -> SourceFetch:
    told = {"location": "f1db-csv.zip", "outcome": "done", "started_at": NOW}
    return SourceFetch.objects.create(source=source, **(told | facts))


def disagree(race: Race, **facts: Any) -> Finding:
    told = {
        "kind": "disagreement",
        "source": "live",
        "race": race,
        "sheet": "results",
        "subject": "2024 Las Vegas: George Russell",
        "field": "time_ms",
        "ours": "4925969",
        "theirs": "4926969",
    }
    return Finding.objects.create(**(told | facts))


def kinds(client: Client, year: int) -> dict[str, tuple[int, int]]:
    (season,) = client.get(f"{API}?season={year}").json()["completeness"]
    return {row["kind"]: (row["have"], row["of"]) for row in season["kinds"]}


# --- age of each kind -------------------------------------------------------------
def test_each_kind_says_when_it_was_last_confirmed(
    cast: Cast, page: Callable[..., str], client: Client
) -> None:
    told = {"race": cast.vegas, "source": "live", "changed_at": NOW}
    moment = NOW - timedelta(hours=3)
    Provenance.objects.create(sheet="weather", confirmed_at=moment, **told)
    _, _, card = page().partition('id="ages-title"')
    table = re.sub(r"<[^>]+>|\s+", " ", card.partition("</table>")[0])
    words = " ".join(table.split())
    assert re.search(r"Weather \S+ \w+( \d+)?,? 09:00( UTC)? 3 h", words), words
    assert "Race results – never" in words
    fresh = {row["kind"]: row for row in client.get(API).json()["freshness"]}
    assert fresh["weather"]["confirmed_at"] == "2025-03-10T09:00:00Z"
    assert fresh["race_results"]["confirmed_at"] is None


# --- completeness -----------------------------------------------------------------
def test_an_empty_record_says_what_will_come(
    db: None, page: Callable[..., str]
) -> None:
    text = page()

    assert "The record is empty" in text
    assert "No race has a result yet" in text
    assert "Nothing imported yet" in text
    assert "Nothing open" in text


def test_it_counts_races_that_have_each_kind(cast: Cast, client: Client) -> None:
    found = kinds(client, 2024)

    assert found["results"] == found["entries"] == found["weather"] == (1, 1)
    assert found["standings"] == (0, 1)


def test_nothing_is_expected_of_a_race_ahead_but_its_dates_and_who_is_entered(
    cast: Cast, client: Client
) -> None:
    found = kinds(client, 2025)

    assert found["calendar"] == found["sessions"] == found["entries"] == (1, 1)
    assert found["results"] == found["practice"] == (0, 0)


def test_a_sprint_is_expected_where_there_was_one(cast: Cast, client: Client) -> None:
    assert kinds(client, 2024)["sprint"] == (0, 0)

    Race.objects.filter(pk=cast.vegas.pk).update(sprint_format="qualifying_2024")
    assert kinds(client, 2024)["sprint"] == (1, 1)


def test_nothing_is_expected_before_any_source_has_it(
    cast: Cast, client: Client
) -> None:
    make_race(1985, status="completed")

    found = kinds(client, 1985)

    assert found["practice"] == found["sessions"] == (0, 0)
    assert found["results"] == (0, 1)


def test_old_start_times_are_counted_where_they_are_there_and_not_missed(
    cast: Cast, client: Client
) -> None:
    for n in (1, 2):
        make_race(2015, n, status="completed")
    assert kinds(client, 2015)["calendar"] == (2, 2)
    Race.objects.filter(season=2015, round=1).update(starts_at=None)
    assert kinds(client, 2015)["calendar"] == (1, 1)


def test_a_cancelled_race_is_not_missed(cast: Cast, client: Client) -> None:
    assert "2023" not in client.get("/data/completeness.csv").content.decode()


def test_a_gap_is_told_in_words(cast: Cast, page: Callable[..., str]) -> None:
    RaceResult.objects.all().delete()
    text = page()

    assert "0/1" in text
    assert "2024: 0 of 1 races, classification of the race" in text


def test_a_season_shows_its_races(cast: Cast, page: Callable[..., str]) -> None:
    text = page("/data/?season=2024")

    assert "What is there of 2024?" in text
    assert "/races/2024/22/" in text
    assert "Las Vegas Grand Prix: 4, classification of the race" in text
    assert "Las Vegas Grand Prix: none, the drivers" in text


@pytest.mark.parametrize("season", ["1949", "x", "20240", "²024"])
def test_a_season_that_is_not_there_is_a_404(
    cast: Cast, client: Client, season: str
) -> None:
    assert client.get("/data/", {"season": season}).status_code == 404
    assert client.get("/data/completeness.csv", {"season": season}).status_code == 404
    assert client.get(API, {"season": season}).status_code == 400


@pytest.mark.parametrize("path", ["/data/", "/data/?season=2024"])
def test_a_swap_is_the_same_text_as_in_the_page(
    path: str, cast: Cast, client: Client
) -> None:
    whole, part = client.get(path), client.get(path, headers=SWAP)
    text = part.content.decode().partition('<p id="said"')[0].strip()

    assert text.startswith('<div id="data-completeness"')
    assert "".join(text.split()) in "".join(whole.content.decode().split())
    assert "HX-Request" in part["Vary"]


def test_the_files_hold_what_is_shown(cast: Cast, client: Client) -> None:
    seasons = client.get("/data/completeness.csv")
    races = client.get("/data/completeness.csv?season=2024")

    assert seasons["Content-Type"].startswith("text/csv")
    assert "season,races,held,calendar_have" in seasons.content.decode()
    assert "completeness-2024.csv" in races["Content-Disposition"]
    line = races.content.decode().splitlines()[1]
    assert line == "2024,22,Las Vegas Grand Prix,1,1,4,4,4,4,4,4,0,1"


# --- what lacks a result ----------------------------------------------------------
def test_races_without_a_result_are_named(
    cast: Cast, page: Callable[..., str], settings: Settings
) -> None:
    assert "No race that was run lacks one" in page()

    settings.F1_NOW = NOW + timedelta(days=9)
    text = page()
    assert "1 race since then has none" in text
    assert '<a class="choice" href="/races/2025/1/">Melbourne 2025</a>' in text


# --- sources and imports ----------------------------------------------------------
def test_each_source_says_how_old_it_is(cast: Cast, client: Client) -> None:
    imported(finished_at=NOW - timedelta(hours=3), started_at=NOW - timedelta(hours=3))
    imported(outcome="failed", started_at=NOW - timedelta(hours=1))

    text = client.get("/data/").content.decode()
    states = {row["source"]: row for row in client.get(API).json()["sources"]}

    assert "3 h" in text
    assert states["archive"]["good_at"] == "2025-03-10T09:00:00Z"
    assert states["archive"]["tried_at"] == "2025-03-10T11:00:00Z"
    assert states["archive"]["outcome"] == "failed"
    assert states["live"]["good_at"] is None


def test_an_import_that_never_ended_was_killed(cast: Cast, client: Client) -> None:
    imported(outcome="running", started_at=NOW - timedelta(minutes=5))
    imported("live", outcome="running", started_at=NOW - timedelta(hours=5))

    found = {row["source"]: row["outcome"] for row in client.get(API).json()["imports"]}
    assert found == {"archive": "running", "live": "killed"}


def test_the_budget_and_the_rest_of_a_source_are_told(
    cast: Cast, client: Client, page: Callable[..., str]
) -> None:
    real = timezone.now()
    for minutes, retry_at in ((1, real + timedelta(minutes=9)), (30, None), (90, None)):
        SourceRequest.objects.create(
            source="live",
            address="x",
            sent_at=real - timedelta(minutes=minutes),
            retry_at=retry_at,
        )

    text = page()
    (live,) = [row for row in client.get(API).json()["sources"] if row["budget"]]

    assert (live["source"], live["n_requests"]) == ("live", 2)
    assert live["shut_until"] is not None
    assert "2 of 200" in text
    assert "rests until" in text


def test_the_next_import_is_told_while_the_scheduler_runs(
    cast: Cast, client: Client
) -> None:
    crontab = CrontabSchedule.objects.create(minute="0", hour="2", timezone="UTC")
    task = condition.TASKS[Source.ARCHIVE]
    PeriodicTask.objects.filter(task=task).delete()
    beat = PeriodicTask.objects.create(name="x", task=task, crontab=crontab)

    def due() -> Any:
        found = {row["source"]: row for row in client.get(API).json()["sources"]}
        return found["archive"]["due_at"]

    assert due() is None
    PeriodicTask.objects.filter(pk=beat.pk).update(last_run_at=timezone.now())
    assert "T02:00" in due() or "T01:59:59" in due()


def test_imports_show_counts_and_no_secrets(
    cast: Cast, page: Callable[..., str]
) -> None:
    counts = {"results": {"added": 20, "changed": 3, "removed": 1}}
    error = (
        "No answer from https://me:hunter2@api.example/f1/2024.json?key=s3cret"
        " <script>x</script>; see /var/lib/site/keys.txt\nsecond line"
    )
    imported("live", outcome="failed", counts=counts, error=error)

    text = page()

    for secret in ("hunter2", "s3cret", "/var/lib", "second line", "<script>x"):
        assert secret not in text, secret
    assert "https://api.example/f1/2024.json" in text
    assert "keys.txt" in text
    assert 'data-label="added">20<' in text


# --- findings ---------------------------------------------------------------------
def test_open_findings_stand_there_and_settled_ones_do_not(
    cast: Cast, client: Client, page: Callable[..., str]
) -> None:
    disagree(cast.vegas)
    disagree(cast.vegas, field="points", resolved_at=NOW)
    disagree(cast.vegas, kind="unknown", sheet="drivers", subject="<b>Nobody</b>")

    text = page()

    assert "1:22:05.969" in text
    assert "1:22:06.969" in text
    assert "results, points" not in text
    assert "&lt;b&gt;Nobody" in text
    found = client.get(API).json()["findings"]
    assert found == {"disagreements": 1, "unknown_names": 1}


def test_a_long_list_says_how_much_it_leaves_out(
    cast: Cast, page: Callable[..., str]
) -> None:
    for n in range(condition.MOST_FINDINGS + 1):
        disagree(cast.vegas, subject=f"row {n}")

    assert "51 open, 50 shown" in page()


@pytest.mark.parametrize(
    ("role", "sees"),
    [("", False), ("viewer", False), ("analyst", False), ("editor", True)],
)
def test_only_editors_see_the_way_to_the_correction(
    cast: Cast, client: Client, role: str, sees: bool
) -> None:
    finding = disagree(cast.vegas)
    if role:
        user = User.objects.create_user(f"{role}@example.org", "x")
        roles.give(user, role)
        client.force_login(user)

    text = client.get("/data/").content.decode()

    assert (f"/admin/ingestion/finding/{finding.pk}/decide/" in text) is sees


def test_gaps_lead_editors_to_where_they_are_mended(
    cast: Cast, client: Client, settings: Settings
) -> None:
    settings.F1_NOW = NOW + timedelta(days=9)  # Melbourne was run, nothing is known
    run = imported(outcome="failed", error="no answer")
    paths = ("/data/", "/data/?season=2025")

    def led() -> set[str]:
        texts = [client.get(path).content.decode() for path in paths]
        return {
            unescape(url)
            for url in re.findall(r'href="(/admin/ingestion/[^"]+)"', "".join(texts))
        }

    assert led() == set()
    viewer = User.objects.create_user("viewer@example.org", "x")
    roles.give(viewer, "viewer")
    client.force_login(viewer)
    assert led() == set()

    editor = User.objects.create_user("editor@example.org", "x")
    roles.give(editor, "editor")
    client.force_login(editor)
    found = led()
    race = cast.melbourne.pk
    for url in (
        f"race/{race}/upload/?sheet=results",
        f"race/{race}/upload/?sheet=qualifying",
        f"race/{race}/upload/?sheet=fp1",
        f"race/{race}/grid/",
        f"driverstanding/add/?race={race}",
        f"weatherdata/add/?race={race}",
        f"sourcefetch/{run.pk}/change/",
        "finding/?kind=unknown&resolved_at__isempty=1",
    ):
        assert f"/admin/ingestion/{url}" in found, url
    for url in found:
        assert client.get(url).status_code == 200, url
    form = client.get(f"/admin/ingestion/race/{race}/upload/?sheet=qualifying")
    assert '<option value="qualifying" selected>' in form.content.decode()


def test_corrections_are_counted_and_their_authors_not_named(
    cast: Cast, client: Client
) -> None:
    author = User.objects.create_user("editor@example.org", "x")
    correction = Correction.objects.create(author=author, reason="a typing error")
    for n, state in enumerate(("standing", "agreed", "conflict", "undone")):
        CorrectedFigure.objects.create(
            correction=correction, state=state, sheet="results", key=[n], field="laps"
        )

    found = client.get(API).json()["corrections"]

    assert found == {"in_force": 3, "conflicts": 1}
    assert "editor@example.org" not in client.get("/data/").content.decode()


# --- costs and manners ------------------------------------------------------------
def test_the_page_costs_few_queries(
    cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    imported()
    for n in range(5):
        disagree(cast.vegas, subject=f"row {n}")

    with django_assert_max_num_queries(17):
        client.get("/data/")
    with django_assert_max_num_queries(13):
        client.get(API)


def test_the_page_needs_nothing_inline(cast: Cast, client: Client) -> None:
    response = client.get("/data/")
    text = response.content.decode()

    assert "unsafe" not in response["Content-Security-Policy"]
    assert " style=" not in text
    assert not response.cookies


def test_every_footer_has_the_grade_of_the_record(
    cast: Cast, page: Callable[..., str], settings: Settings
) -> None:
    def told() -> str:
        (grade,) = re.findall(r'record: <a href="/data/">(.*?)</a>', page("/teams/"))
        return str(grade)

    assert told() == "A, nothing open"
    disagree(cast.vegas)
    assert told() == "B, figures or names in question"
    settings.F1_NOW = NOW + timedelta(days=9)
    assert told() == "C, results are missing"


def test_the_footer_leads_there(cast: Cast, page: Callable[..., str]) -> None:
    assert 'href="/data/"' in page("/track-record/")


def test_the_api_lists_it(cast: Cast, client: Client) -> None:
    assert client.get("/api/v1/").json()["data-health"].endswith(API)
