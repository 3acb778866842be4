"""Form and features: what earlier races say, and that later ones say nothing."""

from dataclasses import replace

import numpy as np
import pytest

from predictions.forecasting import features
from predictions.forecasting.entrant import STAGES, Entrant, Field, Finish, Outcome
from predictions.forecasting.features import Replay, design_matrix
from predictions.forecasting.form import FACTS, DecayedMean, Standings
from predictions.forecasting.frame import Frame
from predictions.forecasting.pace import QUALIFYING, Gap, PaceFilter, lap_gaps
from predictions.tests import forecast_cast


@pytest.fixture(scope="module")
def fields() -> list[Field]:
    return forecast_cast.fields(seasons=range(2020, 2023), rounds=8)


@pytest.fixture(scope="module")
def frame(fields: list[Field]) -> Frame:
    return Replay(fields).frame


def without_outcome(field: Field) -> Field:
    return replace(field, outcome=None)


def with_other_result(field: Field) -> Field:
    assert field.outcome is not None
    finishes = {
        driver: Finish(place=11 - finish.place, is_retired=not finish.is_retired)
        for driver, finish in field.outcome.finishes.items()
    }
    outcome = Outcome(finishes=finishes, standings={"driver-j": 100.0})
    return replace(field, outcome=outcome)


def test_the_result_of_a_race_does_not_move_its_facts(fields: list[Field]) -> None:
    as_it_was = Replay(fields).frame
    other = Replay([*fields[:-1], with_other_result(fields[-1])]).frame
    ahead = Replay(fields[:-1]).ahead(without_outcome(fields[-1]))
    last = as_it_was.race == fields[-1].race
    assert np.array_equal(as_it_was.facts, other.facts, equal_nan=True)
    assert np.array_equal(as_it_was.facts[last], ahead.facts, equal_nan=True)


def test_no_later_race_moves_an_earlier_row(fields: list[Field]) -> None:
    whole = Replay(fields).frame
    part = Replay(fields[:10]).frame
    assert np.array_equal(whole.facts[: len(part)], part.facts, equal_nan=True)


def test_an_earlier_result_does(fields: list[Field]) -> None:
    other = Replay([with_other_result(fields[0]), *fields[1:]]).frame
    assert not np.array_equal(other.facts, Replay(fields).frame.facts, equal_nan=True)


def test_the_order_in_which_entrants_are_given_is_of_no_account(
    fields: list[Field],
) -> None:
    shuffled = []
    for field in fields:
        mixed = np.random.default_rng(1).permutation(len(field.entrants))
        entrants = [field.entrants[n] for n in mixed]
        facts = {"season": field.season, "round": field.round}
        shuffled.append(
            Field.of(
                entrants,
                race=field.race,
                circuit=field.circuit,
                outcome=field.outcome,
                **facts,
            )
        )
    assert Replay(shuffled).frame.digest == Replay(fields).frame.digest


def test_a_field_must_be_sorted_and_not_empty(fields: list[Field]) -> None:
    with pytest.raises(ValueError, match="not sorted"):
        replace(fields[0], entrants=fields[0].entrants[::-1])
    with pytest.raises(ValueError, match="empty"):
        replace(fields[0], entrants=())


def test_facts_follow_skill(frame: Frame) -> None:
    last = frame.where(frame.race == frame.race[-1])
    for name in ("pace_driver", "finish_team", "points_8", "standing"):
        column = last.column(name)
        if column.any():
            assert column[:3].mean() > column[-3:].mean(), name


@pytest.mark.parametrize("stage", STAGES)
def test_design_is_centred_and_finite(frame: Frame, stage: str) -> None:
    design = design_matrix(frame, stage, features.ALL[stage])
    assert np.isfinite(design).all()
    sums = np.add.reduceat(design, frame.offsets[:-1])
    assert sums == pytest.approx(0, abs=1e-9)


def test_before_qualifying_no_column_tells_the_grid() -> None:
    for stage in ("pre_weekend", "post_practice"):
        names = {*features.CORE[stage], *features.WIDE[stage], *features.ALL[stage]}
        told = {"slot", "log_slot", "pole", "front_row", "pit_lane", "qualifying_gap"}
        assert not names & (told | {"grid_slot", "provisional_slot"})


def test_unknown_counts_as_the_mean_of_the_field() -> None:
    column = np.array([[1.0], [np.nan], [3.0], [np.nan]])
    centred = features.centred(column, np.array([0, 3, 4]))
    assert centred.ravel().tolist() == [-1.0, 0.0, 1.0, 0.0]


def test_design_names_what_it_does_not_know(frame: Frame) -> None:
    with pytest.raises(ValueError, match="tea_time"):
        design_matrix(frame, "final_grid", ("tea_time",))
    with pytest.raises(ValueError, match="may be pre_weekend"):
        design_matrix(frame, "on_sunday", ("elo",))


def test_a_replay_without_races_has_no_frame() -> None:
    with pytest.raises(ValueError, match="no race"):
        _ = Replay([]).frame


def test_newcomers_have_a_prior() -> None:
    entrant = Entrant(
        driver="new", team="new", lineage="new", elo_driver=1400.0, elo_team=1400.0
    )
    field = Field.of([entrant], race=1, season=2020, round=1, circuit="c")
    facts = Replay([]).ahead(field)
    assert np.isfinite(facts.facts[0, : len(FACTS)]).all()
    assert facts.column("experience").tolist() == [0.0]
    assert np.isnan(facts.column("grid_slot")).all()


def test_fading_means_start_at_their_prior_and_forget_it() -> None:
    mean = DecayedMean(2, prior=0.5, weight=1)
    assert mean.of("a") == 0.5
    for _ in range(50):
        mean.add("a", 1.0)
    assert mean.of("a") == pytest.approx(0.87, abs=0.02)
    assert mean.of("b") == 0.5


def test_last_season_fades_into_this_one() -> None:
    standings = Standings()
    standings.enter(2020)
    standings.learn({"a": 100.0, "b": 50.0})
    standings.enter(2021)
    assert standings.of("b") == 0.5
    standings.learn({"b": 25.0})
    assert standings.of("b") == pytest.approx(1 / 3 + 2 / 3 * 0.5)


def test_team_mates_tell_driver_and_car_apart() -> None:
    pace = PaceFilter(QUALIFYING)
    pace.enter(2020)
    for _ in range(30):
        pace.learn(
            [
                Gap("fast", "red", 0.0),
                Gap("slow", "red", 0.6),
                Gap("quick", "blue", 1.0),
                Gap("late", "blue", 1.6),
            ]
        )
    fast, slow = pace.estimate("fast", "red"), pace.estimate("slow", "red")
    assert slow.driver - fast.driver == pytest.approx(0.5, abs=0.15)
    assert pace.estimate("quick", "blue").team > fast.team + 0.5
    swapped = pace.estimate("fast", "blue")
    assert swapped.driver + swapped.team < sum(pace.estimate("quick", "blue")[:2]) + 0.1


def test_winter_widens_doubt_and_shrinks_cars() -> None:
    pace = PaceFilter(QUALIFYING)
    pace.enter(2020)
    gaps = [Gap(f"d{n}", f"t{n // 2}", 0.5 * n) for n in range(6)]
    for _ in range(10):
        pace.learn(gaps)
    before = pace.estimate("d5", "t2")
    pace.enter(2021)
    after = pace.estimate("d5", "t2")
    assert after.deviation > before.deviation
    assert abs(after.team) < abs(before.team)
    assert after.driver == before.driver


def test_the_long_unseen_are_forgotten() -> None:
    pace = PaceFilter(replace(QUALIFYING, forgotten_after=2))
    pace.enter(2020)
    pace.learn([Gap(f"d{n}", "t", 0.3 * n) for n in range(5)])
    for _ in range(3):
        pace.learn([])
    pace.enter(2021)
    assert pace.estimate("d4", "t").driver == QUALIFYING.newcomer_driver


def test_gaps_allow_for_a_track_that_gets_faster() -> None:
    laps = {
        "a": {"q1": 90_000, "q2": 89_100},
        "b": {"q1": 90_900, "q2": 90_000},
        "c": {"q1": 90_900},
        "d": {"q1": 120_000},
        "e": {},
    }
    gaps = lap_gaps(laps)
    assert gaps["a"] == 0
    assert gaps["b"] == pytest.approx(1.0, abs=0.01)
    assert gaps["c"] == pytest.approx(1.0, abs=0.05)
    assert set(gaps) == {"a", "b", "c"}
    assert lap_gaps({"a": {}}) == {}


def test_practice_gaps_are_means_over_sessions() -> None:
    def entrant(driver: str, **practice_ms: int) -> Entrant:
        return Entrant(
            driver=driver,
            team="t",
            lineage="t",
            elo_driver=0.0,
            elo_team=0.0,
            practice_ms=practice_ms,
        )

    gaps = features.practice_gaps(
        [
            entrant("a", FP1=100_000, FP2=99_000),
            entrant("b", FP1=101_000),
            entrant("c"),
        ]
    )
    assert gaps["a"] == (0.0, 0.0)
    assert gaps["b"] == pytest.approx((1.0, 1.0))
    assert np.isnan(gaps["c"]).all()
