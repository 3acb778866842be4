"""The engine: its laws, and a plain replay as its oracle."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.elo import (
    Changes,
    EloConfig,
    Ending,
    History,
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
    cars,
    configs,
    history_of,
    in_order,
    law,
    race_lists,
)

#: The same step for everybody, always.
EVEN = EloConfig(settling=0, gain_driver=0.002, gain_team=0.002)


def rated(*races: Race, config: EloConfig = EVEN) -> Replay:
    return one(races, config)


def one(
    races: Sequence[Race],
    config: EloConfig = EVEN,
    first: int = 0,
    state: State | None = None,
) -> Replay:
    """A replay of one kind of rating."""
    states = {"race": state} if state else None
    history = {"race": history_of(races)}
    return replay(history, {"race": config}, first=first, states=states)["race"]


def moves(outcome: Replay) -> FloatArray:
    return outcome.driver.after - outcome.driver.before


@law
@given(race_lists(), configs)
def test_it_agrees_with_a_plain_replay(races: list[Race], config: EloConfig) -> None:
    outcome, plain = one(races, config), Plain(config)
    expected: list[Any] = []
    teams: list[Any] = []
    for season, race in races:
        changes = plain.race(season, race)
        expected += [changes["driver", car.driver] for car in race]
        teams += [changes["team", team] for team in sorted({car.team for car in race})]
    for found, wanted in ((outcome.driver, expected), (outcome.team, teams)):
        columns = (found.before, found.expected, found.actual, found.k_factor)
        table = np.column_stack((*columns, found.after, found.deviation))
        np.testing.assert_allclose(
            table, np.array(wanted, float).reshape(-1, 6), rtol=1e-9, atol=1e-9
        )


@law
@given(race_lists(), configs, st.randoms())
def test_the_order_of_rows_is_of_no_account(
    races: list[Race], config: EloConfig, chance: Any
) -> None:
    shuffled = [(season, chance.sample(race, len(race))) for season, race in races]
    usual, other = one(races, config), one(shuffled, config)
    assert same_state(usual.state, other.state)
    assert by_driver(usual) == by_driver(other)
    assert all(map(np.array_equal, astuple(usual.team), astuple(other.team)))


def by_driver(outcome: Replay) -> list[tuple[float, ...]]:
    columns = astuple(outcome.driver)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def same_state(one: State, other: State) -> bool:
    return all(map(np.array_equal, astuple(one), astuple(other)))


FIELDS = [field.name for field in fields(Changes)]


@law
@given(race_lists(), configs, st.data())
def test_a_replay_in_two_parts_is_the_same_to_the_last_bit(
    races: list[Race], config: EloConfig, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(races)))
    whole, head = one(races, config), one(races[:cut], config)
    tail = one(races, config, cut, head.state)
    assert same_state(tail.state, whole.state)
    for name in FIELDS:
        for side in ("driver", "team"):
            parts = [getattr(getattr(part, side), name) for part in (head, tail)]
            together = getattr(getattr(whole, side), name)
            assert np.concatenate(parts).tolist() == together.tolist()


@law
@given(st.lists(st.tuples(st.integers(2007, 2015), cars(), cars())), configs, configs)
def test_kinds_side_by_side_are_what_each_is_alone(
    races: list[tuple[int, list[Car], list[Car]]], first: EloConfig, second: EloConfig
) -> None:
    races.sort(key=lambda race: race[0])
    kinds = {
        "race": ([(season, race) for season, race, _ in races], first),
        "qualifying": ([(season, race) for season, _, race in races], second),
    }
    histories = {kind: history_of(some) for kind, (some, _) in kinds.items()}
    configs = {kind: config for kind, (_, config) in kinds.items()}
    together = replay(histories, configs)
    for kind, (some, config) in kinds.items():
        alone = one(some, config)
        assert same_state(together[kind].state, alone.state)
        for side in ("driver", "team"):
            for name in FIELDS:
                left, right = (getattr(r, side) for r in (together[kind], alone))
                assert np.array_equal(getattr(left, name), getattr(right, name))


@law
@given(race_lists(), configs)
def test_ratings_are_bounded(races: list[Race], config: EloConfig) -> None:
    outcome = one(races, config)
    for changes in (outcome.driver, outcome.team):
        assert np.isfinite(changes.after).all()
        for share in (changes.expected, changes.actual):
            assert ((share >= 0) & (share <= 1)).all()
        move = np.abs(changes.after - changes.before)
        assert (move <= changes.k_factor + 1e-9).all()


def test_the_wildest_parameters_leave_ratings_finite() -> None:
    wild = EloConfig(
        scale=100, first_driver=1000, first_team=1000, gain_driver=1, gain_team=1
    )
    outcome = rated(*[in_order(2010, *range(7))] * 50, config=wild)
    assert np.isfinite(outcome.state.driver).all()
    assert np.isfinite(outcome.team.after).all()


@law
@given(race_lists())
def test_what_drivers_gain_other_drivers_lose(races: list[Race]) -> None:
    outcome = one(races)
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
    changes = one(one_each).team
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
    distance = before.driver[raced] - EVEN.start
    kept = EVEN.start + EVEN.kept_driver * distance
    assert after.driver[raced].tolist() == kept.tolist()
    # who was never moved has nothing to lose
    assert after.driver[1] == EVEN.start + EVEN.newcomer_driver


def test_new_rules_shrink_teams_more() -> None:
    past = [in_order(2020, 0, 3, 6)] * 5
    quiet = rated(*past, (2021, [])).state
    reset = rated(*past, (2021, []), (2022, [])).state
    start, kept = EVEN.start, EVEN.kept_team * EVEN.reset_kept_team
    expected = start + kept * (quiet.team - start)
    assert reset.team == pytest.approx(expected)
    assert kept < EVEN.kept_team


def test_newcomers_move_faster() -> None:
    config = EloConfig()
    outcome = rated(*[in_order(2024, 0, 3, 6)] * 3, config=config)
    k_factor = outcome.driver.k_factor[::3]
    assert k_factor[0] == pytest.approx(config.gain_driver * config.first_driver**2)
    assert k_factor.tolist() == sorted(k_factor, reverse=True)


def deviations(*races: Race) -> list[float]:
    """Of driver 0, after each of his races."""
    changes = rated(*races, config=EloConfig()).driver
    found: list[float] = changes.deviation[changes.subject == 0].tolist()
    return found


def test_every_race_makes_a_rating_surer() -> None:
    found = deviations(*[in_order(2024, 0, 3, 6)] * 6)
    assert [EloConfig().first_driver, *found] == sorted(
        [EloConfig().first_driver, *found], reverse=True
    )


def test_absence_makes_a_rating_less_sure_but_never_less_than_a_newcomers() -> None:
    raced, away = in_order(2010, 0, 3, 6), in_order(2012, 3, 6)
    *_, stayed = deviations(*[raced] * 20, in_order(2013, 0, 3, 6))
    *_, once = deviations(*[raced] * 20, away, in_order(2023, 0, 3, 6))
    *_, long = deviations(*[raced] * 20, away, in_order(2999, 0, 3, 6))
    assert stayed < once < long == deviations(raced)[0]


def test_a_failure_and_who_won_tell_nothing_of_how_sure_a_rating_is() -> None:
    failed = (2024, [Car(0, 0, 9, Ending.FAILED), Car(3, 1, 1), Car(6, 2, 2)])
    assert deviations(failed) == [pytest.approx(EloConfig().first_driver)]
    assert deviations(in_order(2024, 0, 3)) == deviations(in_order(2024, 3, 0))


def test_new_rules_make_teams_less_sure_and_drivers_not() -> None:
    past = [in_order(2020, 0, 3, 6)] * 5
    quiet, reset, longer = (
        rated(*past, in_order(year, 0, 3, 6), config=EloConfig())
        for year in (2021, 2022, 2023)
    )
    assert quiet.team.deviation[-1] < reset.team.deviation[-1]
    assert reset.team.deviation[-1] < longer.team.deviation[-1]
    assert quiet.driver.deviation[-1] < reset.driver.deviation[-1]


def test_somebody_alone_is_left_alone() -> None:
    outcome = rated((2024, [Car(0, 0, 1)]))
    assert (outcome.driver.actual[0], outcome.driver.k_factor[0]) == (0.5, 0)


def test_an_empty_history_leaves_the_state_alone() -> None:
    races = [in_order(2024, 0, 3)]
    state = one(races).state
    assert same_state(one(races, first=1, state=state).state, state)
    assert same_state(one([]).state, new_state(N_DRIVERS, N_TEAMS, EVEN))


TWO = [in_order(2024, 0, 3), in_order(2025, 3, 0)]
HISTORY = history_of(TWO)


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


def state_with(season: int | None, rating: float = 1500.0, n: int = N_DRIVERS) -> State:
    blank = new_state(n, N_TEAMS, EVEN)
    return replace(blank, season=season, driver=np.full(n, rating))


@pytest.mark.parametrize(
    ("first", "state", "message"),
    [
        (1, state_with(2025), "state.season is 2025; it must be 2024"),
        (0, state_with(2023), "state.season is 2023; it must be None"),
        (1, None, "state.season is None; it must be 2024"),
        (1, state_with(2024, n=2), "state.driver has 2 rows, not 7"),
        (1, state_with(2024, rating=np.inf), "state.driver is .* finite"),
        (3, None, "first is 3; it must be from 0 to 2"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    first: int, state: State | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        one(TWO, first=first, state=state)


def test_kinds_of_other_races_are_refused() -> None:
    histories = {"race": HISTORY, "qualifying": HISTORY.head(1)}
    with pytest.raises(ValueError, match="the same races"):
        replay(histories, {"race": EVEN, "qualifying": EVEN})


@pytest.mark.parametrize(
    ("parameter", "value"), [("gain_driver", -1), ("kept_team", 1.1), ("scale", 0)]
)
def test_parameters_out_of_range_are_refused(parameter: str, value: float) -> None:
    changed: dict[str, Any] = {parameter: value}
    with pytest.raises(ValueError, match=f"{parameter} is {value}"):
        EloConfig(**changed)


def test_chances_of_winning_add_up() -> None:
    chances = win_probabilities(np.array([3000.0, 3195.0, 3000.0]), scale=195)
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
    head: History = HISTORY.head(1)
    assert (head.n_races, head.n_rows, head.season.tolist()) == (1, 2, [2024])
