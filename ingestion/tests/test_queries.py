"""What is next, who races, how far the record reaches."""

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from ingestion import queries
from ingestion.models import Entry, Race
from ingestion.tests.factories import MiniSeason, make_driver, make_result, mini_season


@pytest.fixture
def season(db: None) -> MiniSeason:
    return mini_season()


def test_the_next_race_is_the_earliest_without_result(season: MiniSeason) -> None:
    assert queries.next_race() == season.next_race


@pytest.mark.parametrize(
    ("status", "is_next"), [("postponed", True), ("cancelled", False)]
)
def test_a_cancelled_race_is_never_next(
    season: MiniSeason, status: str, is_next: bool
) -> None:
    Race.objects.filter(pk=season.next_race.pk).update(status=status)
    assert (queries.next_race() == season.next_race) == is_next


def test_a_race_with_a_typed_in_result_is_not_next(season: MiniSeason) -> None:
    slug = "lando-norris"
    make_result(season.next_race, season.drivers[slug], season.teams[slug], 1)
    assert queries.next_race() is None


def test_what_was_next_at_an_earlier_moment(season: MiniSeason) -> None:
    second = season.races[1]
    assert second.starts_at is not None
    before = datetime(2024, 3, 8, 12, tzinfo=UTC)
    assert queries.next_race(before) == second
    assert queries.next_race(second.starts_at) == season.races[2]


def test_the_record_reaches_to_the_last_race_held(season: MiniSeason) -> None:
    assert queries.record_until() == season.races[-1]


def test_an_empty_record_has_neither(db: None) -> None:
    assert queries.next_race() is None
    assert queries.record_until() is None


def test_a_line_up_has_no_guests_of_practice(
    season: MiniSeason, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    guest = make_driver("oliver-bearman")
    Entry.objects.create(
        race=season.next_race,
        driver=guest,
        team=season.teams["carlos-sainz-jr"],
        is_practice_only=True,
    )
    with django_assert_num_queries(1):
        entries = list(queries.lineup(season.next_race))
        names = [(entry.team.name, entry.driver.name) for entry in entries]
    assert len(names) == 6
    assert guest.name not in dict(names).values()
