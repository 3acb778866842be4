"""A driver that an editor adds has a team from his first entry on."""

from datetime import date

import pytest

from ingestion.models import Driver, Entry
from ingestion.services import add_driver
from ingestion.tests.factories import make_race, make_team, mini_season


def test_he_is_entered_for_the_next_race(db: None) -> None:
    season = mini_season()
    team = season.teams["lando-norris"]
    driver = add_driver(name="Jo Bonnier", code="BON", team=team)
    assert driver.slug == "jo-bonnier"
    assert driver.current_team == team
    entry = Entry.objects.get(driver=driver)
    assert (entry.race, entry.is_typed_in) == (season.next_race, True)


def test_he_may_be_entered_for_another_race(db: None) -> None:
    race = make_race(2025, 7)
    driver = add_driver(
        name="Juan Manuel Fangio",
        team=make_team(),
        race=race,
        car_number="2",
        born_on=date(1911, 6, 24),
    )
    assert (driver.first_name, driver.last_name) == ("Juan Manuel", "Fangio")
    assert Entry.objects.get(driver=driver).race == race


def test_a_name_is_taken_once(db: None) -> None:
    season = mini_season()
    with pytest.raises(ValueError, match="'Max Verstappen'"):
        add_driver(name="Max Verstappen", team=season.teams["max-verstappen"])


def test_without_a_race_ahead_nothing_is_written(db: None) -> None:
    with pytest.raises(ValueError, match="no race ahead"):
        add_driver(name="Jo Bonnier", team=make_team())
    assert not Driver.objects.exists()
