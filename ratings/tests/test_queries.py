"""Tables, histories and strengths of ratings, as of a moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from f1site.testing.lasting import lasting
from ingestion.models import Race, Team, TeamEra
from ingestion.tests.factories import MiniSeason, make_driver, make_team
from ratings import queries, services
from ratings.config import QUALIFYING, RACE
from ratings.models import RatingChange
from ratings.tests.conftest import two_seasons

Seasons = list[MiniSeason]


made = lasting(two_seasons)


@pytest.fixture
def seasons(made: Callable[[], Seasons], db: None) -> Seasons:
    return made()


@pytest.fixture
def rated(seasons: Seasons) -> Seasons:
    services.replay_ratings()
    return seasons


def change_of(race: Race, slug: str, kind: str = "race") -> RatingChange:
    return RatingChange.objects.get(race=race, kind=kind, driver__slug=slug)


def test_the_table_has_the_best_first(
    rated: Seasons, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        table = queries.driver_ratings()
    assert [row.rank for row in table] == [1, 2, 3, 4, 5, 6]
    assert [row.rating for row in table] == sorted(
        (row.rating for row in table), reverse=True
    )
    last = change_of(rated[1].races[-1], "charles-leclerc")
    (leclerc,) = (row for row in table if row.slug == "charles-leclerc")
    assert (leclerc.rating, leclerc.change) == (last.after, last.after - last.before)
    assert (leclerc.name, leclerc.code) == ("Charles Leclerc", "LEC")
    assert (leclerc.team_slug, leclerc.team_name) == ("ferrari", "Ferrari")
    assert (leclerc.n_races, leclerc.last_race_id) == (6, rated[1].races[-1].pk)
    established = RatingChange.objects.filter(
        kind="race", driver__slug="charles-leclerc", is_provisional=False
    )
    assert leclerc.peak == max(
        established.values_list("after", flat=True), default=None
    )
    assert (leclerc.deviation, leclerc.is_provisional) == (
        last.deviation,
        last.is_provisional,
    )


def test_a_table_knows_nothing_of_later_races(rated: Seasons) -> None:
    race = rated[1].races[1]
    assert race.starts_at is not None
    table = queries.driver_ratings(race.starts_at)
    earlier = rated[1].races[0]
    assert {row.last_race_id for row in table} == {earlier.pk}
    assert table[0].rating == change_of(earlier, table[0].slug).after
    later = queries.driver_ratings(race.starts_at + timedelta(seconds=1))
    assert {row.last_race_id for row in later} == {race.pk}


def test_where_only_the_day_is_known_the_next_day_knows(rated: Seasons) -> None:
    race = rated[0].races[0]
    Race.objects.filter(pk=race.pk).update(starts_at=None)
    midnight = datetime(race.starts_on.year, 3, race.starts_on.day, tzinfo=UTC)
    assert queries.driver_ratings(midnight + timedelta(hours=23)) == []
    assert len(queries.driver_ratings(midnight + timedelta(hours=24))) == 6


def test_who_left_is_shown_on_request(rated: Seasons) -> None:
    for race in rated[1].races:
        race.results.filter(driver__slug="oscar-piastri").delete()
    services.replay_ratings()
    names = {row.slug for row in queries.driver_ratings()}
    everybody = {row.slug for row in queries.driver_ratings(include_inactive=True)}
    assert everybody - names == {"oscar-piastri"}


def test_equal_ratings_share_a_rank(rated: Seasons) -> None:
    RatingChange.objects.filter(sequence=5, kind="race").of_drivers().update(after=1600)
    assert {row.rank for row in queries.driver_ratings()} == {1}


def test_teams_have_a_table(
    rated: Seasons, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        table = queries.team_ratings(kind="qualifying")
    assert table[0].slug == table[0].team_slug == "red-bull"
    assert {row.slug for row in table} == {"red-bull", "ferrari", "mclaren"}


def rename(seasons: Seasons) -> Team:
    """McLaren has another name from 2024 on."""
    heir, mclaren = make_team("heir"), make_team("mclaren")
    TeamEra.objects.create(team=mclaren, lineage="mclaren", first_year=1966)
    TeamEra.objects.create(team=heir, lineage="mclaren", first_year=2024)
    for race in seasons[1].races:
        race.results.filter(team=mclaren).update(team=heir)
        race.qualifying_results.filter(team=mclaren).update(team=heir)
    services.replay_ratings()
    return heir


def test_a_renamed_team_stands_once_under_its_new_name(seasons: Seasons) -> None:
    rename(seasons)
    table = queries.team_ratings(include_inactive=True)
    assert {row.slug for row in table} == {"red-bull", "ferrari", "heir"}


def test_history_is_in_order_of_time(
    rated: Seasons, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        changes = list(queries.rating_history(rated[0].drivers["lando-norris"]))
        days = [change.race.starts_on for change in changes]
    assert days == sorted(days)
    assert len(days) == 6
    moment = rated[1].races[0].starts_at
    known = queries.rating_history(rated[0].drivers["lando-norris"], as_of=moment)
    assert len(known) == 3


def test_the_history_of_a_team_is_that_of_its_lineage(seasons: Seasons) -> None:
    heir = rename(seasons)
    changes = queries.rating_history(heir)
    assert [change.team and change.team.slug for change in changes] == [
        *["mclaren"] * 3,
        *["heir"] * 3,
    ]


def test_strengths_are_what_the_replay_found(rated: Seasons) -> None:
    races = [race for season in rated for race in season.races]
    strengths = queries.strengths_before(races)
    for change in RatingChange.objects.all():
        found = strengths[change.race_id]
        if change.driver_id:
            assert found.driver(change.driver_id, change.kind) == change.before
            assert found.n_races(change.driver_id, change.kind) == change.n_before
        elif change.team_id:
            assert found.team(change.team_id, change.kind) == change.before


def test_strengths_of_a_race_ahead(rated: Seasons) -> None:
    ahead, driver = rated[1].next_race, rated[1].drivers["max-verstappen"]
    found = queries.strengths_before([ahead])[ahead.pk]
    assert found.driver(driver.pk) == change_of(rated[1].races[-1], driver.slug).after
    assert found.n_races(driver.pk) == 4  # his engine failed in both Australias


def test_strengths_after_a_winter(rated: Seasons) -> None:
    driver = rated[1].drivers["max-verstappen"]
    last = change_of(rated[1].races[-1], driver.slug).after
    kept = RACE.start + RACE.kept_driver * (last - RACE.start)
    assert queries.current_strengths(season=2025).driver(driver.pk) == kept


def test_newcomers_have_their_prior(rated: Seasons) -> None:
    found = queries.current_strengths(season=2025)
    driver, team = make_driver("new-comer"), make_team("new-team")
    strengths = queries.current_strengths(season=2025)
    assert found.driver(driver.pk) == RACE.start + RACE.newcomer_driver
    assert strengths.team(team.pk, "qualifying") == (
        QUALIFYING.start + QUALIFYING.newcomer_team
    )
    assert found.n_races(driver.pk) == 0


def test_strengths_as_of_a_moment_forget_what_came_later(rated: Seasons) -> None:
    ahead, driver = rated[1].next_race, rated[1].drivers["max-verstappen"]
    moment = rated[1].races[1].starts_at
    found = queries.strengths_before([ahead], as_of=moment)[ahead.pk]
    assert found.driver(driver.pk) == change_of(rated[1].races[0], driver.slug).after
    current = queries.current_strengths(as_of=moment)
    assert current.driver(driver.pk) == found.driver(driver.pk)


def test_strengths_of_no_race_and_of_no_record(db: None) -> None:
    assert queries.strengths_before([]) == {}
    assert queries.current_strengths().n_races(1) == 0


def test_many_races_cost_no_more_queries(
    rated: Seasons, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    races = [race for season in rated for race in season.races]
    with django_assert_max_num_queries(7):
        queries.strengths_before(races)
