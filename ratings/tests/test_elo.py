"""The engine: its laws, and a plain replay as its oracle."""

import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.elo import (
    EloConfig,
    Ending,
    History,
    Ratings,
    Replay,
    State,
    new_state,
    replay,
    win_probabilities,
)
from ratings.history import FloatArray
from ratings.tests.histories import (
    N_DRIVERS,
    N_TEAMS,
    Car,
    Plain,
    Race,
    configs,
    history_of,
    in_order,
    law,
    race_lists,
)

EVEN = EloConfig(newcomer_k=0)


def rated(*races: Race, config: EloConfig = EVEN) -> Replay:
    return replay(history_of(races), config)


def moves(outcome: Replay) -> FloatArray:
    return outcome.driver.after - outcome.driver.before


@law
@given(race_lists(), configs)
def test_it_agrees_with_a_plain_replay(races: list[Race], config: EloConfig) -> None:
    outcome, plain = replay(history_of(races), config), Plain(config)
    expected: list[Any] = []
    teams: list[Any] = []
    for season, race in races:
        changes = plain.race(season, race)
        expected += [changes["driver", car.driver] for car in race]
        teams += [changes["team", team] for team in sorted({car.team for car in race})]
    for found, wanted in ((outcome.driver, expected), (outcome.team, teams)):
        columns = (found.before, found.expected, found.actual, found.k_factor)
        table = np.column_stack((*columns, found.after))
        np.testing.assert_allclose(
            table, np.array(wanted, float).reshape(-1, 5), rtol=1e-9, atol=1e-9
        )


@law
@given(race_lists(), configs, st.randoms())
def test_the_order_of_rows_is_of_no_account(
    races: list[Race], config: EloConfig, chance: Any
) -> None:
    shuffled = [(season, chance.sample(race, len(race))) for season, race in races]
    one, other = replay(history_of(races), config), replay(history_of(shuffled), config)
    assert same_state(one.state, other.state)
    assert by_driver(one) == by_driver(other)
    assert all(map(np.array_equal, astuple(one.team), astuple(other.team)))


def by_driver(outcome: Replay) -> list[tuple[float, ...]]:
    columns = astuple(outcome.driver)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def same_state(one: State, other: State) -> bool:
    sides = ((one.driver, other.driver), (one.team, other.team))
    return one.season == other.season and all(
        np.array_equal(a.rating, b.rating) and np.array_equal(a.n_races, b.n_races)
        for a, b in sides
    )


@law
@given(race_lists(), configs, st.data())
def test_a_replay_in_two_parts_is_the_same_to_the_last_bit(
    races: list[Race], config: EloConfig, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(races)))
    whole = replay(history_of(races), config)
    head = replay(history_of(races[:cut]), config)
    tail = replay(history_of(races).since(cut), config, head.state)
    assert same_state(tail.state, whole.state)
    for name in ("before", "expected", "actual", "k_factor", "after", "n_before"):
        for side in ("driver", "team"):
            parts = [getattr(getattr(part, side), name) for part in (head, tail)]
            together = getattr(getattr(whole, side), name)
            assert np.concatenate(parts).tolist() == together.tolist()


@law
@given(race_lists(), configs)
def test_ratings_are_bounded(races: list[Race], config: EloConfig) -> None:
    outcome = replay(history_of(races), config)
    for changes in (outcome.driver, outcome.team):
        assert np.isfinite(changes.after).all()
        for share in (changes.expected, changes.actual):
            assert ((share >= 0) & (share <= 1)).all()
        move = np.abs(changes.after - changes.before)
        assert (move <= changes.k_factor + 1e-9).all()


def test_the_wildest_parameters_leave_ratings_finite() -> None:
    wild = EloConfig(scale=100, k_driver=1000, k_team=1000, newcomer_k=100)
    outcome = rated(*[in_order(2010, *range(7))] * 50, config=wild)
    assert np.isfinite(outcome.state.driver.rating).all()
    assert np.isfinite(outcome.team.after).all()


@law
@given(race_lists())
def test_what_drivers_gain_other_drivers_lose(races: list[Race]) -> None:
    outcome = replay(history_of(races), EVEN)
    for race in range(len(races)):
        gained = moves(outcome)[outcome.driver.race == race]
        assert gained.sum() == pytest.approx(0, abs=1e-9)


@law
@given(race_lists())
def test_what_teams_gain_other_teams_lose_with_a_car_each(races: list[Race]) -> None:
    alone = [
        (season, [car for car in race if car.driver < N_TEAMS])
        for season, race in races
    ]
    one_each = [
        (season, [car._replace(team=car.driver) for car in race])
        for season, race in alone
    ]
    changes = replay(history_of(one_each), EVEN).team
    for race in range(len(races)):
        gained = (changes.after - changes.before)[changes.race == race]
        assert gained.sum() == pytest.approx(0, abs=1e-9)


def test_the_first_gains_and_the_last_loses() -> None:
    gained = moves(rated(in_order(2024, 4, 2, 6, 0)))
    assert gained[0] > 0 > gained[-1]
    assert gained.tolist() == sorted(gained, reverse=True)


def test_beating_a_stronger_rival_gains_more() -> None:
    past = [in_order(2024, 0, 3, 6)] * 5
    over_best = moves(rated(*past, in_order(2024, 1, 0)))[-2]
    over_last = moves(rated(*past, in_order(2024, 1, 6)))[-2]
    assert over_best > over_last > 0


def test_a_tie_is_half() -> None:
    tie = (2024, [Car(0, 0, 1), Car(3, 1, 1), Car(6, 2, 3)])
    assert rated(tie).driver.actual.tolist() == [0.75, 0.75, 0]


def test_a_mechanical_failure_moves_nobody() -> None:
    failed = (2024, [Car(0, 0, 1), Car(3, 1, 2), Car(6, 2, 9, Ending.FAILED)])
    outcome = rated(failed)
    assert outcome.driver.k_factor[2] == 0
    assert moves(outcome)[2] == 0
    assert outcome.team.after[2] == outcome.team.before[2]
    without = rated((2024, failed[1][:2]))
    assert moves(outcome)[:2].tolist() == moves(without).tolist()
    assert outcome.state.driver.n_races.tolist() == [1, 0, 0, 1, 0, 0, 0]


def test_a_crash_counts_less_than_a_finish() -> None:
    crashed = (2024, [Car(0, 0, 1), Car(3, 1, 2), Car(6, 2, 9, Ending.CRASHED)])
    lost = moves(rated(crashed))[2]
    assert moves(rated(in_order(2024, 0, 3, 6)))[2] < lost < 0


def test_a_team_moves_by_the_mean_of_its_cars() -> None:
    both = rated(in_order(2024, 0, 3, 1)).team
    assert both.actual.tolist() == [0.5, 0.5]
    assert both.after.tolist() == both.before.tolist()


def test_winter_shrinks_the_distance_to_the_start() -> None:
    past = [in_order(2024, 0, 3, 6)] * 5
    before = rated(*past).state
    after = rated(*past, (2025, [])).state
    assert after.season == 2025
    raced = [0, 3, 6]
    distance = before.driver.rating[raced] - EVEN.start
    kept = EVEN.start + EVEN.carryover_driver * distance
    assert after.driver.rating[raced].tolist() == kept.tolist()
    # who was never moved has nothing to lose
    assert after.driver.rating[1] == EVEN.start + EVEN.newcomer_driver


def test_new_rules_shrink_teams_more() -> None:
    past = [in_order(2020, 0, 3, 6)] * 5
    quiet = rated(*past, (2021, [])).state
    reset = rated(*past, (2021, []), (2022, [])).state
    start, kept = EVEN.start, EVEN.carryover_team * EVEN.reset_team
    expected = start + kept * (quiet.team.rating - start)
    assert reset.team.rating == pytest.approx(expected)
    assert kept < EVEN.carryover_team


def test_newcomers_move_faster() -> None:
    config = EloConfig()
    outcome = rated(*[in_order(2024, 0, 3, 6)] * 3, config=config)
    k_factor = outcome.driver.k_factor[::3]
    assert k_factor[0] == pytest.approx(config.k_driver * (1 + config.newcomer_k))
    assert k_factor.tolist() == sorted(k_factor, reverse=True)


def test_somebody_alone_is_left_alone() -> None:
    outcome = rated((2024, [Car(0, 0, 1)]))
    assert (outcome.driver.actual[0], outcome.driver.k_factor[0]) == (0.5, 0)


def test_an_empty_history_leaves_the_state_alone() -> None:
    state = replay(history_of([in_order(2024, 0, 3)]), EVEN).state
    assert same_state(replay(history_of([]), EVEN, state).state, state)


HISTORY = history_of([in_order(2024, 0, 3), in_order(2025, 3, 0)])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("season", [2025, 2024], "season is"),
        ("offsets", [0, 2, 3], "offsets is"),
        ("offsets", [1, 2, 4], "offsets is"),
        ("driver", [0, 7, 3, 0], "driver holds 7"),
        ("team", [0, -1, 1, 0], "team holds -1"),
        ("ending", [0, 0, 0, 3], "ending holds 3"),
        ("rank", [1, 2, 3], "rank has 3 rows"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    field: str, value: list[int], message: str
) -> None:
    changed: dict[str, Any] = {field: np.array(value)}
    with pytest.raises(ValueError, match=message):
        replace(HISTORY, **changed)


def test_a_driver_twice_in_a_race_is_refused() -> None:
    with pytest.raises(ValueError, match="driver 4 stands twice in race 1"):
        rated(in_order(2024, 4, 2), in_order(2024, 4, 2, 4))


def state_with(season: int, rating: float = 1500.0, n: int = N_DRIVERS) -> State:
    moved = np.ones(n, np.int64)
    return replace(
        new_state(n, N_TEAMS, EVEN),
        season=season,
        driver=Ratings(np.full(n, rating), moved),
    )


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (state_with(2026), "state.season is 2026, later than 2024"),
        (state_with(2020, n=2), "state.driver has 2 rows, not 7"),
        (state_with(2020, rating=np.inf), "state.driver is .* finite"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(state: State, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replay(HISTORY, EVEN, state)


@pytest.mark.parametrize(
    ("parameter", "value"), [("k_driver", -1), ("carryover_team", 1.1), ("scale", 0)]
)
def test_parameters_out_of_range_are_refused(parameter: str, value: float) -> None:
    changed: dict[str, Any] = {parameter: value}
    with pytest.raises(ValueError, match=f"{parameter} is {value}"):
        EloConfig(**changed)


def test_chances_of_winning_add_up() -> None:
    chances = win_probabilities(np.array([3000.0, 3195.0, 3000.0]))
    assert chances.sum() == pytest.approx(1)
    assert chances[1] == pytest.approx(10 * chances[0])


@pytest.mark.parametrize(
    ("strengths", "scale"), [([], 195), ([np.nan], 195), ([3000.0], 0)]
)
def test_chances_of_nobody_are_refused(strengths: list[float], scale: float) -> None:
    with pytest.raises(ValueError, match="it must be"):
        win_probabilities(np.array(strengths), scale=scale)


def test_the_engine_needs_no_django() -> None:
    root = Path(__file__).parents[2]
    code = (
        "import sys; import ratings.elo, ratings.chains, ratings.meetings;"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "'numpy'" in loaded
    assert not {"'django'", "'celery'", "'psycopg'"} & set(loaded.split(", "))


def test_histories_can_be_cut() -> None:
    tail: History = HISTORY.since(1)
    assert (tail.n_races, tail.n_rows, tail.season.tolist()) == (1, 2, [2025])
