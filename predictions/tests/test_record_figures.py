"""Ranks within distributions, gains over baselines, and what was told of a race."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.forecasting.reliability import FINE, reliability
from predictions.forecasting.scores import score_race
from predictions.forecasting.skill import skill
from predictions.forecasting.told import matched, rank_histogram, tell

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, n: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = rng.dirichlet(np.full(n, 0.4), size=n)
    return matrix, rng.permutation(n) + 1


@given(SEEDS)
def test_ranks_of_an_honest_distribution_are_flat(seed: int) -> None:
    """Not in the long run alone: weighted by its chances, every place is."""
    chances = drawn(seed)[0][0]
    expected = sum(
        chance * rank_histogram(chances[None, :], np.array([place]))
        for place, chance in enumerate(chances, start=1)
    )
    assert expected == pytest.approx(np.full(10, 0.1), abs=1e-6)


@given(SEEDS)
def test_ranks_hold_each_case_once_and_turn_with_the_places(seed: int) -> None:
    matrix, place = drawn(seed)
    counts = rank_histogram(matrix, place)
    assert counts.sum() == pytest.approx(len(place))
    assert (counts >= 0).all()
    turned = rank_histogram(matrix[:, ::-1], len(place) + 1 - place)
    assert turned == pytest.approx(counts[::-1], abs=1e-5)


def test_ranks_say_on_which_side_a_forecast_erred() -> None:
    sure_of_last = np.array([[0.0, 0.0, 1.0]])
    assert rank_histogram(sure_of_last, np.array([1])) == pytest.approx([1] + [0] * 9)
    sure_of_first = np.array([[1.0, 0.0, 0.0]])
    late = rank_histogram(sure_of_first, np.array([3]))
    assert late == pytest.approx([0] * 9 + [1])
    right = rank_histogram(sure_of_last, np.array([3]))
    assert right == pytest.approx([0.1] * 10)


@given(SEEDS, st.floats(0.01, 100))
def test_gains_know_no_unit_and_are_paired(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    ours, other = rng.random((2, 30)) + 0.01
    found, scaled = skill(ours, other), skill(scale * ours, scale * other)
    assert scaled.gain == pytest.approx(found.gain)
    assert (scaled.low, scaled.high) == pytest.approx((found.low, found.high))
    assert found.low <= found.gain <= found.high
    assert found.gain == pytest.approx(1 - ours.sum() / other.sum())
    half = skill(other / 2, other)  # whatever races are drawn
    assert (half.gain, half.low, half.high) == pytest.approx((0.5, 0.5, 0.5))


def test_gains_over_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="ours has 2 races, other 1"):
        skill(np.ones(2), np.ones(1))
    with pytest.raises(ValueError, match="other lost nothing"):
        skill(np.ones(2), np.zeros(2))


@given(SEEDS)
def test_what_is_told_of_a_race_is_what_is_scored(seed: int) -> None:
    matrix, place = drawn(seed)
    place[place == 7] = 0  # did not start
    drivers = list("abcdefg")
    told, score = tell(drivers, matrix, place), score_race(matrix, place)
    assert len(told.drivers) == score.n_starters == 6
    assert told.drivers[told.winner] == drivers[int(np.argmax(place == 1))]
    assert (told.winner_rank == 1) is score.winner_hit
    assert (told.winner_rank <= 3) is score.winner_in_top3
    assert -np.log(told.win[told.winner]) == pytest.approx(score.log_loss)
    assert (told.win <= 1).all()
    assert (told.points == pytest.approx(np.ones(6))) or told.n_points < 7


def test_who_was_not_forecast_was_thought_to_be_last() -> None:
    known = {"a": [0.6, 0.4], "c": [0.4, 0.6]}
    drivers, matrix, place = matched(known, {"b": 1, "a": 2})
    assert drivers == ["a", "c", "b"]
    assert matrix.tolist() == [[0.6, 0.4, 0], [0.4, 0.6, 0], [0, 1, 0]]
    assert place.tolist() == [2, 0, 1]


def test_small_chances_have_bins_of_their_own() -> None:
    chances = np.array([0.0, 0.019, 0.02, 0.05, 0.3, 1.0])
    bins = reliability(chances, chances > 0.5, edges=FINE)
    assert [(one.start, one.end, one.n) for one in bins] == [
        (0.0, 0.02, 2),
        (0.02, 0.05, 1),
        (0.05, 0.1, 1),
        (0.3, 0.4, 1),
        (0.9, 1.0, 1),
    ]
