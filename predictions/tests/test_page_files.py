"""What a page shows can be taken along: the same rows, as CSV and as JSON."""

import csv
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

CSV, JSON = "text/csv", "application/json"


class Shown(NamedTuple):
    """A table of a page: rows, and addresses of its files by what they are called."""

    n_rows: int
    files: dict[str, str]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


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
    answer = client.get(table.files["JSON"]).json()
    assert float(whole["points"]) == pytest.approx(answer["difference"]["points"], 0.01)
    assert client.get("/ratings/chain.csv?from=george-russell").status_code == 404
