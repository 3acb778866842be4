"""Pages of drivers, teams and circuits: figures against a record known by heart.

Each season of the cast: Verstappen wins twice from pole, Sainz wins in Australia from
fourth; Leclerc starts third and comes fourth, third, second; McLaren stops five times
of six, Norris comes third once, from fifth.
"""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from f1site.testing.lasting import lasting
from ingestion.models import Circuit, Entry, RaceResult, WeatherData
from ingestion.tests.factories import MiniSeason, make_driver, make_team, mini_season
from ratings.services import replay_ratings

Seasons = list[MiniSeason]
LEC, FER, BAH = "/drivers/charles-leclerc/", "/teams/ferrari/", "/circuits/bahrain/"
SWAP = {"HX-Request": "true"}


NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def _known() -> Seasons:
    seasons = [mini_season(2013), mini_season(2024)]
    wet, dry, _ = seasons[1].races
    sky: dict[str, Any] = {"source": "open-meteo", "air_temp_c": 12.0}
    WeatherData.objects.create(race=wet, condition="wet", rain_mm=3.0, **sky)
    WeatherData.objects.create(race=dry, condition="dry", **sky)
    replay_ratings()
    return seasons


made = lasting(_known, F1_NOW=NOW)


@pytest.fixture
def known(made: Callable[[], Seasons], db: None, settings: Settings) -> Seasons:
    """Seasons of 2013 and 2024; the first race of 2024 was wet, the second dry."""
    settings.F1_NOW = NOW
    return made()


@pytest.fixture
def page(client: Client) -> Callable[..., str]:
    def get(path: str, **headers: str) -> str:
        response = client.get(path, headers=headers or None)
        assert response.status_code == 200, path
        return re.sub(r"\s+", " ", response.content.decode())

    return get


def cells(text: str, row: str) -> list[str]:
    """The cells of the first table row whose head says this, without markup."""
    for head, rest in re.findall(
        r"<tr[^>]*> ?<th scope=\"row\"(.*?)</th>(.*?)</tr>", text
    ):
        if row in f"{head}</th>":
            found = re.findall(r"<td[^>]*>(.*?)</td>", rest)
            return [re.sub(r"<[^>]*>", "", cell).strip() for cell in found]
    raise AssertionError(f"no row {row}")


# --- drivers ----------------------------------------------------------------------
def test_a_career_in_dots_counts_every_race(
    known: Seasons, page: Callable[..., str]
) -> None:
    text = page(LEC)
    for place in (2, 3, 4):
        assert text.count(f"2024, Ferrari place {place}: 1 race of 3") == 1
    assert cells(text, ">2013<") == ["Ferrari", "2nd 3rd 4th", "0", "0"]
    assert cells(page("/drivers/lando-norris/"), ">2024<")[1:3] == ["3rd", "2"]


def test_races_are_drawn_from_the_grid_to_the_flag(
    known: Seasons, page: Callable[..., str]
) -> None:
    race = known[1].races[2]
    RaceResult.objects.filter(race=race, driver__slug="charles-leclerc").update(
        grid=None, from_pit_lane=True
    )
    text = page(LEC)
    assert "Grid to finish, last 6 races" in text
    assert "Bahrain Grand Prix 2024 from grid 3, finished 4 Ferrari" in text
    assert "Australia Grand Prix 2024 from the pit lane, finished 2" in text
    assert cells(text, "/races/2024/1/") == ["3", "4", "−1"]
    norris = page("/drivers/lando-norris/")
    assert "Bahrain Grand Prix 2024 from grid 5, Ret McLaren".lower() in norris.lower()


def test_one_season_drives_chart_moves_and_files(
    known: Seasons, page: Callable[..., str]
) -> None:
    text = page(f"{LEC}?season=2013", **SWAP)
    assert text.strip().startswith('<div id="driver-body"')
    assert "Grid to finish in 2013" in text
    assert "What moved it in 2013" in text
    assert "Grand Prix 2024 from" not in text
    assert f"{LEC}results.csv?season=2013" in text
    assert 'aria-current="page">Season by season' in text
    assert f'href="{LEC}?session=race#driver-body"' in text  # the way back


def test_wet_and_dry_split_what_was_observed(
    known: Seasons, page: Callable[..., str]
) -> None:
    text = page(LEC)
    assert "Of 4 starts the weather is not known" in text
    assert cells(text, ">Dry") == ["1", "0", "1", "0.0 n = 1", "3.0 n = 1"]
    assert cells(text, ">Wet or mixed") == ["1", "0", "0", "−1.0 n = 1", "4.0 n = 1"]
    WeatherData.objects.update(is_forecast=True)
    assert "No weather history yet" in page(LEC)


def test_circuits_begin_with_that_of_the_next_race(
    known: Seasons, page: Callable[..., str]
) -> None:
    ahead = known[1].next_race
    ahead.circuit = Circuit.objects.get(slug="saudi-arabia")
    ahead.save()
    type(ahead).objects.filter(pk=known[0].next_race.pk).update(status="cancelled")
    text = page("/drivers/max-verstappen/")
    assert text.count(">next</span>") == 1
    assert text.index("/circuits/saudi-arabia/") < text.index("/circuits/australia/")
    assert cells(text, "/circuits/saudi-arabia/") == ["2", "2", "2", "1.0", "1"]
    assert cells(text, "/circuits/australia/") == ["2", "0", "2", "–", "–"]


def test_who_left_has_a_career_instead(
    known: Seasons, page: Callable[..., str]
) -> None:
    RaceResult.objects.filter(
        race__season=2024, driver__slug="charles-leclerc"
    ).delete()
    replay_ratings()
    text = page(LEC)
    strip = text[text.index('class="kpis"') : text.index("</dl>")]
    assert "Next race" not in strip
    assert "Race rating" not in strip
    assert "67 % of 3 starts" in strip  # podiums
    make_driver("jo-new")
    text = page("/drivers/jo-new/")
    assert 'class="kpis"' not in text
    assert "No race in the record yet" in text


# --- teams ------------------------------------------------------------------------
def test_reliability_knows_failures_from_accidents(
    known: Seasons, page: Callable[..., str]
) -> None:
    first = known[1].races[0].results.filter(driver__slug="lando-norris")
    first.update(reason="Collision damage")
    assert cells(page("/teams/mclaren/"), ">2024<") == [
        "6",
        "67 % 4 of 6, 30 % to 90 %",
        "",
        "17 % 1 of 6, 3 % to 56 %",
        "",
    ]
    first.update(reason="Withdrew")
    text = page("/teams/mclaren/")
    assert "1 more ended for another reason" in text
    assert cells(text, ">All seasons<")[1].startswith("75 % 9 of 12")


def test_two_drivers_share_points_and_scores(
    known: Seasons, page: Callable[..., str]
) -> None:
    sainz, leclerc = 15 + 25, 12 + 15 + 18
    share = f"{100 * leclerc / (sainz + leclerc):.0f} %"
    text = page(FER).partition("How its two drivers shared")[2]
    assert cells(text, ">2024<") == [
        "LECCharles Leclerc",
        "SAICarlos Sainz Jr",
        f"{leclerc} – {sainz}",
        "",
        "3 – 0",
        "0 – 2",
        share,
    ]


# --- circuits ---------------------------------------------------------------------
def test_an_era_drives_figures_slots_winners_and_weather(
    known: Seasons, page: Callable[..., str]
) -> None:
    text = page(BAH)
    assert "2 races, since 2010" in text
    assert "100 %</dd>" in text.replace(" </dd>", "</dd>")
    assert "67 % everywhere; n = 2" in text
    assert "0.5" in text.partition("Places moved")[2][:80]  # two of four change over
    assert "known of 1 of 2" in text
    assert cells(text.partition("Weather of past")[2], "/races/2024/1/") == [
        "12 °C",
        "3.0 mm",
        "4",
        "Wet",
    ]
    swap = page(f"{BAH}?era=2006", **SWAP)
    assert swap.strip().startswith('<div id="circuit-body"')
    assert "1 race, 2006–2013" in swap
    assert "/races/2024/1/" not in swap
    assert "No weather history yet" in swap
    assert "No race here in an era “1950”" in page(f"{BAH}?era=1950")


def test_circuits_are_told_apart_by_type_and_sorted(
    known: Seasons, page: Callable[..., str]
) -> None:
    Circuit.objects.filter(slug="bahrain").update(kind="street")
    text = page("/circuits/?kind=street")
    assert BAH in text
    assert "/circuits/australia/" not in text
    assert "No such circuit" in page("/circuits/?kind=road")
    text = page("/circuits/?sort=pole")
    assert cells(text, BAH)[4] == "100 % of 2"
    assert text.index(BAH) < text.index("/circuits/australia/")


# --- lists, files, cost -----------------------------------------------------------
def test_lists_sort_by_what_they_count(
    known: Seasons, page: Callable[..., str]
) -> None:
    text = page("/drivers/?sort=wins")
    assert text.index("max-verstappen") < text.index("carlos-sainz") < text.index(LEC)
    assert re.search(r'aria-sort="descending"> <a id="sort-wins"', text)
    text = page("/teams/?sort=podiums")
    assert text.index(FER) < text.index("/teams/red-bull/") < text.index("/teams/mcla")
    assert page("/teams/?sort=nonsense")


def test_two_cars_on_the_podium_are_one_race_wherever_they_are_counted(
    known: Seasons, page: Callable[..., str], client: Client
) -> None:
    assert cells(page("/teams/"), FER)[2:5] == ["6", "2", "6"]
    text = page(FER)
    assert "6 races on the podium" in text
    assert "100 % of 6 races" in text
    listed = client.get("/teams/all.json?q=ferrari").json()["results"]
    assert listed[0]["podium_races"] == 6
    row = "Podium races,6,4"
    compared = client.get("/compare.csv?of=teams&names=ferrari,red-bull")
    assert row in compared.content.decode().splitlines()


def test_who_is_entered_for_the_next_race_is_listed_before_a_start(
    known: Seasons, page: Callable[..., str]
) -> None:
    ahead = known[0].next_race
    team, rookie = make_team("racing-bulls"), make_driver("jo-new")
    guest = make_driver("practice-only")
    Entry.objects.create(race=ahead, driver=rookie, team=team, car_number="99")
    Entry.objects.create(
        race=ahead, driver=guest, team=team, car_number="98", is_practice_only=True
    )
    make_driver("nobody-yet")
    text = page("/drivers/")
    assert cells(text, "/drivers/jo-new/")[1:4] == ["no start yet", "0", "0"]
    assert "practice-only" not in text
    assert "nobody-yet" not in text
    assert "racing-bulls" in page("/drivers/").split("/drivers/jo-new/")[0][-200:]
    assert cells(page("/teams/"), "/teams/racing-bulls/")[1] == "no start yet"
    assert "/drivers/jo-new/" in page("/drivers/?sort=rating&q=new")


def test_figures_say_since_when_they_are_counted(
    known: Seasons, page: Callable[..., str], client: Client
) -> None:
    words = "in this record, since 2013"
    for path in (LEC, FER, BAH, "/compare/", "/ratings/all-time/"):
        assert words in page(path), path
    assert "Everyone who has raced since 2013" in page("/drivers/")
    assert "Every team since 2013" in page("/teams/")
    assert client.get("/drivers/all.json").json()["record_since"] == 2013
    for name in ("api:rankings", "api:data-health"):
        answer = client.get(reverse(name)).json()
        (told,) = {row["record_since"] for row in answer.get("results", [answer])}
        assert told == 2013


def test_a_record_from_the_first_season_on_needs_no_such_words(
    known: Seasons, page: Callable[..., str]
) -> None:
    mini_season(1950)
    assert "in this record" not in page(LEC)


def test_what_is_drawn_can_be_taken_along(known: Seasons, client: Client) -> None:
    lines = client.get(f"{LEC}results.csv?season=2024").content.decode().splitlines()
    rows = list(csv.DictReader(lines))
    assert [(row["grid"], row["position"], row["weather"]) for row in rows] == [
        ("3", "4", "wet"),
        ("3", "3", "dry"),
        ("3", "2", ""),
    ]
    (season, *_) = client.get("/teams/mclaren/seasons.json").json()["results"]
    assert (season["season"], season["starts"], season["mechanical"]) == (2024, 6, 5)
    assert (season["first"], season["first_points"]) == ("lando-norris", 15.0)
    (race,) = client.get(f"{BAH}races.json?era=2022").json()["results"]
    assert (race["season"], race["winner"]) == (2024, "max-verstappen")
    assert (race["pole"], race["condition"]) == ("max-verstappen", "Wet")
    slots = client.get(f"{BAH}slots.json").json()["results"]
    assert (slots[0]["grid"], slots[0]["starts"], slots[0]["1"]) == ("1", 2, 2)
    line = client.get(f"{LEC}ratings.json?session=qualifying").json()["results"]
    assert [row["season"] for row in line] == [2013] * 3 + [2024] * 3
    assert all(row["before"] is not None for row in line)
    (*_, last) = client.get(f"{FER}ratings.csv").content.decode().splitlines()
    assert last.startswith("2024,Australia Grand Prix 2024,2024-03-15,Ferrari,")
    assert client.get("/drivers/nobody/results.csv").status_code == 404


def test_pages_cost_the_same_queries_whatever_they_hold(
    known: Seasons, client: Client
) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        return len(asked)

    costs = {
        LEC: 30,
        f"{LEC}?season=2024": 18,
        FER: 24,
        f"{FER}?season=2024": 21,
        BAH: 14,
        "/drivers/": 8,
        "/teams/": 8,
        "/circuits/": 5,
    }
    assert {path: cost(path) for path in costs} == costs
    mini_season(2014)
    replay_ratings()
    assert {path: cost(path) for path in costs} == costs


def test_a_team_without_a_race_says_what_will_come(
    known: Seasons, page: Callable[..., str]
) -> None:
    make_team("lola")
    text = page("/teams/lola/")
    assert "No race in the record yet" in text
    assert "Season by season" not in text
