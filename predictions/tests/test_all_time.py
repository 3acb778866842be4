"""The list of all drivers: its orders, its error bars, its empty states."""

import pytest
from django.test import Client
from django.urls import reverse

from ingestion.tests.factories import make_result, make_team, mini_season
from ratings.models import DriverRanking, RatingChange
from ratings.services import refresh_rankings, replay_ratings

pytestmark = pytest.mark.django_db
PAGE = "ratings-all-time"


@pytest.fixture
def rated() -> None:
    """Two seasons, in which nobody comes to the 20 races that a place takes."""
    mini_season(2023), mini_season(2024)
    replay_ratings()


def page(client: Client, **asked: str) -> str:
    answer = client.get(reverse(PAGE), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_enough_races_it_says_what_a_place_takes(
    client: Client, rated: None
) -> None:
    assert "takes 20 rated races within three years" in page(client)


def test_an_empty_record_has_a_page(client: Client, db: None) -> None:
    refresh_rankings()
    assert "Nothing to rank yet" in page(client, order="now")


def test_last_ratings_stand_in_order_with_their_error_bars(
    client: Client, rated: None
) -> None:
    text = page(client, order="now")
    names = list(DriverRanking.objects.order_by("rank").values_list("name", flat=True))
    places = [text.index(f">{name}<") for name in names]
    assert places == sorted(places)
    best = DriverRanking.objects.get(rank=1)
    assert f"{best.rating:.0f}" in text
    assert f"{1.96 * best.deviation:.0f}" in text
    assert text.count('class="range-bar"') == len(names) == 6
    assert "within their error bars" in text


def test_peaks_name_the_race(client: Client, rated: None) -> None:
    RatingChange.objects.update(is_provisional=False)
    refresh_rankings()
    text = page(client, order="peak")
    best = DriverRanking.objects.order_by("-peak")[0]
    race = best.peak_race
    assert race is not None
    assert reverse("race", args=[race.season_id, race.round]) in text


def test_who_is_searched_for_keeps_his_place(client: Client, rated: None) -> None:
    last = DriverRanking.objects.order_by("-rank")[0]
    text = page(client, order="now", q=last.name.lower())
    assert f'<td class="rank">{last.rank}</td>' in text
    assert text.count('class="range-bar"') == 1
    assert "Nobody by that name" in page(client, order="now", q="nobody")


def test_a_bad_order_falls_back(client: Client, rated: None) -> None:
    assert "takes 20 rated races" in page(client, order="'; drop")


def test_a_driver_of_two_cars_started_once_everywhere(client: Client) -> None:
    season = mini_season(2024)
    driver = season.drivers["lando-norris"]
    make_result(season.races[0], driver, make_team("mclaren"), 7, position=None)
    replay_ratings()
    assert DriverRanking.objects.get(driver=driver).starts == 3
    row = client.get(reverse("drivers"), {"q": "norris"}).content.decode()
    assert '<td class="n rest" data-label="starts">3</td>' in row
