"""The history of ratings: its address is its state, its table says what it draws."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from f1site.testing.lasting import lasting
from ingestion.models import TeamEra
from ingestion.tests.factories import MiniSeason, make_team, mini_season
from predictions.views.history import read
from ratings.models import RatingChange
from ratings.services import replay_ratings

PAGE = "/ratings/history/"
YEARS = range(2019, 2025)
Seasons = list[MiniSeason]


NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def _rated() -> Seasons:
    seasons = [mini_season(year) for year in YEARS]
    replay_ratings()
    return seasons


made = lasting(_rated, F1_NOW=NOW)


@pytest.fixture
def rated(made: Callable[[], Seasons], db: None, settings: Settings) -> Seasons:
    settings.F1_NOW = NOW
    return made()


def text_of(client: Client, query: str = "", **headers: Any) -> str:
    response = client.get(PAGE + query, headers=headers)
    assert response.status_code == 200, query
    return re.sub(r"\s+", " ", response.content.decode())


def rows_of(client: Client, query: str = "") -> list[dict[str, str]]:
    text = client.get(f"/ratings/history.csv{query}").content.decode()
    return list(csv.DictReader(io.StringIO(text)))


def change(slug: str, race: int) -> RatingChange:
    return RatingChange.objects.get(kind="race", driver__slug=slug, race_id=race)


def test_it_names_the_best_and_says_how_it_draws(
    rated: Seasons, client: Client
) -> None:
    text = text_of(client)
    assert "Since 2019" in text
    assert "today&#x27;s best seven" in text
    assert "Coloured lines: mean of five races." in text
    assert text.count('aria-label="Remove ') == 6
    assert "the best instead" not in text


def test_it_takes_a_handful_of_queries(
    rated: Seasons,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for query in ("", "?from=2023&to=2024", "?kind=team"):
        client.get(PAGE + query)
        with django_assert_max_num_queries(11):
            client.get(PAGE + query)


def test_the_table_holds_what_is_drawn(rated: Seasons, client: Client) -> None:
    text = text_of(client, "?names=lando-norris&from=2020&to=2023")
    races = [year * 1000 + round for year in YEARS for round in (1, 2, 3)]
    after = [change("lando-norris", race).after for race in races]
    end_of_2020 = sum(after[1:6]) / 5
    cells = r"2020</a></th><td>(\d+)</td>"
    assert re.search(cells, text)[1] == f"{end_of_2020:.0f}"  # type: ignore[index]
    assert "2019</a></th>" not in text
    (row,) = (
        row
        for row in rows_of(client, "?names=lando-norris&from=2020&to=2023")
        if row["season"] == "2020"
    )
    assert float(row["rating"]) == pytest.approx(after[5], abs=0.01)
    assert float(row["mean_of_five"]) == pytest.approx(end_of_2020, abs=0.01)


def test_few_seasons_are_told_race_by_race(rated: Seasons, client: Client) -> None:
    query = "?names=lando-norris&from=2022&to=2024"
    text = text_of(client, query)
    assert "Rating after each race, as drawn" in text
    assert "mean of five" not in text
    assert text.count("Australia Grand Prix 2022</a></th>") == 1
    rows = rows_of(client, query)
    assert [(row["season"], row["round"]) for row in rows] == [
        (str(year), str(round)) for year in (2022, 2023, 2024) for round in (1, 2, 3)
    ]
    told = client.get(f"/ratings/history.json{query}").json()["results"]
    assert [row["rating"] for row in told] == [float(row["rating"]) for row in rows]


def test_grey_lines_are_of_long_careers(
    rated: Seasons, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "line context" not in text_of(client, "?names=lando-norris")
    monkeypatch.setattr(read, "LONG_CAREER", 18)
    assert text_of(client, "?names=lando-norris").count("line context") == 5
    assert {row["line"] for row in rows_of(client, "?names=lando-norris")} == {
        "named",
        "context",
    }
    assert text_of(client, "?names=").count("line context") == 6


@pytest.mark.parametrize(
    "typed", ["Lando Norris", "lando norris", "NOR", "lando", "norr"]
)
def test_a_typed_name_is_added_and_stands_in_the_address(
    typed: str, rated: Seasons, client: Client
) -> None:
    query: dict[str, str | int] = {
        "names": "max-verstappen",
        "from": 2021,
        "to": 2024,
        "add": typed,
    }
    response = client.get(PAGE, query)
    assert response.status_code == 302
    assert response["Location"].endswith(
        "?kind=driver&session=race&from=2021&to=2024&names=max-verstappen,lando-norris"
    )
    swap = client.get(PAGE, query, headers={"HX-Request": "true"})
    assert swap["HX-Push-Url"] == response["Location"]
    assert swap.content.decode().strip().startswith('<div id="ratings-history"')


def test_a_name_is_removed_by_a_link(rated: Seasons, client: Client) -> None:
    text = text_of(client, "?names=max-verstappen,lando-norris")
    assert 'aria-label="Remove Lando Norris"' in text
    assert (
        'href="/ratings/history/?kind=driver&amp;session=race&amp;names=lando-norris"'
        in text
    )
    assert "the best instead" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=1890", "“1890” is no season from 2019 to 2024."),
        ("?to=soon", "“soon” is no season from 2019 to 2024."),
        ("?from=2024&to=2020", "2024 comes after 2020: the two were swapped."),
        ("?add=Nobody", "No driver called “Nobody” was ever rated."),
        ("?names=nobody", "No driver called “nobody” was ever rated."),
        ("?kind=horse", "“horse” is none of driver, team."),
    ],
)
def test_bad_input_is_answered_in_words(
    query: str, said: str, rated: Seasons, client: Client
) -> None:
    assert said in text_of(client, query)


def test_an_eighth_name_takes_the_place_of_the_seventh(
    rated: Seasons, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from predictions.views.history import asked

    monkeypatch.setattr(asked, "N_LINES", 2)
    text = text_of(client, "?names=max-verstappen,sergio-perez&add=PIA")
    assert "Only 2 lines can be told apart: without Sergio Perez." in text
    assert 'aria-label="Remove Oscar Piastri"' in text


def test_an_era_that_is_over_has_the_highest_peaks(
    rated: Seasons, client: Client
) -> None:
    RatingChange.objects.update(is_provisional=False)
    text = text_of(client, "?from=2019&to=2021")
    assert "the seven with the highest peaks in these years" in text
    best = RatingChange.objects.filter(
        kind="race", driver__isnull=False, race_id__lt=2022000
    ).order_by("-after")[0]
    assert best.driver
    assert f"<b>{best.driver.name}</b>: {best.after:.0f} at the best" in text
    assert "Hybrid engines, 2019–2021" in text


def test_provisional_ratings_are_no_peaks(rated: Seasons, client: Client) -> None:
    RatingChange.objects.update(is_provisional=True)
    assert "at the best" not in text_of(client, "?from=2019&to=2021")


def test_teams_go_by_their_chain_and_their_newest_name(
    rated: Seasons, client: Client
) -> None:
    """Ferrari became Nova, and is found under both names."""
    nova, ferrari = make_team("nova"), rated[0].teams["charles-leclerc"]
    TeamEra.objects.create(team=nova, lineage="ferrari", first_year=2024)
    TeamEra.objects.create(
        team=ferrari, lineage="ferrari", first_year=1950, last_year=2023
    )
    for race in rated[-1].races:
        race.results.filter(team=ferrari).update(team=nova)
    replay_ratings()
    asked = PAGE + "?kind=team&names=mclaren,nova,ferrari,ferrari"
    text = client.get(asked).content.decode()
    assert text.count('aria-label="Remove ') == 2
    assert 'aria-label="Remove Nova"' in text
    for typed in ("Nova", "ferrari", "FERRARI"):
        added = client.get(PAGE, {"kind": "team", "names": "mclaren", "add": typed})
        assert added["Location"].endswith("names=mclaren,ferrari")
    columns = rows_of(client, "?kind=team&names=ferrari")
    assert {row["name"] for row in columns} == {"Nova"}
    assert len(columns) == len(YEARS)
