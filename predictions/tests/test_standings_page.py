"""The championships, after any round, as they were published."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from ingestion.models import (
    Driver,
    DriverStanding,
    Race,
    RaceResult,
    TeamStanding,
)
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

SWAP = {"HX-Request": "true"}


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    """The championships after Las Vegas, round 22, and after the round before."""
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    made = api_cast.make()
    api_cast.rank(made)
    before = Race.objects.create(
        id=2024_021,
        season_id=2024,
        round=21,
        grand_prix="sao-paulo",
        name="São Paulo Grand Prix",
        circuit=made.vegas.circuit,
        starts_on="2024-11-03",
        status="completed",
    )
    leclerc = made.drivers["charles-leclerc"]
    DriverStanding.objects.create(
        race=before,
        display_order=1,
        position=1,
        driver=leclerc,
        points=Decimal("331.5"),
    )
    return made


@pytest.fixture
def page(client: Client) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, path
        return response.content.decode()

    return get


def rows(text: str, card: str) -> list[str]:
    """What each row of a card says, tags left out."""
    (table,) = re.findall(
        rf'aria-labelledby="{card}".*?<tbody>(.*?)</tbody>', text, re.DOTALL
    )
    return [
        " ".join(re.sub("<[^>]+>", " ", row).split())
        for row in re.findall("<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def test_it_shows_places_wins_gaps_and_points_after_the_newest_round(
    cast: Cast, page: Callable[[str], str]
) -> None:
    text = page("/standings/")
    assert "2024, after round 22" in text
    assert "/races/2024/22/" in text
    assert rows(text, "drivers-title") == [
        "1 RUS George Russell Mercedes 1 – 400",
        "2 HAM Lewis Hamilton Mercedes 0 1 399",
        "3 SAI Carlos Sainz Ferrari 0 2 398",
        "4 LEC Charles Leclerc Ferrari 0 3 397",
    ]
    assert rows(text, "teams-title")[0].startswith("– Mercedes 1 –")
    for link in ("/drivers/george-russell/", "/teams/mercedes/"):
        assert f'href="{link}"' in text


def test_an_earlier_round_is_one_step_back(
    cast: Cast, page: Callable[[str], str]
) -> None:
    newest = page("/standings/")
    assert "/standings/?season=2024&amp;round=21" in newest
    text = page("/standings/?season=2024&round=21")
    assert rows(text, "drivers-title") == ["1 LEC Charles Leclerc 0 – 331.5"]
    assert "No standings of teams" in text
    assert "/standings/?season=2024&amp;round=22" in text


def test_the_lead_says_who_is_ahead_and_what_is_left(
    cast: Cast, page: Callable[[str], str]
) -> None:
    text = re.sub("<[^>]+>", "", page("/standings/"))
    assert "George Russell leads the drivers with 400 points" in text
    assert "1 ahead of Lewis Hamilton." in text
    assert "with 1 race to come." in re.sub(
        "<[^>]+>", "", page("/standings/?season=2024&round=21")
    )
    DriverStanding.objects.filter(race=cast.vegas, position=1).update(is_champion=True)
    assert "champion" in rows(page("/standings/"), "drivers-title")[0]


def test_points_are_those_published_whatever_the_results_add_up_to(
    cast: Cast, page: Callable[[str], str]
) -> None:
    RaceResult.objects.filter(race=cast.vegas).update(points=0)
    DriverStanding.objects.filter(race=cast.vegas, display_order=4).update(
        position=None
    )
    *_, excluded = rows(page("/standings/"), "drivers-title")
    assert excluded == "– LEC Charles Leclerc Ferrari 0 – 397"


def test_a_team_ranked_with_two_engines_is_told_apart(
    cast: Cast, page: Callable[[str], str]
) -> None:
    TeamStanding.objects.create(
        race=cast.vegas,
        team=cast.teams["mercedes"],
        engine="climax",
        display_order=9,
        position=9,
        points=1,
    )
    told = rows(page("/standings/"), "teams-title")
    assert told[0].startswith("– Mercedes v6 –")
    assert told[-1] == "9 Mercedes climax – 399 1"


def test_a_swap_is_the_tables_alone(cast: Cast, client: Client) -> None:
    text = client.get("/standings/?season=2024", headers=SWAP).content.decode()
    assert text.strip().startswith('<div id="standings-tables"')


def test_a_season_without_standings_says_what_will_come(
    cast: Cast, page: Callable[[str], str]
) -> None:
    assert "No standings of this season yet" in page("/standings/?season=2025")


@pytest.mark.django_db
def test_an_empty_record_has_no_standings(client: Client) -> None:
    assert "The record is empty" in client.get("/standings/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/standings/?season=1949",
        "/standings/?season=x",
        "/standings/?season=2024&round=23",
        "/standings/nobody.csv",
        "/standings/drivers.xml",
        "/standings/drivers.csv?season=2025",
    ],
)
def test_what_is_not_there_is_a_404(path: str, cast: Cast, client: Client) -> None:
    assert client.get(path).status_code == 404


def test_its_files_say_the_same(cast: Cast, client: Client) -> None:
    first, *_ = client.get("/standings/drivers.json?season=2024").json()["results"]
    assert first == {
        "position": 1,
        "slug": "george-russell",
        "name": "George Russell",
        "engine": "",
        "points": 400,
        "gap": 0,
        "wins": 1,
        "is_champion": False,
    }
    answer = client.get("/standings/teams.csv?season=2024&round=22")
    assert len(answer.content.decode().splitlines()) == 3


def test_more_drivers_take_no_more_queries(cast: Cast, client: Client) -> None:
    def n_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/standings/?season=2024", headers=SWAP)
        return len(queries)

    n_queries()
    before = n_queries()
    for n in range(9, 19):
        driver = Driver.objects.create(slug=f"d{n}", name=f"D {n}", last_name=f"D{n}")
        DriverStanding.objects.create(
            race=cast.vegas, driver=driver, display_order=n, position=n, points=0
        )
    assert n_queries() == before
