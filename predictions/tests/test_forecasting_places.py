"""Plackett-Luce, drawn races, and matrices of places."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from predictions.forecasting import calibration, plackett_luce
from predictions.forecasting.frame import Frame
from predictions.forecasting.outlook import Outlook, points_places, ranges_of
from predictions.forecasting.retirement import NAMES, Retirement
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


FIELD = 20


def drawn_races(
    n_races: int, p_dnf: FloatArray, seed: int = 5
) -> tuple[FloatArray, Frame]:
    """Centred scores, and fields in which who retires is put last."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1.5, (n_races, FIELD))
    speed = scores + rng.gumbel(size=scores.shape)
    retired = rng.random(scores.shape) < p_dnf
    speed = np.where(retired, rng.random(scores.shape) - 1e3, speed)
    place = (-speed).argsort(axis=1).argsort(axis=1) + 1
    rows = n_races * FIELD
    frame = Frame(
        names=(),
        facts=np.zeros((rows, 0)),
        race=np.repeat(np.arange(n_races), FIELD),
        season=np.full(rows, 2020),
        round=np.ones(rows, dtype=np.int64),
        driver=np.tile([f"driver-{n:02}" for n in range(FIELD)], n_races),
        team=np.tile([f"team-{n:02}" for n in range(FIELD)], n_races),
        place=place.ravel(),
        retired=retired.ravel(),
    )
    return (scores - scores.mean(axis=1, keepdims=True)).reshape(-1, 1), frame


@pytest.mark.parametrize("chance", [0.0, 0.25])
def test_the_stack_finds_a_known_law(chance: float) -> None:
    p_dnf = np.full(FIELD, chance)
    scores, races = drawn_races(400, p_dnf)
    stack = calibration.CumulativeStack.fit(scores, races, np.tile(p_dnf, 400))
    field = scores[:FIELD]
    rng = np.random.default_rng(5)
    drawn = finishing_positions(field[:, 0], p_dnf, rng, n_draws=50_000)
    matrix = stack.positions(field, drawn[:, 0] / drawn[:, 0].sum(), p_dnf)
    for k in (3, 10, 16):
        assert matrix[:, :k].sum(axis=1) == pytest.approx(
            drawn[:, :k].sum(axis=1), abs=0.1
        )
    again = calibration.CumulativeStack.load(stack.dump())
    p_win = matrix[:, 0]
    assert (again.positions(field, p_win, p_dnf) == matrix).all()


def test_no_place_is_empty_for_a_favourite_who_may_retire() -> None:
    """Nor does he score more often than he comes home."""
    p_dnf = np.full(FIELD, 0.2)
    scores, races = drawn_races(400, p_dnf)
    stack = calibration.CumulativeStack.fit(scores, races, np.tile(p_dnf, 400))
    field = np.array([4.0, *np.linspace(1, -2, FIELD - 1)])[:, None]
    rng = np.random.default_rng(5)
    drawn = finishing_positions(field[:, 0], p_dnf, rng, n_draws=50_000)
    p_win = drawn[:, 0] / drawn[:, 0].sum()
    matrix = stack.positions(field, p_win, p_dnf)
    assert matrix[0].min() > 2e-4
    assert matrix[0, :10].sum() + p_dnf[0] < 1.02


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 0.95), min_size=2, max_size=22),
    st.lists(st.floats(0.001, 1), min_size=1, max_size=22),
    st.integers(0, 99),
)
def test_places_fit_together_whoever_may_retire(
    p_dnf: list[float], retired: list[float], seed: int
) -> None:
    n = len(p_dnf)
    rng = np.random.default_rng(seed)
    stack = calibration.CumulativeStack(
        scales=np.ones(1),
        coefficients=rng.normal(1, 0.3, (calibration.LAST_PLACE, 1)),
        retired=np.array(retired) / sum(retired),
    )
    scores = rng.normal(0, 2, (n, 1))
    p_win = plackett_luce.win_probabilities(scores[:, 0])
    matrix = stack.positions(scores, p_win, np.array(p_dnf))
    assert matrix.min() >= 0
    assert matrix.sum(axis=0) == pytest.approx(1, abs=1e-6)
    assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-6)


def test_a_version_of_old_speaks_as_it_did() -> None:
    """It told places without retirements, and the chance to retire from three facts."""
    stack = calibration.CumulativeStack.load(
        {"scales": [1.0], "coefficients": [[1.0]] * calibration.LAST_PLACE}
    )
    scores = np.array([[2.0], [0.5], [0.0], [-2.5]])
    p_win = plackett_luce.win_probabilities(scores[:, 0])
    matrix = stack.positions(scores, p_win, np.full(4, 0.3))
    assert (matrix == stack.positions(scores, p_win, np.zeros(4))).all()
    old = Retirement.load({"coefficients": [1.0, 2.0, 3.0, 4.0]})
    assert len(old.names) + 1 == len(old.coefficients)


def test_retirements_follow_pace_and_the_trend_of_the_years() -> None:
    rng = np.random.default_rng(7)
    n = 6000
    season = np.repeat(np.arange(2000, 2020), n // 20)
    facts = rng.normal(size=(n, 5))
    log_odds = -1.0 - 0.8 * facts[:, 3] - 0.08 * (season - 2010)
    retired = rng.random(n) < 1 / (1 + np.exp(-log_odds))
    frame = Frame(
        names=NAMES[:-1],
        facts=facts,
        race=np.arange(n),
        season=season,
        round=np.ones(n, dtype=np.int64),
        driver=np.full(n, "somebody"),
        team=np.full(n, "team"),
        place=np.ones(n, dtype=np.int64),
        retired=retired,
    )
    fitted = Retirement.fit(frame.where(season < 2019))
    newest = frame.where(season == 2019)
    said, slow = fitted.chances(newest), newest.facts[:, 3] < 0
    assert said.mean() == pytest.approx(newest.retired.mean(), abs=0.04)
    assert said[slow].mean() == pytest.approx(newest.retired[slow].mean(), abs=0.06)
    again = Retirement.load(fitted.dump())
    assert (again.chances(newest) == said).all()


def test_everything_follows_from_the_places() -> None:
    outlook = Outlook(np.full((10, 10), 0.1), np.full(10, 0.2))
    assert outlook.p_win.sum() == pytest.approx(1)
    assert outlook.p_podium == pytest.approx(0.3)
    assert outlook.p_top(10) == pytest.approx(1)
    assert outlook.expected_position == pytest.approx(5.5)
    assert outlook.ranges.tolist() == [[1, 8]] * 10


def test_a_range_is_the_shortest_and_leaves_out_where_retirements_go() -> None:
    favourite = [0.5, 0.2, 0.1, 0.05, 0, 0, 0, 0.05, 0.05, 0.05]
    late = favourite[::-1]
    split = [0.4, 0.1, 0, 0, 0, 0, 0, 0, 0.1, 0.4]
    found = ranges_of(np.array([favourite, late, split]))
    assert found.tolist() == [[1, 3], [8, 10], [1, 10]]


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=22))
def test_no_shorter_range_would_hold_as_much(weights: list[float]) -> None:
    row = np.array(weights) / sum(weights)
    low, high = ranges_of(row[None, :])[0]
    assert row[low - 1 : high].sum() >= 0.8 - 1e-9
    shorter = high - low
    if shorter:
        sums = np.convolve(row, np.ones(shorter), "valid")
        assert sums.max() < 0.8 + 1e-9


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
