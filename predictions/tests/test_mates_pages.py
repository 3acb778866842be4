"""Pages and API of duels, chains and surprises, asked for as a reader asks."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from f1site.testing.lasting import lasting
from ingestion.tests.factories import (
    MiniSeason,
    make_driver,
    make_race,
    make_result,
    make_team,
    mini_season,
)
from ratings import services

V1 = "/api/v1/ratings/"


NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)


def _season() -> MiniSeason:
    season = mini_season(2024)
    services.replay_ratings()
    return season


made = lasting(_season, F1_NOW=NOW)


@pytest.fixture
def season(made: Callable[[], MiniSeason], db: None, settings: Settings) -> MiniSeason:
    settings.F1_NOW = NOW
    return made()


@pytest.fixture
def page(client: Client) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


Page = Callable[[str], str]


def test_the_pages_about_ratings_lead_to_each_other(
    season: MiniSeason, page: Page
) -> None:
    for active in ("", "all-time/", "duels/", "chain/", "surprises/"):
        text = page(f"/ratings/{active}")
        for path in ("", "duels/", "chain/", "surprises/"):
            assert f'<a class="tab" href="/ratings/{path}"' in text
        assert f'href="/ratings/{active}" aria-current="page"' in text


def test_duels_begin_with_the_pairs_of_the_newest_season(
    season: MiniSeason, page: Page
) -> None:
    text = page("/ratings/duels/")
    assert "All pairs of 2024" in text
    assert "Max Verstappen and Sergio Perez" in text
    assert '<option value="Lando Norris">' in text


def test_a_driver_stands_against_all_his_team_mates(
    season: MiniSeason, page: Page
) -> None:
    text = page("/ratings/duels/?driver=charles-leclerc")
    assert "3 of 3" in text and "0 of 2" in text
    assert "Races: 1 left out (1 retired by the car)." in text
    assert "/ratings/duels/?driver=charles-leclerc&amp;mate=carlos-sainz-jr" in text
    assert "exclude=nothing" in text


def test_names_are_found_in_part_and_without_accents(
    season: MiniSeason, page: Page
) -> None:
    text = page("/ratings/duels/?driver=leclerc&mate=Carlos+sainz")
    assert "Against Carlos Sainz Jr" in text
    assert "/ratings/chain/?from=charles-leclerc&amp;to=carlos-sainz-jr" in text


def test_a_team_mate_alone_is_taken_for_the_driver(
    season: MiniSeason, page: Page
) -> None:
    assert "Against every team-mate" in page("/ratings/duels/?mate=leclerc")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("driver=nobody", "The record holds no driver “nobody”."),
        ("driver=%F0%9F%8F%8E", "The record holds no driver"),
        ("driver=r", "The record holds no driver “r”."),
        ("driver=lando-norris&mate=er", "Say which."),
        ("driver=lando-norris&mate=lando-norris", "That is the same driver twice."),
        ("driver=lando-norris&mate=max-verstappen", "They never shared a team"),
        ("driver=lando-norris&exclude=x", "A crash is a defeat."),
        ("driver=lando-norris&exclude=nothing", "Every session counts"),
    ],
)
def test_duels_answer_whatever_is_asked(
    query: str, said: str, season: MiniSeason, page: Page
) -> None:
    assert said in page(f"/ratings/duels/?{query}")


def test_duels_can_be_taken_along(season: MiniSeason, client: Client) -> None:
    file = client.get("/ratings/duels.csv?driver=charles-leclerc")
    (row,) = csv.DictReader(file.content.decode().splitlines())
    assert "duels-charles-leclerc.csv" in file["Content-Disposition"]
    assert (row["season"], row["mate"]) == ("2024", "carlos-sainz-jr")
    assert (row["qualifying_won"], row["race_lost"]) == ("3", "2")
    assert row["race_left_out"] == "1 retired by the car"


def test_the_driver_page_counts_the_same_way(season: MiniSeason, page: Page) -> None:
    text = " ".join(page("/drivers/charles-leclerc/").split())
    assert '<span class="own">3</span> – <span >0</span>' in text
    assert '<span >0</span> – <span class="own">2</span>' in text
    assert 'href="/ratings/duels/?driver=charles-leclerc"' in text
    assert 'href="/ratings/chain/?from=charles-leclerc"' in text


def test_a_chain_shows_its_links_and_its_doubt(season: MiniSeason, page: Page) -> None:
    race = make_race(2023, 1, status="completed", laps=50)
    for place, slug in enumerate(("charles-leclerc", "max-verstappen"), start=1):
        make_result(race, season.drivers[slug], make_team("sauber"), place)
    services.replay_ratings()
    text = page("/ratings/chain/?from=sainz&to=max-verstappen")
    assert "Carlos Sainz Jr → Charles Leclerc" in text
    assert "Charles Leclerc → Max Verstappen" in text
    assert "2 links" in text
    assert "very weak" in text
    assert "this chain does not say who was better" in text
    assert "?from=max-verstappen&amp;to=carlos-sainz-jr" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Choose two drivers"),
        ("from=lando-norris", "Choose two drivers"),
        ("from=lando-norris&to=lando-norris", "One and the same"),
        ("from=lando-norris&to=max-verstappen", "No chain links them"),
        ("from=nobody&to=lando-norris", "The record holds no driver “nobody”."),
        ("from=lando-norris&to=oscar-piastri", "They were team-mates"),
    ],
)
def test_a_chain_answers_whatever_is_asked(
    query: str, said: str, season: MiniSeason, page: Page
) -> None:
    assert said in page(f"/ratings/chain/?{query}")


def test_surprises_name_chance_bits_and_favourite(
    season: MiniSeason, page: Page
) -> None:
    text = page("/ratings/surprises/")
    assert "Carlos Sainz Jr</b> winning the Australia Grand Prix 2024" in text
    assert "out: engine" in text  # what became of Verstappen
    assert "driver and team new" in text  # in the first race
    assert "3 of 3 races" in text
    assert "1 in " in text


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ("?decade=2020", 3),
        ("?decade=1950", 3),
        ("?season=2024", 3),
        ("?season=1&decade=x&field=-1", 3),
        ("?field=20", 0),
    ],
)
def test_surprises_are_narrowed_by_links(
    query: str, n: int, season: MiniSeason, page: Page
) -> None:
    text = page(f"/ratings/surprises/{query}")
    assert (f"{n} of {n} races" if n else "No rated race") in text


def test_podium_places_can_be_asked_for(season: MiniSeason, page: Page) -> None:
    text = page("/ratings/surprises/?places=3")
    assert "9 of 9 places" in text
    assert "Favourite on the podium" in text
    assert "coming " in text
    assert "?decade=2020&amp;places=3" in text


def test_surprises_can_be_taken_along(season: MiniSeason, client: Client) -> None:
    file = client.get("/ratings/surprises.csv?season=2024")
    rows = list(csv.DictReader(file.content.decode().splitlines()))
    assert rows[0]["driver"] == "carlos-sainz-jr"
    assert float(rows[0]["bits"]) > float(rows[1]["bits"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["duels/", "chain/", "surprises/", "surprises.csv"])
def test_an_empty_record_is_no_error(path: str, client: Client) -> None:
    assert client.get(f"/ratings/{path}").status_code == 200


@pytest.mark.parametrize("part", ["duels", "chain", "surprises"])
def test_a_swap_is_a_part_of_the_page(
    part: str, season: MiniSeason, client: Client
) -> None:
    path = f"/ratings/{part}/?from=lando-norris&to=oscar-piastri&driver=lando-norris"
    whole = client.get(path).content.decode()
    swap = client.get(path, headers={"HX-Request": "true"})
    text = swap.content.decode().partition('<p id="said"')[0].strip()
    assert text.startswith(f'<div id="{part}"')
    assert "".join(text.split()) in "".join(whole.split())
    assert "<option" not in text
    assert "HX-Request" in swap["Vary"]


def answer(client: Client, path: str, status: int = 200) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == status, response.content
    return response.json()


def test_the_api_tells_duels(season: MiniSeason, client: Client) -> None:
    found = answer(client, "duels/?driver=charles-leclerc")
    assert (found["mate"], found["exclude"]) == (None, "fair")
    assert (found["qualifying"]["won"], found["race"]["lost"]) == (3, 2)
    assert found["race"]["left_out"]["mechanical"] == 1
    assert found["race"]["median_gap_s"] is None
    (row,) = found["seasons"]
    assert (row["season"], row["team"]) == (2024, "ferrari")
    assert row["mate"] == "carlos-sainz-jr"
    path = "duels/?driver=charles-leclerc&mate=lando-norris&exclude=nothing"
    assert answer(client, path)["seasons"] == []


def test_the_api_tells_a_chain(season: MiniSeason, client: Client) -> None:
    found = answer(client, "chain/?from=oscar-piastri&to=lando-norris")
    assert (found["from"], found["to"]) == ("oscar-piastri", "lando-norris")
    (link,) = found["links"]
    assert link["teams"] == ["mclaren"]
    assert link["difference"] == found["difference"]
    assert found["difference"]["points"] < 0
    alone = answer(client, "chain/?from=lando-norris&to=lando-norris")
    assert (alone["links"], alone["difference"]["error"]) == ([], 0)


def test_the_api_tells_surprises(season: MiniSeason, client: Client) -> None:
    found = answer(client, "surprises/?from=2024&to=2024&least_starters=6")
    assert found["count"] == 3
    top = found["results"][0]
    assert top["winners"] == ["carlos-sainz-jr"]
    assert top["race"]["name"] == "Australia Grand Prix"
    assert top["favourite"] == "max-verstappen"
    assert answer(client, "surprises/?to=1999")["count"] == 0
    podiums = answer(client, "surprises/?places=3")
    assert podiums["count"] == 9
    assert {row["position"] for row in podiums["results"]} == {1, 2, 3}


def test_who_was_disqualified_is_no_starter(
    season: MiniSeason, client: Client, page: Page
) -> None:
    last = season.races[2].results.filter(driver__slug="lando-norris")
    last.update(status="disqualified", is_classified=False, position=None)
    services.replay_ratings()
    top = answer(client, "surprises/")["results"][0]
    assert (top["winners"], top["n_rated"]) == (["carlos-sainz-jr"], 5)
    assert "but not who was disqualified" in page("/ratings/surprises/")


def test_a_favourite_can_be_gone_from_the_record(
    season: MiniSeason, client: Client, page: Page
) -> None:
    season.races[2].results.filter(driver__slug="max-verstappen").delete()
    top = answer(client, "surprises/")["results"][0]
    assert (top["winners"], top["favourite"]) == (["carlos-sainz-jr"], None)
    assert "Carlos Sainz Jr</b> winning" in page("/ratings/surprises/")


def test_the_clock_of_the_site_hides_later_races(
    season: MiniSeason, settings: Settings, client: Client, page: Page
) -> None:
    mini_season(2023)
    services.replay_ratings()
    chain = "chain/?from=oscar-piastri&to=lando-norris"
    (whole,) = answer(client, chain)["links"]
    assert "Max Verstappen to Carlos Sainz Jr" in page("/ratings/chain/")
    settings.F1_NOW = datetime(2023, 3, 2, tzinfo=UTC)  # after the first race
    assert "All pairs of 2023" in page("/ratings/duels/")
    assert "1 of 1 race" in page("/ratings/surprises/?decade=2020")
    assert "?season=2024" not in page("/ratings/surprises/?decade=2020")
    assert answer(client, "surprises/")["count"] == 1
    (link,) = answer(client, chain)["links"]
    assert (whole["n_qualifying"], link["n_qualifying"]) == (6, 1)
    duels = answer(client, "duels/?driver=charles-leclerc")
    assert (duels["qualifying"]["won"], duels["race"]["lost"]) == (1, 1)
    assert "Max Verstappen to" not in page("/ratings/chain/")
    settings.F1_NOW = datetime(2022, 3, 1, tzinfo=UTC)
    assert "Nobody yet" in page("/ratings/duels/")
    assert "No rated race" in page("/ratings/surprises/")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("duels/", 400, "invalid"),
        ("duels/?driver=nobody", 400, "invalid"),
        ("duels/?driver=lando-norris&exclude=x", 400, "invalid"),
        ("chain/?from=lando-norris", 400, "invalid"),
        ("chain/?from=lando-norris&to=max-verstappen", 404, "no_chain"),
        ("surprises/?from=x", 400, "invalid"),
        ("surprises/?places=2", 400, "invalid"),
        ("surprises/?page=9", 404, "not_found"),
    ],
)
def test_the_api_says_what_is_wrong(
    path: str, status: int, code: str, season: MiniSeason, client: Client
) -> None:
    assert answer(client, path, status)["code"] == code


def test_a_driver_without_a_race_has_no_duel(season: MiniSeason, page: Page) -> None:
    make_driver("jack-doohan")
    assert "No team-mate yet" in page("/ratings/duels/?driver=jack-doohan")
