"""What a row knows about itself, and what the database refuses."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from f1site.testing.lasting import lasting
from ingestion.models import (
    Circuit,
    Driver,
    Entry,
    GridSlot,
    QualifyingResult,
    Race,
    RaceResult,
    Team,
)
from ingestion.tests.factories import (
    MiniSeason,
    make_circuit,
    make_driver,
    make_race,
    make_result,
    make_team,
    mini_season,
)

made = lasting(mini_season)


@pytest.fixture
def season(made: Callable[[], MiniSeason], db: None) -> MiniSeason:
    return made()


# --- properties -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "age"),
    [("2024-10-15", 26), ("2024-10-16", 27), ("2024-12-31", 27), ("2025-02-28", 27)],
)
def test_age_is_right_on_the_eve_of_a_birthday(day: str, age: int) -> None:
    with time_machine.travel(f"{day}T12:00Z"):
        assert Driver(born_on=date(1997, 10, 16)).age == age


def test_age_ends_with_a_life_and_may_be_unknown() -> None:
    assert Driver(born_on=date(1960, 3, 21), died_on=date(1994, 5, 1)).age == 34
    assert Driver().age is None


def test_the_current_team_is_that_of_the_newest_entry(season: MiniSeason) -> None:
    driver, ferrari = season.drivers["lando-norris"], make_team("ferrari")
    before = list(driver.results.values_list("team__slug", flat=True))
    Entry.objects.create(race=make_race(2024, 9), driver=driver, team=ferrari)
    assert driver.current_team == ferrari
    assert list(driver.results.values_list("team__slug", flat=True)) == before
    assert make_driver("jo-bonnier").current_team is None


def test_a_race_knows_whether_it_lies_ahead(season: MiniSeason) -> None:
    race = season.next_race
    with time_machine.travel("2024-03-22T12:59Z"):
        assert race.is_future_race
    with time_machine.travel("2024-03-22T13:01Z"):
        assert not race.is_future_race
        race.starts_at = None
        assert not race.is_future_race
    assert not race.is_completed
    assert season.races[0].is_completed


def test_the_clock_of_the_site_may_be_set(season: MiniSeason, settings: Any) -> None:
    settings.F1_NOW = datetime(2024, 1, 1, tzinfo=UTC)
    assert season.races[0].is_future_race


def test_a_race_has_a_label_and_a_local_start(season: MiniSeason) -> None:
    race = season.next_race
    assert (race.label, str(race)) == ("2024-4", "2024 Japan Grand Prix")
    assert race.local_start is not None
    assert f"{race.local_start:%H:%M %Z}" == "14:00 CET"
    race.circuit.time_zone = ""
    assert race.local_start == race.starts_at
    race.round, race.status = None, Race.Status.CANCELLED
    assert race.label == "2024-japan"
    assert not race.is_sprint_weekend


def test_qualifying_knows_how_far_a_driver_came() -> None:
    third = QualifyingResult(position=3, q1_ms=91_000, q2_ms=90_500, q3_ms=90_100)
    out = QualifyingResult(position=18, q1_ms=92_000)
    old = QualifyingResult(position=2, time_ms=145_700)
    assert (third.best_time_ms, third.made_q2, third.made_q3) == (90_100, True, True)
    assert (out.best_time_ms, out.made_q2, out.made_q3) == (92_000, False, False)
    assert (old.best_time_ms, old.front_row, old.is_pole) == (145_700, True, False)
    assert QualifyingResult().best_time_ms is None


@pytest.mark.parametrize(
    ("status", "did_start", "is_dnf"),
    [
        ("finished", True, False),
        ("retired", True, True),
        ("disqualified", True, False),
        ("did_not_start", False, False),
        ("did_not_qualify", False, False),
    ],
)
def test_a_dnf_started_and_retired(status: str, did_start: bool, is_dnf: bool) -> None:
    result = RaceResult(status=status)
    assert (result.did_start, result.is_dnf) == (did_start, is_dnf)


def test_started_leaves_out_who_did_not_start(season: MiniSeason) -> None:
    RaceResult.objects.filter(status="retired").update(status="did_not_start")
    assert RaceResult.objects.started().count() == 10


# --- promises of the database ---------------------------------------------------
def a_result(season: MiniSeason, slug: str, order: int, **facts: Any) -> None:
    make_result(
        season.next_race, season.drivers[slug], season.teams[slug], order, **facts
    )


def test_a_race_has_one_winner_outside_of_shared_cars(season: MiniSeason) -> None:
    a_result(season, "lando-norris", 1)
    a_result(season, "oscar-piastri", 2, position=1, is_shared_car=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_result(season, "max-verstappen", 3, position=1)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"is_classified": False}, "race_result_position_if_classified"),
        (
            {"position": None, "is_classified": True},
            "race_result_position_if_classified",
        ),
        ({"status": "abducted"}, "race_result_status_known"),
        ({"grid": 0}, "race_result_grid_from_one"),
        ({"from_pit_lane": True}, "race_result_grid_from_one"),
        ({"points": -1}, "race_result_points_not_negative"),
    ],
)
def test_a_result_that_cannot_be_is_refused(
    season: MiniSeason, facts: dict[str, Any], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name):
        a_result(season, "lando-norris", 1, **facts)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"id": 2023099}, "race_key_in_season"),
        ({"starts_on": date(2023, 5, 5)}, "race_date_in_season"),
        ({"status": "forgotten"}, "race_status_known"),
        ({"sprint_format": "sudden_death"}, "race_sprint_format_known"),
        ({"grand_prix": "japan"}, "race_grand_prix_unique"),
        ({"course_length_km": Decimal(0)}, "race_course_length_positive"),
    ],
)
def test_a_race_that_cannot_be_is_refused(
    season: MiniSeason, facts: dict[str, Any], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name):
        make_race(2024, 9, **facts)


def test_only_a_cancelled_race_has_no_round(season: MiniSeason) -> None:
    races = Race.objects.filter(pk=season.next_race.pk)
    races.update(round=None, status="cancelled")
    with pytest.raises(IntegrityError, match="race_round_unless_cancelled"):
        races.update(status="scheduled")


@pytest.mark.parametrize(
    ("model", "facts", "name"),
    [
        (Circuit, {"length_km": 0}, "circuit_length_positive"),
        (Circuit, {"latitude": 91}, "circuit_latitude_range"),
        (Circuit, {"kind": "oval"}, "circuit_kind_known"),
        (Team, {"colour": "red"}, "team_colour_hex"),
        (Driver, {"code": "ver"}, "driver_code_three_capitals"),
        (Driver, {"code": "V3R"}, "driver_code_three_capitals"),
        (Driver, {"died_on": date(1990, 1, 1)}, "driver_life_in_order"),
        (GridSlot, {"position": None}, "grid_slot_position_or_pit_lane"),
        (QualifyingResult, {"position": 0}, "qualifying_result_position_from_one"),
    ],
)
def test_a_row_that_cannot_be_is_refused(
    season: MiniSeason, model: Any, facts: dict[str, Any], name: str
) -> None:
    make_circuit()
    with pytest.raises(IntegrityError, match=name):
        model.objects.update(**facts)


def test_a_driver_is_classified_once_in_qualifying(season: MiniSeason) -> None:
    row = QualifyingResult.objects.filter(position=1)[0]
    row.pk, row.display_order, row.position = None, 21, None
    row.save()
    row.pk, row.display_order, row.position = None, 22, 22
    with pytest.raises(IntegrityError, match="qualifying_result_unique_entry"):
        row.save()
