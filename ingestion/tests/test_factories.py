"""The mini-season that the tests of other apps stand on."""

from ingestion import queries
from ingestion.models import Driver, Race, RaceResult
from ingestion.tests.factories import mini_season


def test_it_has_races_held_and_one_ahead(db: None) -> None:
    season = mini_season()
    assert [race.status for race in Race.objects.all()] == [
        *["completed"] * 3,
        "scheduled",
    ]
    assert queries.next_race() == season.next_race
    assert RaceResult.objects.filter(position=1).count() == 3
    assert RaceResult.objects.filter(status="retired", position=None).count() == 8


def test_its_cast_drives_for_its_teams(db: None) -> None:
    season = mini_season()
    for slug, driver in season.drivers.items():
        assert Driver.objects.get(slug=slug).current_team == season.teams[slug]
        assert driver.code
