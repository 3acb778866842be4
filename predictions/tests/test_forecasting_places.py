"""Plackett-Luce, drawn races, and matrices of places."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from predictions.forecasting import calibration, plackett_luce
from predictions.forecasting.outlook import Outlook, points_places
from predictions.forecasting.simulation import finishing_positions

FloatArray = NDArray[np.float64]
SCORES = np.array([1.2, 0.4, 0.0, -0.9])
chances = st.floats(min_value=-6, max_value=6, allow_nan=False)


def enumerated(scores: FloatArray) -> FloatArray:
    """Position matrix of a small field, by all its orders."""
    n = len(scores)
    matrix = np.zeros((n, n))
    for order in permutations(range(n)):
        place = np.empty(n, dtype=np.int64)
        place[list(order)] = np.arange(1, n + 1)
        chance = np.exp(plackett_luce.log_likelihood(scores, place))
        matrix[np.arange(n), place - 1] += chance
    return matrix


def test_all_orders_together_are_certain() -> None:
    matrix = enumerated(SCORES)
    assert matrix.sum() == pytest.approx(4)
    assert matrix[:, 0] == pytest.approx(plackett_luce.win_probabilities(SCORES))


def test_drawn_races_agree_with_enumeration() -> None:
    drawn = finishing_positions(
        SCORES, np.zeros(4), np.random.default_rng(1), n_draws=200_000
    )
    assert drawn == pytest.approx(enumerated(SCORES), abs=0.005)


def test_who_surely_retires_is_last() -> None:
    p_dnf = np.array([1.0, 0.0, 0.0, 0.0])
    drawn = finishing_positions(SCORES, p_dnf, np.random.default_rng(1))
    assert drawn[0].tolist() == [0, 0, 0, 1]


def test_drawing_needs_a_chance_to_retire_for_each() -> None:
    with pytest.raises(ValueError, match="p_dnf 3"):
        finishing_positions(SCORES, np.zeros(3), np.random.default_rng(1))


def test_temperature_is_found_again() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 1, (300, 8))
    speed = scores / 2 + rng.gumbel(size=scores.shape)
    place = (-speed).argsort(axis=1).argsort(axis=1) + 1
    found = plackett_luce.order_temperature(
        scores.ravel(), place.ravel(), np.arange(301) * 8, np.ones(300)
    )
    assert found == pytest.approx(2, rel=0.1)


@settings(max_examples=40, deadline=None)
@given(st.lists(chances, min_size=1, max_size=22), st.integers(0, 99))
def test_coherent_matrices_are_doubly_stochastic(
    scores: list[float], seed: int
) -> None:
    p_win = plackett_luce.win_probabilities(np.array(scores))
    rough = np.random.default_rng(seed).random((len(scores), len(scores)))
    matrix = calibration.coherent(rough, p_win)
    assert matrix.sum(axis=0) == pytest.approx(1, abs=1e-8)
    assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-8)
    assert matrix[:, 0] == pytest.approx(p_win, abs=1e-12)


def test_balanced_chances_sum_to_the_total() -> None:
    chance = calibration.balanced(np.array([5.0, 0.0, -3.0, 1.0]), 2)
    assert chance.sum() == pytest.approx(2)
    assert chance.argmax() == 0


def test_balance_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="between 0 and 2"):
        calibration.balanced(np.zeros(2), 2)


def test_those_behind_a_withdrawn_driver_move_up() -> None:
    matrix = enumerated(SCORES)
    left = calibration.without(matrix, 0)
    expected = enumerated(SCORES[1:])
    assert left[:, 0] == pytest.approx(expected[:, 0])
    assert left == pytest.approx(expected, abs=0.04)
    assert left.sum(axis=1) == pytest.approx(1)


def test_nobody_can_withdraw_from_a_field_of_one() -> None:
    with pytest.raises(ValueError, match="nobody is left"):
        calibration.without(np.ones((1, 1)), 0)


def test_the_stack_finds_a_known_law() -> None:
    rng = np.random.default_rng(5)
    scores = rng.normal(0, 1.5, (400, 10))
    speed = scores + rng.gumbel(size=scores.shape)
    place = ((-speed).argsort(axis=1).argsort(axis=1) + 1).ravel()
    centred = (scores - scores.mean(axis=1, keepdims=True)).reshape(-1, 1)
    stack = calibration.CumulativeStack.fit(centred, place)
    field = centred[:10]
    p_win = plackett_luce.win_probabilities(field[:, 0])
    matrix = stack.positions(field, p_win)
    drawn = finishing_positions(field[:, 0], np.zeros(10), rng, n_draws=50_000)
    assert matrix[:, :3].sum(axis=1) == pytest.approx(
        drawn[:, :3].sum(axis=1), abs=0.06
    )
    again = calibration.CumulativeStack.load(stack.dump())
    assert (again.positions(field, p_win) == matrix).all()


def test_everything_follows_from_the_places() -> None:
    outlook = Outlook(np.full((10, 10), 0.1), np.full(10, 0.2))
    assert outlook.p_win.sum() == pytest.approx(1)
    assert outlook.p_podium == pytest.approx(0.3)
    assert outlook.p_top(10) == pytest.approx(1)
    assert outlook.expected_position == pytest.approx(5.5)
    assert outlook.ranges.tolist() == [[1, 9]] * 10


@pytest.mark.parametrize(
    ("season", "places"), [(1950, 5), (1960, 6), (2003, 8), (2010, 10)]
)
def test_points_reach_as_far_as_the_rules_of_the_season(
    season: int, places: int
) -> None:
    assert points_places(season) == places


@given(st.lists(chances, min_size=2, max_size=6))
@settings(max_examples=30, deadline=None)
def test_one_of_two_finishes_ahead(scores: list[float]) -> None:
    strengths = np.array(scores)
    positions = calibration.coherent(enumerated(strengths[:4]))
    p_ahead = Outlook(positions, np.full(len(positions), 0.1)).p_ahead
    assert p_ahead + p_ahead.T == pytest.approx(1)
    better = np.argsort(-strengths[:4])
    assert (p_ahead[better[0]] >= 0.5 - 1e-9).all()


def test_a_duel_leaves_out_the_place_they_would_share() -> None:
    positions = np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]])
    duels = Outlook(positions, np.full(3, 0.1)).mate_duels(["red", "blue", "red"])
    (duel,) = duels
    assert (duel.first, duel.second) == (0, 2)
    ahead, behind = 0.6 * 0.9 + 0.3 * 0.6, 0.1 * 0.4 + 0.3 * 0.1
    assert duel.p_ahead == pytest.approx(ahead / (ahead + behind))
