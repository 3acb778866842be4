"""The grid that nobody published yet, and that it moves nothing it must not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from f1site.testing.lasting import lasting
from ingestion.models import (
    Driver,
    Entry,
    GridPenalty,
    GridSlot,
    PracticeResult,
    Race,
    RaceResult,
    SprintResult,
)
from predictions import features
from predictions.features import Knowledge, start_of
from predictions.forecasting.entrant import Entrant
from predictions.gaps import gaps_of, weekend_words
from predictions.models import Stage
from predictions.tests import forecast_cast as cast
from predictions.weekends import TOLD, Weekends

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def _ahead() -> Race:
    race = cast.store_rated()
    cast.store_weekend(race, cast.weekend(np.random.default_rng(3)))
    race.grid_slots.all().delete()
    cast.store_timetable(race)
    return race


made = lasting(_ahead)


@pytest.fixture
def ahead(made: Callable[[], Race]) -> Race:
    """Qualified, with a timetable, and nobody has published a grid."""
    return made()


def announce(race: Race, slug: str, at: datetime, **penalty: Any) -> None:
    driver = Driver.objects.get(slug=slug)
    GridPenalty.objects.create(race=race, driver=driver, announced_at=at, **penalty)


def entrants(race: Race, stage: str, as_of: datetime) -> dict[str, Entrant]:
    found = features.entrants(race=race, stage=stage, as_of=as_of)
    return {entrant.driver: entrant for entrant in found}


def qualified(race: Race) -> list[str]:
    rows = race.qualifying_results.order_by("display_order")
    return list(rows.values_list("driver__slug", flat=True))


def told(race: Race, as_of: datetime) -> dict[str, str]:
    knowledge = Knowledge(as_of)
    stages = features.open_stages(race, as_of)
    return {stage: knowledge.rows_of(race, stage)[1].digest for stage in stages}


def test_the_last_stage_opens_two_hours_before_lights_out(ahead: Race) -> None:
    settled = start_of(ahead) - 2 * HOUR
    before = features.open_stages(ahead, settled - timedelta(seconds=1))
    assert before == Stage.values[:3]
    assert features.open_stages(ahead, settled) == Stage.values
    ahead.qualifying_results.all().delete()
    assert Stage.FINAL_GRID not in features.open_stages(ahead, settled)


def test_it_is_qualifying_minus_what_was_announced(ahead: Race) -> None:
    first, second, third, *_ = qualified(ahead)
    announce(ahead, first, start_of(ahead) - 5 * HOUR, places=2)
    announce(ahead, third, start_of(ahead) - 5 * HOUR, from_pit_lane=True)
    found = entrants(ahead, Stage.FINAL_GRID, start_of(ahead))
    assert (found[second].grid_slot, found[first].grid_slot) == (1, 3)
    assert (found[third].grid_slot, found[third].from_pit_lane) == (10, True)
    assert sorted(e.grid_slot or 0 for e in found.values()) == list(range(1, 11))


def test_a_penalty_moves_nothing_before_it_was_announced(ahead: Race) -> None:
    at = start_of(ahead) - 3 * HOUR
    moments = [at - timedelta(seconds=1), at, start_of(ahead)]
    before = [told(ahead, moment) for moment in moments]
    announce(ahead, qualified(ahead)[0], at, places=5)
    after = [told(ahead, moment) for moment in moments]
    assert after[0] == before[0]
    for then, now in zip(before[1:], after[1:], strict=True):
        moved = {stage for stage in now if now[stage] != then[stage]}
        assert moved == set(now) - {Stage.PRE_WEEKEND, Stage.POST_PRACTICE}


def test_one_after_lights_out_is_none_of_the_grid(ahead: Race) -> None:
    before = told(ahead, start_of(ahead))
    announce(ahead, qualified(ahead)[0], start_of(ahead) + HOUR, places=5)
    assert told(ahead, start_of(ahead) + HOUR) == before


def test_the_published_grid_has_the_last_word(ahead: Race) -> None:
    order = [cast.DRIVERS[-1], *cast.DRIVERS[:-1]]
    cast.publish_grid(ahead, order)
    announce(ahead, order[0], start_of(ahead) - 5 * HOUR, places=5)
    found = entrants(ahead, Stage.FINAL_GRID, start_of(ahead))
    assert sorted(found, key=lambda d: found[d].grid_slot or 0) == order


@pytest.mark.parametrize(
    ("form", "is_set"),
    [("sets_grid_2021", True), ("sets_grid_2022", True), ("shootout_2023", False)],
)
def test_in_two_seasons_the_sprint_set_the_grid(
    ahead: Race, form: str, is_set: bool
) -> None:
    ahead.sprint_format = form
    ahead.save()
    at = start_of(ahead) - 22 * HOUR
    ahead.sessions.create(kind="sprint", starts_on=at.date(), starts_at=at)
    for place, entry in enumerate(ahead.entries.order_by("-driver__slug"), start=1):
        SprintResult.objects.create(
            race=ahead,
            driver=entry.driver,
            team=entry.team,
            display_order=place,
            position=place,
            is_classified=True,
            status="finished",
        )
    found = entrants(ahead, Stage.FINAL_GRID, start_of(ahead))
    order = cast.DRIVERS[::-1] if is_set else qualified(ahead)
    assert sorted(found, key=lambda d: found[d].grid_slot or 0) == order
    provisional = entrants(ahead, Stage.POST_QUALIFYING, start_of(ahead))
    assert provisional[qualified(ahead)[0]].provisional_slot == 1
    (gap,) = gaps_of(ahead, Stage.FINAL_GRID, start_of(ahead))
    assert gap == f"grid derived from {'the sprint' if is_set else 'qualifying order'}"


# --- races that were held -------------------------------------------------------
def test_races_held_are_read_as_they_were_before(ahead: Race) -> None:
    """Provisional slots by the rule that models were fitted with; published grids."""
    races = list(Race.objects.held().select_related("circuit"))
    first = races[0].grid_slots.order_by("display_order").first()
    assert first
    races[0].grid_slots.filter(pk=first.pk).update(penalty_places=4)
    slugs = dict(Driver.objects.values_list("pk", "slug"))
    for field in Weekends(races, TOLD[Stage.FINAL_GRID]).over():
        race = Race.objects.get(pk=field.race)
        slots = {s.driver_id: s for s in race.grid_slots.all()}
        places = {
            row.driver_id: row.display_order
            + (slots[row.driver_id].penalty_places or 0)
            for row in race.qualifying_results.all()
        }
        ranked = sorted(places, key=lambda d: (places[d], slugs[d]))
        for entrant in field.entrants:
            driver = next(pk for pk, slug in slugs.items() if slug == entrant.driver)
            assert entrant.provisional_slot == ranked.index(driver) + 1
            assert entrant.grid_slot == slots[driver].position


def test_what_models_learn_from_is_moved_by_no_announcement_after_it(
    ahead: Race,
) -> None:
    before = Knowledge(start_of(ahead)).frame.digest
    for race in Race.objects.held():
        announce(race, "driver-a", start_of(race) + HOUR, places=5)
    announce(ahead, "driver-a", start_of(ahead) - HOUR, places=5)
    assert Knowledge(start_of(ahead)).frame.digest == before


def test_of_a_race_held_no_grid_is_derived(ahead: Race) -> None:
    past = Race.objects.by_round(2024, 3)
    GridSlot.objects.filter(race=past).delete()
    RaceResult.objects.filter(race=past).update(grid=None)
    assert features.open_stages(past, start_of(past)) == Stage.values[:3]
    (field,) = Weekends([past], TOLD[Stage.FINAL_GRID]).over()
    assert {entrant.grid_slot for entrant in field.entrants} == {None}


# --- what was missing -----------------------------------------------------------
def test_no_gap_where_all_is_there(ahead: Race) -> None:
    for stage in Stage.values[:3]:
        assert gaps_of(ahead, stage, start_of(ahead)) == []


def test_sessions_without_laps_are_named(ahead: Race) -> None:
    now = start_of(ahead)
    rows = PracticeResult.objects.filter(race=ahead)
    rows.filter(kind="FP2").delete()
    assert gaps_of(ahead, Stage.POST_QUALIFYING, now) == ["no FP2"]
    rows.filter(kind="FP3").delete()
    assert gaps_of(ahead, Stage.POST_QUALIFYING, now) == ["no FP2 and FP3"]
    rows.all().delete()
    assert gaps_of(ahead, Stage.POST_QUALIFYING, now) == ["no practice"]
    assert gaps_of(ahead, Stage.PRE_WEEKEND, now) == []


def test_a_session_to_come_is_not_missed(ahead: Race) -> None:
    PracticeResult.objects.filter(race=ahead).exclude(kind="FP1").delete()
    at = start_of(ahead) - 48 * HOUR
    assert gaps_of(ahead, Stage.POST_PRACTICE, at) == []


def test_all_that_is_missing_is_said(ahead: Race) -> None:
    Entry.objects.filter(race=ahead).delete()
    PracticeResult.objects.filter(race=ahead).delete()
    last = Race.objects.by_round(2024, 6)
    last.results.all().delete()
    Race.objects.filter(pk=last.pk).update(status="scheduled")
    gaps = gaps_of(ahead, Stage.FINAL_GRID, start_of(ahead))
    assert gaps == [
        "line-up of the last race",
        "no practice",
        "grid derived from qualifying order",
        "no result of the Grand Prix 6",
    ]
    assert weekend_words(Stage.FINAL_GRID, gaps) == "qualifying"
    ahead.qualifying_results.all().delete()
    gaps = gaps_of(ahead, Stage.FINAL_GRID, start_of(ahead))
    assert "no qualifying" in gaps
