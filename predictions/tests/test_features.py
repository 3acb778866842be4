"""From rows to entrants: nothing of a race's result, nothing of what came later."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from django.db.models import F

from f1site.testing.lasting import lasting
from ingestion.models import (
    DriverStanding,
    Entry,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    Race,
    RaceResult,
    Season,
    Team,
)
from predictions import features
from predictions.features import Knowledge, start_of
from predictions.models import Stage
from predictions.tests import forecast_cast as cast
from predictions.weekends import NoInputsError
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db


made = lasting(cast.store_rated)


@pytest.fixture
def ahead(made: Callable[[], Race]) -> Race:
    return made()


@pytest.fixture
def past(ahead: Race) -> Race:
    """A race in the middle of the record."""
    return Race.objects.by_round(2024, 3)


def known_of(race: Race, as_of: datetime | None = None) -> dict[str, str]:
    """All that is known before a race, as digests: its rows and the races before."""
    replay_ratings()
    knowledge = Knowledge(as_of or start_of(race))
    told = {
        stage: knowledge.rows_of(race, stage)[1].digest
        for stage in features.open_stages(race, knowledge.as_of)
    }
    return told | {"learnt from": knowledge.frame.digest}


def not_before(race: Race) -> list[Race]:
    return list(Race.objects.filter(starts_on__gte=race.starts_on))


def later(race: Race) -> list[Race]:
    return list(Race.objects.filter(starts_on__gt=race.starts_on))


@pytest.mark.parametrize("seed", range(3))
def test_shuffling_results_of_the_race_and_later_moves_nothing(
    past: Race, seed: int
) -> None:
    before = known_of(past)
    assert set(before) == {*Stage.values, "learnt from"}
    rng = np.random.default_rng(seed)
    for race in not_before(past):
        rows = list(race.results.all())
        fates = [(r.position, r.status, r.is_classified, r.points) for r in rows]
        fates = [fates[n] for n in rng.permutation(len(fates))]
        orders = (rng.permutation(len(rows)) + 1).tolist()
        race.results.update(
            display_order=F("display_order") + 100, position=None, is_classified=False
        )
        for row, fate, order in zip(rows, fates, orders, strict=True):
            row.position, row.status, row.is_classified, row.points = fate
            row.display_order = order
            row.save()
    assert known_of(past) == before


def test_deleting_results_of_the_race_and_everything_later_moves_nothing(
    past: Race,
) -> None:
    before = known_of(past)
    for model in (RaceResult, DriverStanding):
        model.objects.filter(race__in=not_before(past)).delete()
    for table in (QualifyingResult, GridSlot, PracticeResult):
        table.objects.filter(race__in=later(past)).delete()
    Entry.objects.filter(race__in=later(past)).delete()
    assert known_of(past) == before


def test_later_standings_and_new_drivers_move_nothing(past: Race) -> None:
    before = known_of(past)
    DriverStanding.objects.filter(race__in=not_before(past)).update(points=1)
    Race.objects.filter(pk__in=[race.pk for race in later(past)]).update(
        status="cancelled"
    )
    Team.objects.create(slug="aaa", name="A", full_name="A")
    assert known_of(past) == before


def test_an_earlier_result_moves_the_forecast(past: Race) -> None:
    before = known_of(past)
    earlier = Race.objects.by_round(2024, 1)
    winner = earlier.results.get(display_order=1)
    winner.status, winner.is_classified, winner.position = "retired", False, None
    winner.save()
    after = known_of(past)
    assert all(after[name] != before[name] for name in before)


def test_each_stage_knows_what_its_sessions_told(past: Race) -> None:
    known = Knowledge(start_of(past))
    frames = {stage: known.rows_of(past, stage)[1] for stage in Stage.values}
    told = [np.isfinite(rows.column("practice_gap")).all() for rows in frames.values()]
    assert told == [False, True, True, True]
    field, rows = known.rows_of(past, Stage.POST_QUALIFYING)
    assert {entrant.grid_slot for entrant in field.entrants} == {None}
    assert np.isfinite(rows.column("provisional_slot")).all()
    assert np.isnan(rows.column("grid_slot")).all()


def test_sessions_to_come_tell_nothing_yet(past: Race) -> None:
    stages = features.open_stages
    start = start_of(past)
    assert stages(past, start - timedelta(days=2)) == ["pre_weekend"]
    assert stages(past, start - timedelta(days=1)) == ["pre_weekend", "post_practice"]
    assert stages(past, start) == Stage.values


@pytest.mark.parametrize(
    ("before_lights_out", "n_open"),
    [
        (timedelta(hours=50), 1),
        (timedelta(hours=49, seconds=1), 1),
        (timedelta(hours=49), 2),
        (timedelta(hours=22, minutes=59), 2),
        (timedelta(hours=21, minutes=46), 2),
        (timedelta(hours=21, minutes=45), 4),
        (timedelta(0), 4),
    ],
)
def test_a_stage_opens_when_its_session_can_be_over(
    past: Race, before_lights_out: timedelta, n_open: int
) -> None:
    cast.store_timetable(past)
    as_of = start_of(past) - before_lights_out
    assert features.open_stages(past, as_of) == Stage.values[:n_open]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_between_sessions_those_to_come_move_nothing(
    past: Race, is_deleted: bool
) -> None:
    cast.store_timetable(past)
    as_of = start_of(past) - timedelta(hours=48)
    before = known_of(past, as_of)
    assert set(before) == {"pre_weekend", "post_practice", "learnt from"}
    practice = past.practice_results.exclude(kind="FP1")
    if is_deleted:
        for rows in (practice, past.qualifying_results, past.grid_slots):
            rows.all().delete()
    else:
        practice.update(time_ms=F("time_ms") + 1000 * F("display_order"))
        past.qualifying_results.update(q1_ms=F("q1_ms") + 1000 * F("display_order"))
        past.grid_slots.update(penalty_places=F("display_order"))
    assert known_of(past, as_of) == before
    past.practice_results.filter(kind="FP1", display_order=1).delete()
    assert known_of(past, as_of)["post_practice"] != before["post_practice"]


def test_a_stage_asked_for_too_early_knows_no_more(past: Race) -> None:
    cast.store_timetable(past)
    known = Knowledge(start_of(past) - timedelta(hours=22, minutes=59))
    field, rows = known.rows_of(past, Stage.FINAL_GRID)
    assert {entrant.qualifying_place for entrant in field.entrants} == {None}
    assert {entrant.provisional_slot for entrant in field.entrants} == {None}
    assert np.isnan(rows.column("grid_slot")).all()


def test_a_result_is_known_when_the_race_can_be_over(ahead: Race) -> None:
    last = Race.objects.by_round(2024, 6)
    start = start_of(last)

    def strengths(as_of: datetime) -> list[float]:
        rows = features.entrants(race=ahead, stage="pre_weekend", as_of=as_of)
        return [entrant.elo_driver for entrant in rows]

    on, over = start + timedelta(minutes=119), start + timedelta(minutes=120)
    assert last not in Knowledge(on).races
    assert Knowledge(over).races[-1] == last
    assert strengths(on) == strengths(start)
    assert strengths(over) == strengths(start_of(ahead)) != strengths(on)


def test_where_no_hour_is_known_a_result_is_known_after_the_day(ahead: Race) -> None:
    last = Race.objects.by_round(2024, 6)
    Race.objects.filter(pk=last.pk).update(starts_at=None)
    midnight = datetime.combine(last.starts_on, time.min, tzinfo=UTC) + timedelta(1)
    assert last not in Knowledge(midnight - timedelta(seconds=1)).races
    assert Knowledge(midnight).races[-1] == last


def test_a_race_ahead_has_its_line_up_only(ahead: Race) -> None:
    assert features.open_stages(ahead, start_of(ahead)) == ["pre_weekend"]


def test_a_moment_in_the_past_hides_what_came_after(ahead: Race) -> None:
    known = Knowledge(datetime(2024, 1, 1, tzinfo=UTC))
    assert {race.season_id for race in known.races} == {2023}
    _, then = known.rows_of(ahead, Stage.PRE_WEEKEND)
    _, now = Knowledge(start_of(ahead)).rows_of(ahead, Stage.PRE_WEEKEND)
    assert not np.array_equal(then.column("elo_driver"), now.column("elo_driver"))


def test_a_race_that_is_known_is_no_race_to_forecast(ahead: Race) -> None:
    with pytest.raises(ValueError, match="over before"):
        Knowledge(start_of(ahead)).rows_of(
            Race.objects.by_round(2024, 1), Stage.PRE_WEEKEND
        )


def test_the_last_line_up_stands_in_for_one_that_is_not_known(ahead: Race) -> None:
    ahead.entries.all().delete()
    last = Race.objects.by_round(2024, 6)
    last.entries.filter(driver__slug="driver-j").update(is_practice_only=True)
    field, _ = Knowledge(start_of(ahead)).rows_of(ahead, Stage.PRE_WEEKEND)
    assert field.drivers == tuple(cast.DRIVERS[:-1])


def test_without_any_line_up_nothing_can_be_said(ahead: Race) -> None:
    Entry.objects.all().delete()
    with pytest.raises(NoInputsError, match="entrants"):
        features.entrants(race=ahead, stage="pre_weekend", as_of=start_of(ahead))


def test_a_driver_entered_twice_is_one_entrant(ahead: Race) -> None:
    entry = ahead.entries.first()
    assert entry
    other = Team.objects.exclude(pk=entry.team_id).earliest("slug")
    Entry.objects.create(race=ahead, driver=entry.driver, team=other, car_number="99")
    field, rows = Knowledge(start_of(ahead)).rows_of(ahead, Stage.PRE_WEEKEND)
    assert len(rows) == len(set(field.drivers)) == 10


def test_pit_lane_is_behind_the_last_slot(past: Race) -> None:
    pole = past.grid_slots.get(display_order=1)
    pole.position, pole.from_pit_lane = None, True
    pole.save()
    entrants = features.entrants(race=past, stage="final_grid", as_of=start_of(past))
    by_driver = {entrant.driver: entrant for entrant in entrants}
    assert by_driver[pole.driver.slug].grid_slot == 10
    assert by_driver[pole.driver.slug].from_pit_lane
    assert sorted(e.grid_slot or 0 for e in entrants) == list(range(1, 11))


def test_announced_penalties_move_the_provisional_grid(past: Race) -> None:
    first, second = past.grid_slots.order_by("display_order")[:2]
    past.grid_slots.filter(pk=first.pk).update(penalty_places=5)
    past.grid_slots.filter(pk=second.pk).update(penalty="SFB")
    entrants = features.entrants(
        race=past, stage="post_qualifying", as_of=start_of(past)
    )
    slots = {entrant.driver: entrant.provisional_slot for entrant in entrants}
    assert slots[first.driver.slug] in {4, 5}
    assert slots[second.driver.slug] == 10


def test_a_grid_that_came_with_the_result_will_do(past: Race) -> None:
    published = {s.driver.slug: s.position for s in past.grid_slots.all()}
    past.grid_slots.all().delete()
    entrants = features.entrants(race=past, stage="final_grid", as_of=start_of(past))
    assert {e.driver: e.grid_slot for e in entrants} == published


def test_the_ovals_of_the_fifties_teach_nothing(ahead: Race) -> None:
    Season.objects.create(year=1955)
    for n, prix in enumerate(("monaco", "indianapolis"), start=1):
        Race.objects.create(
            id=1955_000 + n,
            season_id=1955,
            round=n,
            grand_prix=prix,
            name=prix,
            circuit=ahead.circuit,
            starts_on=date(1955, 5, n),
            status="completed",
        )
    known = Knowledge(datetime(1955, 6, 1, tzinfo=UTC)).races
    assert [race.grand_prix for race in known] == ["monaco"]
