"""What a page shows can be taken along: the same rows, as CSV and as JSON."""

import csv
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import Race
from ingestion.services.versions import note_versions
from predictions.models import Stage
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from ratings.services import refresh_rankings

RACE = "/races/2024/22/"
CSV, JSON = "text/csv", "application/json"


class Shown(NamedTuple):
    """A table of a page: rows, and addresses of its files by what they are called."""

    n_rows: int
    files: dict[str, str]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    made = api_cast.make()
    refresh_rankings()
    return made


@pytest.fixture
def reviewed(cast: Cast) -> Cast:
    """Las Vegas was forecast twice, as was its sprint; the second came true."""
    Race.objects.filter(pk=cast.vegas.pk).update(sprint_format="qualifying_2024")
    for kind in ("race", "sprint"):
        api_cast.issue(cast, cast.vegas, kind=kind)
        api_cast.score(api_cast.issue(cast, cast.vegas, Stage.FINAL_GRID, kind=kind))
    return cast


@pytest.fixture
def explained(cast: Cast, settings: Settings, tmp_path: Path) -> Cast:
    """Melbourne has a forecast whose model is kept."""
    settings.MODEL_DIR = tmp_path / "models"
    cache.clear()
    api_cast.explainable(cast, cast.melbourne)
    return cast


@pytest.fixture
def shown(client: Client) -> Callable[[str, str], Shown]:
    def find(page: str, label: str) -> Shown:
        text = client.get(page).content.decode()
        (card,) = re.findall(
            rf'<section class="card" aria-label(?:ledby)?="{label}".*?</section>',
            text,
            re.DOTALL,
        )
        links = re.findall(r'<a href="([^"]+)">(CSV|JSON)</a>', card)
        return Shown(
            n_rows=sum(
                map(rows_in, re.findall(r"<tbody>.*?</tbody>", card, re.DOTALL))
            ),
            files={form: html.unescape(url) for url, form in links},
        )

    return find


def rows_in(body: str) -> int:
    return len(re.findall("<tr[ >]", body))


@pytest.fixture
def taken(client: Client) -> Callable[[str, str], list[dict[str, Any]]]:
    """The rows of a file, which is what it says it is."""

    def take(url: str, content_type: str) -> list[dict[str, Any]]:
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert answer["Content-Type"].startswith(content_type)
        if content_type == JSON:
            rows: list[dict[str, Any]] = answer.json()["results"]
            return rows
        assert "attachment" in answer["Content-Disposition"]
        return list(csv.DictReader(answer.content.decode().splitlines()))

    return take


@pytest.mark.parametrize(
    ("page", "label"),
    [
        ("/calendar/?season=2023", "rounds-title"),
        ("/drivers/", "Drivers"),
        ("/drivers/?q=lec", "Drivers"),
        ("/teams/?sort=name", "Teams"),
        ("/teams/?q=merc", "Teams"),
        ("/circuits/?kind=race&sort=name", "Circuits"),
        ("/circuits/?q=vegas", "Circuits"),
        ("/ratings/?sort=name&moved=1", "field-title"),
        ("/ratings/?kind=team&as_of=2024-12-01", "field-title"),
        ("/ratings/all-time/?order=now&q=le", "all-time-title"),
        ("/ratings/duels/?exclude=nothing", "duels-title"),
        ("/ratings/surprises/", "surprises-title"),
        ("/ratings/surprises/?places=3", "surprises-title"),
    ],
)
def test_a_file_has_the_rows_of_its_table(
    page: str,
    label: str,
    cast: Cast,
    shown: Callable[[str, str], Shown],
    taken: Callable[[str, str], list[dict[str, Any]]],
) -> None:
    table = shown(page, label)
    assert table.n_rows
    for form, content_type in (("CSV", CSV), ("JSON", JSON)):
        assert len(taken(table.files[form], content_type)) == table.n_rows


def test_a_chain_ends_with_what_its_links_add_up_to(
    cast: Cast,
    client: Client,
    shown: Callable[[str, str], Shown],
    taken: Callable[[str, str], list[dict[str, Any]]],
) -> None:
    ends = "from=george-russell&to=lewis-hamilton"
    table = shown(f"/ratings/chain/?{ends}", "chain-title")
    link, whole = taken(table.files["CSV"], CSV)
    assert table.n_rows == 2
    assert link["points"] == whole["points"]
    *_, told = taken(table.files["JSON"], JSON)
    assert (told["points"], told["mate"]) == (float(whole["points"]), "lewis-hamilton")
    assert client.get("/ratings/chain.csv?from=george-russell").status_code == 404


def test_weather_and_ratings_of_a_review_are_files(
    reviewed: Cast,
    shown: Callable[[str, str], Shown],
    taken: Callable[[str, str], list[dict[str, Any]]],
) -> None:
    """Of the ratings the card shows the largest moves, the file has all."""
    for label, n_rows in (("weather-title", 1), ("moves-title", 4)):
        files = shown(RACE, label).files
        for form, content_type in (("CSV", CSV), ("JSON", JSON)):
            assert len(taken(files[form], content_type)) == n_rows, label


@pytest.mark.parametrize("page", [RACE, f"{RACE}sprint/"])
@pytest.mark.parametrize("label", ["result-title", "mates-title", "scores-title"])
def test_each_card_of_a_review_is_a_file(
    page: str,
    label: str,
    reviewed: Cast,
    shown: Callable[[str, str], Shown],
    taken: Callable[[str, str], list[dict[str, Any]]],
) -> None:
    table = shown(f"{page}?stage=final_grid", label)
    assert table.n_rows
    for form, content_type in (("CSV", CSV), ("JSON", JSON)):
        assert len(taken(table.files[form], content_type)) == table.n_rows


def test_files_of_a_review_follow_the_version_that_is_shown(
    reviewed: Cast,
    shown: Callable[[str, str], Shown],
    taken: Callable[[str, str], list[dict[str, Any]]],
) -> None:
    winner = reviewed.vegas.results.get(position=1)
    type(winner).objects.filter(pk=winner.pk).update(points=26)
    note_versions([reviewed.vegas.pk], source="archive")
    for page, points in ((RACE, 26), (f"{RACE}?version=1", 25)):
        first, *_ = taken(shown(page, "result-title").files["JSON"], JSON)
        assert first["points"] == points


def test_mates_are_told_by_their_chances_and_who_was_ahead(
    reviewed: Cast, taken: Callable[[str, str], list[dict[str, Any]]]
) -> None:
    first, _ = taken(f"{RACE}mates.json", JSON)
    assert (first["driver"], first["mate"]) == ("george-russell", "lewis-hamilton")
    assert 0.5 < first["p_ahead"] < 1
    assert first["was_ahead"] is True


def test_reasons_are_a_file_that_adds_up(
    explained: Cast,
    shown: Callable[[str, str], Shown],
    taken: Callable[[str, str], list[dict[str, Any]]],
    client: Client,
) -> None:
    page = "/races/2025/1/?model=elo"
    table = shown(page, "why-title")
    for form, content_type in (("CSV", CSV), ("JSON", JSON)):
        rows = taken(table.files[form], content_type)
        assert len(rows) == table.n_rows == 4
        for row in rows:
            _, p_win, total, *groups = row.values()
            assert sum(map(float, groups)) == pytest.approx(float(total))
            assert 25 + float(total) == pytest.approx(100 * float(p_win))
    assert client.get("/races/2025/1/changes.csv?model=elo").status_code == 404
    assert client.get("/races/2025/1/nothing.csv?model=elo").status_code == 404
    assert client.get("/races/2025/1/why.xml?model=elo").status_code == 404
