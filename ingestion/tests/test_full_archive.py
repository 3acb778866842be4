"""Known facts of the whole archive; needs ``pytest --archive PATH``."""

from collections.abc import Generator
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from ingestion.models import (
    DriverStanding,
    Entry,
    QualifyingResult,
    Race,
    RaceResult,
    TeamEra,
)
from ingestion.services import Import, import_archive
from ingestion.tests.conftest import empty_record

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def first(
    archive: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Generator[Import, None, None]:
    """The archive, imported once for all tests of this module."""
    with django_db_blocker.unblock():
        yield import_archive(location=str(archive))
        empty_record()


def wins(slug: str) -> int:
    return RaceResult.objects.filter(driver__slug=slug, position=1).count()


def test_every_race_and_every_result_is_there(first: Import) -> None:
    assert Race.objects.count() == 1149
    assert Race.objects.held().count() == 1125
    assert RaceResult.objects.count() == 26811
    assert RaceResult.objects.values("race").distinct().count() == 1125
    assert QualifyingResult.objects.filter(kind="qualifying").count() == 26236


def test_a_second_import_changes_nothing(first: Import, archive: Path) -> None:
    again = import_archive(location=str(archive))
    assert again.outcome.is_unchanged
    assert again.sha256 == first.sha256


def test_known_careers(first: Import) -> None:
    hamilton = RaceResult.objects.filter(driver__slug="lewis-hamilton")
    assert hamilton.filter(position=1).count() == 105
    assert hamilton.filter(has_pole=True).count() == 104
    assert hamilton.filter(position__lte=3).count() == 202
    assert wins("max-verstappen") == 63
    titles = DriverStanding.objects.filter(
        driver__slug="max-verstappen", is_champion=True
    )
    assert titles.values("race__season").distinct().count() == 4


def test_a_shared_win(first: Import) -> None:
    rows = RaceResult.objects.filter(race_id=1951004, position=1)
    assert list(rows.values_list("driver__slug", "is_shared_car")) == [
        ("luigi-fagioli", False),
        ("juan-manuel-fangio", True),
    ]
    with_two = RaceResult.objects.filter(position=1, is_shared_car=True)
    assert with_two.values_list("race__season_id", flat=True).count() == 3


@pytest.mark.parametrize(
    ("year", "round", "winner", "pole", "points"),
    [
        (2024, 14, "lewis-hamilton", "charles-leclerc", "25"),
        (2024, 21, "max-verstappen", "lando-norris", "26"),
        (2021, 12, "max-verstappen", "max-verstappen", "12.5"),
    ],
)
def test_known_races(
    first: Import, year: int, round: int, winner: str, pole: str, points: str
) -> None:
    results = Race.objects.by_round(year, round).results
    assert results.get(position=1).driver.slug == winner
    assert results.get(position=1).points == Decimal(points)
    assert results.get(has_pole=True).driver.slug == pole


def test_rare_points_and_standings_that_are_no_sums(first: Import) -> None:
    shared = RaceResult.objects.filter(race__season_id=1954, points=Decimal("4.14"))
    assert shared.exists()
    prost = DriverStanding.objects.filter(
        driver__slug="alain-prost", race__season_id=1988
    ).latest("race__round")
    assert prost.points == 87


def test_the_line_up_of_the_next_season(first: Import) -> None:
    entries = Entry.objects.filter(race=Race.objects.by_round(2025, 1))
    numbers = dict(entries.values_list("driver__slug", "car_number"))
    assert len(numbers) == 20
    assert numbers["max-verstappen"] == "1"
    assert numbers["oliver-bearman"] == "87"


def test_renamed_teams_are_one_lineage(first: Import) -> None:
    eras = TeamEra.objects.filter(lineage="tyrrell").order_by("first_year")
    assert [era.team.slug for era in eras] == [
        "tyrrell",
        "bar",
        "honda",
        "brawn",
        "mercedes",
    ]
