"""Drivers and teams side by side, asked for as a reader asks."""

import csv
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.tests.factories import MiniSeason, mini_season
from ratings import services

SWAP = {"HX-Request": "true"}
PAIR = "/compare/?of=drivers&names=max-verstappen,charles-leclerc"


@pytest.fixture
def season(db: None, settings: Settings) -> MiniSeason:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    season = mini_season(2024)
    services.replay_ratings()
    return season


@pytest.fixture
def shown(client: Client) -> Callable[[str], Any]:
    def get(path: str) -> Any:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.context

    return get


Shown = Callable[[str], Any]


def figures(context: Any) -> dict[str, list[str]]:
    return {row.label: [cell.text for cell in row.cells] for row in context["numbers"]}


def test_numbers_stand_side_by_side(season: MiniSeason, shown: Shown) -> None:
    context = shown(PAIR)
    numbers = figures(context)
    assert numbers["Starts"] == ["3", "3"]
    assert numbers["Wins"] == ["2", "0"]
    assert numbers["Podiums"] == ["2", "2"]
    assert all("±" in cell for cell in numbers["Last rating"])
    wins = next(row for row in context["numbers"] if row.label == "Wins")
    assert [cell.is_best for cell in wins.cells] == [True, False]
    assert [line.label for line in context["lines"]] == ["VER", "LEC"]
    assert [row.label for row in context["seasons"]] == ["2024"]


def test_team_mates_have_a_duel_and_others_a_chain(
    season: MiniSeason, shown: Shown, client: Client
) -> None:
    (duel,) = shown("/compare/?names=carlos-sainz-jr,charles-leclerc")["duels"]
    assert (duel.race.won, duel.race.lost) == (2, 0)
    assert (duel.driver.slug, duel.mate.slug) == ("carlos-sainz-jr", "charles-leclerc")
    assert shown(PAIR)["duels"] == []
    text = client.get(PAIR).content.decode()
    assert "They never shared a team" in text
    assert "/ratings/chain/?from=max-verstappen&amp;to=charles-leclerc" in text


def test_teams_are_compared_too(season: MiniSeason, shown: Shown) -> None:
    context = shown("/compare/?of=teams&names=red-bull,ferrari,mclaren")
    assert figures(context)["Wins"] == ["2", "1", "0"]
    assert len(context["lines"]) == 3


def test_a_name_is_added_by_what_the_search_finds(
    season: MiniSeason, client: Client
) -> None:
    for text in ("lec", "Charles Leclerc", "leclerc", "charles-leclerc"):
        path = f"/compare/?of=drivers&names=max-verstappen&add={text}"
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"] == PAIR
    part = client.get(path, headers=SWAP)
    assert part["HX-Push-Url"] == PAIR
    assert part.content.decode().strip().startswith('<div id="compare"')


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/compare/", "Choose two to four"),
        ("/compare/?of=teams", "Choose two to four"),
        ("/compare/?of=nonsense&names=max-verstappen", "One more"),
        ("/compare/?names=max-verstappen,max-verstappen", "One more"),
        ("/compare/?names=nobody", "no driver “nobody”"),
        ("/compare/?of=teams&add=nobody", "no team “nobody”"),
        ("/compare/?names=<b>,,%20", "no driver “&lt;b&gt;”"),
    ],
)
def test_what_cannot_be_compared_is_told(
    path: str, told: str, season: MiniSeason, client: Client
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert told in response.content.decode()


def test_four_at_most(season: MiniSeason, shown: Shown) -> None:
    context = shown(f"/compare/?names={','.join(season.drivers)}")
    assert len(context["lines"]) == 4
    assert "Lando Norris" in context["compare"].troubles[0]


def test_who_never_raced_has_no_figures_and_no_error(
    season: MiniSeason, shown: Shown
) -> None:
    driver = season.drivers["oscar-piastri"]
    driver.pk, driver.slug, driver.name = None, "new-comer", "New Comer"
    driver.save()
    numbers = figures(shown("/compare/?names=max-verstappen,new-comer"))
    assert numbers["Starts"] == ["3", "0"]
    assert numbers["Peak rating"][1] == "–"


@pytest.mark.django_db
def test_an_empty_record_says_so(client: Client) -> None:
    assert "once the record is loaded" in client.get("/compare/").content.decode()


def test_pages_lead_here_and_the_numbers_can_be_kept(
    season: MiniSeason, client: Client
) -> None:
    text = client.get("/drivers/max-verstappen/").content.decode()
    assert "/compare/?of=drivers&amp;names=max-verstappen" in text
    assert "names=ferrari" in client.get("/teams/ferrari/").content.decode()
    file = client.get(PAIR.replace("/compare/", "/compare.csv"))
    head, *rows = csv.reader(file.content.decode().splitlines())
    assert head == ["figure", "Max Verstappen", "Charles Leclerc"]
    assert ["Starts", "3", "3"] in rows
    (link,) = re.findall(
        r'<a href="([^"]+)">JSON</a>', client.get(PAIR).content.decode()
    )
    told = client.get(html.unescape(link)).json()["results"]
    assert [row["figure"] for row in told] == [figure for figure, *_ in rows]
    (last,) = (row for row in told if row["figure"] == "Last rating")
    shown = figures(client.get(PAIR).context)["Last rating"]
    printed = [f"{last[name]:.0f}" for name in head[1:]]
    assert printed == [text.split("\u00a0")[0] for text in shown]
    assert ["2024 wins", "2", "0"] in rows


def test_it_costs_few_queries(
    season: MiniSeason,
    client: Client,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    with django_assert_max_num_queries(24):  # type: ignore[attr-defined]
        client.get(PAIR)
