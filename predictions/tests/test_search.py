"""The search, asked as a reader asks."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.circuit_names import ALSO_CALLED
from ingestion.sources.starter import fetch_starter, parse_starter
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

SWAP = {"HX-Request": "true"}
Found = Callable[[str], list[str]]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def found(client: Client) -> Found:
    """Addresses that a text leads to, in order."""

    def ask(text: str) -> list[str]:
        response = client.get("/search/", {"q": text})
        assert response.status_code == 200
        groups = response.context["groups"]
        return [row.url for group in groups for row in group.rows]

    return ask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("leclerc", ["/drivers/charles-leclerc/"]),
        ("LECLERC charles", ["/drivers/charles-leclerc/"]),
        ("ham", ["/drivers/lewis-hamilton/"]),
        ("ferr", ["/teams/ferrari/"]),
        ("las vegas", ["/races/2024/22/", "/circuits/las-vegas/"]),
        ("Las Vegas GP 2024", ["/races/2024/22/", "/circuits/las-vegas/"]),
        ("vegas 2023", ["/circuits/las-vegas/"]),
        ("2024-22", ["/calendar/?season=2024", "/races/2024/22/"]),
        ("2024/21", []),
        ("2024", ["/calendar/?season=2024", "/races/2024/22/"]),
        ("imola", ["/calendar/?season=2023", "/circuits/emilia-romagna/"]),
        ("2022", []),
        ("nobody", []),
        ("egas", []),
        ("a", []),
        ("   ", []),
    ],
)
def test_it_finds(text: str, expected: list[str], cast: Cast, found: Found) -> None:
    assert found(text) == expected


def test_accents_do_not_matter(cast: Cast, found: Found) -> None:
    driver = cast.drivers["charles-leclerc"]
    driver.name, driver.slug = "Nico Hülkenberg", "nico-hulkenberg"
    driver.save()
    circuit = cast.vegas.circuit
    circuit.place = "São Paulo"
    circuit.save()
    url = "/drivers/nico-hulkenberg/"
    assert found("hulken") == found("Hülken") == [url]
    assert found("sao paulo") == ["/races/2024/22/", "/circuits/las-vegas/"]


def test_circuits_are_found_by_what_they_are_also_called(
    cast: Cast, found: Found, client: Client
) -> None:
    austin, vegas = cast.melbourne.circuit, cast.vegas.circuit
    austin.slug, austin.full_name = "austin", "Circuit of the Americas"
    austin.save()
    vegas.slug = "melbourne"
    vegas.save()
    assert (
        found("cota")
        == found("of the americas")
        == [
            "/races/2025/1/",
            "/circuits/austin/",
        ]
    )
    assert found("Albert Park 2024") == ["/races/2024/22/", "/circuits/melbourne/"]
    assert found("bert park") == []
    for text, slug in (("cota", "austin"), ("albert p", "melbourne")):
        listed = client.get("/circuits/all.json", {"q": text}).json()["results"]
        assert [row["circuit"] for row in listed] == [slug]


def test_other_names_are_of_circuits_that_there_are() -> None:
    files, _ = fetch_starter(settings.STARTER_DIR)
    known = {circuit.slug for circuit in parse_starter(files).circuits}
    assert set(ALSO_CALLED) <= known


def test_a_code_comes_before_names_that_hold_it(cast: Cast, found: Found) -> None:
    driver = cast.drivers["george-russell"]
    driver.slug = "hamish-hill"
    driver.save()
    assert found("ham") == ["/drivers/lewis-hamilton/", "/drivers/hamish-hill/"]


def test_a_few_of_each_and_where_all_are(cast: Cast, client: Client) -> None:
    for n in range(7):
        driver = api_cast._driver(
            f"senna-{n}", f"Ayrton Senna {n}", f"S{'ABCDEFG'[n]}A"
        )
        entry = cast.melbourne.entries.first()
        assert entry
        entry.pk, entry.driver, entry.car_number = None, driver, f"{n + 50}"
        entry.save()
    response = client.get("/search/?q=senna")
    assert len(response.context["groups"][0].rows) == 6
    assert "/drivers/?q=senna" in response.content.decode()


def test_what_is_not_found_is_told_what_can_be(cast: Cast, client: Client) -> None:
    text = client.get("/search/?q=nobody").content.decode()
    assert "Nothing found" in text
    assert "monaco 2024" in text
    assert "What can be found" in client.get("/search/").content.decode()


def test_suggestions_are_the_results_of_the_page(cast: Cast, client: Client) -> None:
    whole = client.get("/search/?q=vegas").content.decode()
    part = client.get("/search/?q=vegas", headers=SWAP).content.decode()
    part = part.partition('<p id="said"')[0].strip()
    assert part.startswith('<div id="search-results"')
    assert "".join(part.split()) in "".join(whole.split())
    assert whole.count('id="search-results"') == 1


def test_every_page_has_the_box(cast: Cast, client: Client) -> None:
    text = client.get("/drivers/").content.decode()
    assert 'action="/search/"' in text
    assert text.count('id="search-results"') == 1


@pytest.mark.parametrize(
    ("text", "n"), [("vegas 2024", 4), ("2024", 1), ("2024-22", 1), ("", 0), ("a", 0)]
)
def test_a_query_for_each_kind(
    text: str,
    n: int,
    cast: Cast,
    client: Client,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    with django_assert_num_queries(n):  # type: ignore[attr-defined]
        client.get("/search/", {"q": text}, headers=SWAP)


@pytest.mark.parametrize("text", ["x" * 5000, "%' OR 1=1 --", "<script>", "🏎"])
def test_odd_texts_find_nothing(text: str, cast: Cast, found: Found) -> None:
    assert found(text) == []
