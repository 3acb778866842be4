"""Shuffle, alter and delete the future: what is known of a race keeps every bit.

The future of a moment are all rows of later races, the result of the race itself and
those of its sessions that cannot be over: practice, qualifying, grid, sprint, weather.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db.models import F, QuerySet

from f1site.testing.lasting import lasting
from ingestion.models import (
    DriverStanding,
    Entry,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    Race,
    RaceResult,
    Session,
    SprintResult,
    WeatherData,
)
from predictions import features
from predictions.features import Knowledge, start_of
from predictions.tests import forecast_cast as cast
from ratings.models import RatingChange
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db

TABLES: list[Any] = [
    RaceResult,
    DriverStanding,
    QualifyingResult,
    GridSlot,
    PracticeResult,
    SprintResult,
    WeatherData,
    Entry,
]
#: Hours before lights out, and the sessions of the weekend that are over by then.
MOMENTS = [
    (72, set()),
    (48, {"FP1"}),
    (21.5, {"FP1", "FP2", "FP3", "qualifying"}),
    (0, {"FP1", "FP2", "FP3", "qualifying", "sprint"}),
]
#: What makes other rows of those that are there.
ALTERED: dict[Any, dict[str, Any]] = {
    RaceResult: {"status": "retired", "points": F("points") + 7, "grid": 1},
    DriverStanding: {"points": F("points") * 2 + 1},
    QualifyingResult: {"q1_ms": F("q1_ms") + 1000 * F("display_order")},
    GridSlot: {"penalty_places": F("display_order")},
    PracticeResult: {"time_ms": F("time_ms") + 777 * F("display_order")},
    SprintResult: {"status": "retired", "points": F("points") + 3},
    WeatherData: {"air_temp_c": 41.0, "rain_mm": 12.0, "condition": "wet"},
    Entry: {"is_practice_only": True},
}


def _past() -> Race:
    cast.store()
    for race in Race.objects.all():
        _hold_sprint(race)
        for kind in ("FP1", "qualifying", "race"):
            for is_forecast in (True, False):
                WeatherData.objects.create(
                    race=race,
                    kind=kind,
                    is_forecast=is_forecast,
                    source="test",
                    air_temp_c=20 + race.pk % 7,
                    condition="dry",
                    known_at=start_of(race) - timedelta(days=4),
                )
    past = Race.objects.by_round(2024, 3)
    cast.store_timetable(past)
    at = start_of(past) - timedelta(hours=21)
    Session.objects.create(race=past, kind="sprint", starts_at=at, starts_on=at.date())
    return past


made = lasting(_past)


@pytest.fixture
def past(made: Callable[[], Race]) -> Race:
    """A sprint weekend in the middle of the record; every race has weather."""
    return made()


def _hold_sprint(race: Race) -> None:
    """The race in reverse."""
    rows = list(race.results.all())
    SprintResult.objects.bulk_create(
        SprintResult(
            race=race,
            driver=row.driver,
            team=row.team,
            car_number=row.car_number,
            display_order=len(rows) + 1 - row.display_order,
            position=len(rows) + 1 - row.display_order,
            is_classified=True,
            status="finished",
            points=row.points,
        )
        for row in rows
    )


def future(past: Race, told: set[str]) -> list[QuerySet[Any]]:
    """Rows that come after a moment, table by table."""
    later = Race.objects.filter(starts_on__gt=past.starts_on)
    rows = {table: table.objects.filter(race__in=later) for table in TABLES}
    rows[RaceResult] |= RaceResult.objects.filter(race=past)
    rows[DriverStanding] |= DriverStanding.objects.filter(race=past)
    for table in (PracticeResult, QualifyingResult):
        rows[table] |= table.objects.filter(race=past).exclude(kind__in=told)
    weather = WeatherData.objects.filter(race=past, is_forecast=False)
    rows[WeatherData] |= weather.exclude(kind__in=told)
    if "qualifying" not in told:
        rows[GridSlot] |= GridSlot.objects.filter(race=past, kind="race")
    if "sprint" not in told:
        rows[SprintResult] |= SprintResult.objects.filter(race=past)
    assert all(found.exists() for found in rows.values())
    return list(rows.values())


def shuffle(rows: QuerySet[Any]) -> None:
    """Every race's rows to other drivers; weather to other races."""
    rng = np.random.default_rng(11)
    found = list(rows)
    if rows.model is WeatherData:
        temperatures = rng.permutation([row.air_temp_c for row in found])
        for row, temperature in zip(found, temperatures, strict=True):
            row.air_temp_c = temperature
            row.save()
        return
    rows.delete()
    by_sheet: dict[tuple[int, str], list[Any]] = {}
    for row in found:
        sheet = row.race_id, str(getattr(row, "kind", ""))
        by_sheet.setdefault(sheet, []).append(row)
    for of_sheet in by_sheet.values():
        drivers = rng.permutation([row.driver_id for row in of_sheet])
        for row, driver in zip(of_sheet, drivers.tolist(), strict=True):
            row.pk, row.driver_id = None, driver
    rows.model.objects.bulk_create(found)


def alter(rows: QuerySet[Any]) -> None:
    keys = list(rows.values_list("pk", flat=True))
    rows.model.objects.filter(pk__in=keys).update(**ALTERED[rows.model])


def delete(rows: QuerySet[Any]) -> None:
    rows.delete()


def known(race: Race, hours: float, kind: str = "race") -> dict[str, str]:
    """What is known at a moment, as digests of facts, ratings included."""
    replay_ratings()
    knowledge = Knowledge(start_of(race) - timedelta(hours=hours))
    stages = features.open_stages(race, knowledge.as_of, kind)
    told = {}
    for stage in stages:
        field, rows = knowledge.rows_of(race, stage, kind)
        told[stage] = f"{rows.digest} {field}"
    return told | {"learnt from": knowledge.frame.digest}


def check_no_bit_moves(
    past: Race, hours: float, told: set[str], kind: str = "race"
) -> None:
    """Harm all that is not told."""
    before = known(past, hours, kind)
    rated = RatingChange.objects.filter(race__starts_on__gt=past.starts_on)
    ratings = set(rated.values_list("after", flat=True))
    harms: list[Callable[[QuerySet[Any]], None]] = [shuffle, alter, delete]
    for harm in harms:
        for rows in future(past, told):
            harm(rows)
        assert known(past, hours, kind) == before, harm.__name__
    # the ratings did follow: it is not that nothing was done
    assert set(rated.values_list("after", flat=True)) != ratings


@pytest.mark.parametrize(("hours", "told"), MOMENTS)
def test_the_future_moves_no_bit(past: Race, hours: float, told: set[str]) -> None:
    as_of = start_of(past) - timedelta(hours=hours)
    n_stages = 1 + ("FP1" in told) + 2 * ("qualifying" in told)
    assert len(features.open_stages(past, as_of)) == n_stages
    check_no_bit_moves(past, hours, told)


@pytest.mark.parametrize("hours", [44, 0])
def test_the_future_moves_no_bit_of_a_sprint(past: Race, hours: float) -> None:
    """What comes after the start of a sprint never tells of it, however late."""
    past.practice_results.all().delete()
    cast.store_sprint_weekend(past, cast.weekend(np.random.default_rng(5)))
    for slot in past.grid_slots.all():
        slot.pk, slot.kind = None, "sprint"
        slot.save()
    as_of = start_of(past) - timedelta(hours=hours)
    assert len(features.open_stages(past, as_of, "sprint")) == 4
    check_no_bit_moves(past, hours, {"FP1", "sprint_qualifying"}, "sprint")


@pytest.mark.parametrize("table", [RaceResult, QualifyingResult, PracticeResult])
def test_what_was_told_does_move_it(past: Race, table: Any) -> None:
    """The harm that changes nothing in the future changes much in the past."""
    before = known(past, 0)
    earlier = Race.objects.by_round(2024, 2)
    alter(table.objects.filter(race=past if table is PracticeResult else earlier))
    after = known(past, 0)
    assert after["final_grid"] != before["final_grid"]
