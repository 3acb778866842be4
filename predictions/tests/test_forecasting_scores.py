"""Scores against hand-made cases, walk-forward, and the exported table."""

import csv
import json
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from predictions.forecasting import (
    backtest,
    comparison,
    regression,
    reliability,
    scores,
)
from predictions.forecasting.entrant import Field
from predictions.forecasting.exports import Exported, write_csv
from predictions.forecasting.features import Replay
from predictions.forecasting.models import MODELS
from predictions.forecasting.outlook import Outlook
from predictions.tests import forecast_cast

PLACE = np.array([2, 1, 3])


def test_certainty_that_came_true() -> None:
    sure = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
    score = scores.score_race(sure, PLACE)
    assert score.log_loss == pytest.approx(0, abs=1e-3)
    assert score.brier == pytest.approx(0, abs=1e-6)
    assert score.rps == 0
    assert score.winner_hit
    assert score.rank_correlation == pytest.approx(1)


def test_certainty_that_did_not() -> None:
    wrong = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
    score = scores.score_race(wrong, PLACE)
    assert score.log_loss == pytest.approx(-np.log(1e-4 / 1.0002))
    assert score.brier == pytest.approx(2, abs=1e-3)
    assert not score.winner_hit
    assert score.winner_in_top3


def test_knowing_nothing() -> None:
    score = scores.score_race(np.full((3, 3), 1 / 3), PLACE)
    assert score.log_loss == pytest.approx(np.log(3))
    assert score.rps == pytest.approx(((1 / 9 + 4 / 9) * 2 + 2 / 9) / 3 / 2)
    assert score.rank_correlation == 0
    assert not score.winner_hit  # ties fall to the first by name, not to the winner


def test_who_did_not_start_is_left_out() -> None:
    matrix = np.array([[0.5, 0.5, 0], [0.25, 0.25, 0.5], [0.25, 0.25, 0.5]])
    score = scores.score_race(matrix, np.array([0, 1, 2]))
    assert score.n_starters == 2
    assert score.log_loss == pytest.approx(np.log(2))


def test_a_race_of_one_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="1 starters"):
        scores.score_race(np.full((3, 3), 1 / 3), np.array([1, 0, 0]))


@given(st.integers(2, 22), st.integers(0, 2**32 - 1))
def test_rank_correlations_are_those_of_the_text_book(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected, place = rng.integers(1, 7, n).astype(float), rng.permutation(n) + 1
    if np.ptp(expected) == 0:
        assert scores.kendall(expected, place) == 0
        assert scores.rank_correlation(expected, place) == 0
        return
    tau, rho = kendalltau(expected, place), spearmanr(expected, place)
    assert scores.kendall(expected, place) == pytest.approx(tau.statistic)
    assert scores.rank_correlation(expected, place) == pytest.approx(rho.statistic)


def test_team_mates_are_told_apart() -> None:
    """Of a, b and of c, d: one order told, one not; e has none, f did not start."""
    matrix = np.full((6, 6), 0.1)
    matrix[[0, 1, 2, 3], [0, 1, 2, 3]] = 0.5
    team = np.array(["one", "one", "two", "two", "three", "three"])
    place = np.array([1, 2, 4, 3, 5, 0])
    score = scores.score_race(matrix, place, team)
    assert (score.mates_hit, score.n_mates) == (0.5, 2)
    alike = scores.score_race(np.full((6, 6), 1 / 6), place, team)
    assert (alike.mates_hit, alike.kendall, alike.rank_correlation) == (0.5, 0, 0)
    alone = scores.score_race(matrix, place)
    assert (alone.mates_hit, alone.n_mates) == (None, 0)


@pytest.mark.parametrize(
    ("season", "kind", "n_points"),
    [(2024, "race", 10), (2005, "race", 10), (2024, "sprint", 8), (2021, "sprint", 3)],
)
def test_points_of_a_sprint_are_for_fewer(
    season: int, kind: str, n_points: int
) -> None:
    """Sure of the first ten in any order, who come home as they were sure to."""
    matrix = np.zeros((20, 20))
    matrix[:10, :10] = matrix[10:, 10:] = 0.1
    counted = scores.points_counted(season, kind)
    assert counted == n_points
    score = scores.score_race(matrix, np.arange(1, 21), n_points=counted)
    share = n_points / 10
    assert score.points_brier == pytest.approx(share * (1 - share) / 2, abs=1e-4)


def test_coverage_is_the_share_within_the_range() -> None:
    matrix = np.array([[0.9, 0.1, 0], [0.1, 0.8, 0.1], [0, 0.1, 0.9]])
    assert scores.score_race(matrix, np.array([1, 2, 3])).coverage == 1
    assert scores.score_race(matrix, np.array([3, 2, 1])).coverage == 1 / 3


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_is_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.dirichlet(np.ones(8), size=8)
    started = rng.permutation(8)[rng.integers(0, 3) :]
    place = np.zeros(8, dtype=int)
    place[started] = np.arange(1, len(started) + 1)
    team = rng.choice(["one", "two", "three", "four"], 8)
    score = scores.score_race(matrix, place, team)
    new = rng.permutation(8)
    other = scores.score_race(matrix[new], place[new], team[new])
    assert astuple(score) == pytest.approx(astuple(other))


def test_calibration_error_is_that_of_the_text_book() -> None:
    rng = np.random.default_rng(3)
    chances = rng.random(5_000)
    happened = rng.random(5_000) < chances**2
    bins = reliability.reliability(chances, happened)
    assert [one.n for one in bins] == np.histogram(chances, np.linspace(0, 1, 11))[
        0
    ].tolist()
    # the mean distance of p and its square is 1/6
    assert reliability.calibration_error(bins) == pytest.approx(1 / 6, abs=0.02)
    inside = [one.low <= one.chance**2 <= one.high for one in bins]
    assert sum(inside) >= 8
    assert all(one.low <= one.share <= one.high for one in bins)


def test_the_last_bin_holds_certainty() -> None:
    (one,) = reliability.reliability(np.ones(4), np.array([True, True, True, False]))
    assert (one.n, one.chance, one.share) == (4, 1, 0.75)


def test_models_are_compared_with_the_baseline_that_knows_most() -> None:
    rng = np.random.default_rng(1)
    n_scores = len(comparison.SCORES)
    grid = rng.random((50, n_scores))
    grid[3, -1] = np.nan  # a race without team-mates
    tables = {"ours": grid - 0.1, "grid": grid, "elo": grid + 0.1}
    races = [(np.eye(3), np.array([2, 1, 0])), (np.eye(3), np.array([1, 2, 3]))]
    chances = dict.fromkeys(tables, comparison.chances_of(races))
    table = comparison.compare("final_grid", tables, chances)
    assert [line.name for line in table.lines] == ["ours", "grid", "elo"]
    assert (table.baseline, table.n_races) == ("grid", 50)
    ours, rival = table.lines[:2]
    assert rival.differences == {}
    for name in comparison.SCORES:
        apart = ours.differences[name]
        told = (apart.mean, apart.low, apart.high)
        assert told == pytest.approx((-0.1, -0.1, -0.1))
    low, high = scores.bootstrap_interval(grid[:, 0])
    assert (rival.scores["log_loss"].low, rival.scores["log_loss"].high) == (low, high)
    assert sum(one.n for one in ours.podium) == 5  # the starters
    stored = json.loads(json.dumps(table.dump()))
    assert comparison.StageTable.load(stored) == table


def test_models_of_other_races_are_not_compared() -> None:
    tables = {"grid": np.zeros((2, 12)), "elo": np.zeros((3, 12))}
    with pytest.raises(ValueError, match=r"\[2, 3\] races"):
        comparison.compare("final_grid", tables, {})


def test_bootstrap_holds_the_mean() -> None:
    values = np.random.default_rng(0).normal(1.4, 1, 200)
    low, high = scores.bootstrap_interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(4 * 1 / np.sqrt(200), rel=0.2)


def test_conditional_logit_finds_the_coefficient() -> None:
    rng = np.random.default_rng(2)
    design = rng.normal(size=(2000 * 5, 1))
    offsets = np.arange(2001) * 5
    speed = (1.5 * design[:, 0] + rng.gumbel(size=len(design))).reshape(-1, 5)
    won = (speed == speed.max(axis=1, keepdims=True)).ravel().astype(float)
    (found,) = regression.conditional_logit(
        design, won, offsets, weights=np.ones(2000), penalty=0.0
    )
    assert found == pytest.approx(1.5, abs=0.1)


def test_logistic_finds_constant_and_slope() -> None:
    rng = np.random.default_rng(2)
    design = rng.normal(size=(20_000, 1))
    goal = (rng.random(20_000) < 1 / (1 + np.exp(1 - 0.7 * design[:, 0]))).astype(float)
    slope, constant = regression.logistic(
        design, goal, weights=np.ones(20_000), penalty=0.0
    )
    assert (slope, constant) == pytest.approx((0.7, -1.0), abs=0.1)


@pytest.fixture(scope="module")
def fields() -> list[Field]:
    return forecast_cast.fields(seasons=range(2015, 2020))


def test_walk_forward_beats_chance_and_knows_no_later_season(
    fields: list[Field],
) -> None:
    frame = Replay(fields).frame
    models = [MODELS[name] for name in ("uniform", "grid", "logit")]
    trials = backtest.walk_forward(frame, models, "final_grid", [2018], seed=1)
    means = {
        name: np.mean([trial.score.log_loss for trial in of_model])
        for name, of_model in trials.items()
    }
    assert means["logit"] < means["uniform"]
    assert means["grid"] < means["uniform"]
    assert len(trials["grid"]) == 12

    earlier = Replay([field for field in fields if field.season < 2019]).frame
    again = backtest.walk_forward(earlier, models, "final_grid", [2018], seed=1)
    for one, other in zip(trials["logit"], again["logit"], strict=True):
        assert (one.outlook.positions == other.outlook.positions).all()


def test_walk_forward_leaves_out_models_without_inputs(fields: list[Field]) -> None:
    told: list[tuple[str, int]] = []
    trials = backtest.walk_forward(
        Replay(fields).frame,
        [MODELS["grid"], MODELS["uniform"]],
        "pre_weekend",
        [2016],
        seed=1,
        progress=lambda name, year: told.append((name, year)),
    )
    assert list(trials) == ["uniform"]
    assert told == [("uniform", 2016)]


def test_walk_forward_needs_races(fields: list[Field]) -> None:
    with pytest.raises(ValueError, match="2030"):
        backtest.walk_forward(Replay(fields).frame, [], "final_grid", [2030], seed=1)


def test_the_table_holds_everything_a_scorer_needs(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    small = Outlook(np.full((2, 2), 0.5), np.zeros(2))
    large = Outlook(np.full((3, 3), 1 / 3), np.zeros(3))
    forecasts = [
        Exported(2024, 1, ["a", "b"], small),
        Exported(2024, 2, ["a", "b", "c"], large),
    ]
    assert write_csv(path, forecasts) == 5
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:4] == ["season", "round", "driver_id", "p_win"]
    assert rows[0]["p_pos_3"] == "0.0"
    assert float(rows[4]["p_pos_3"]) == 1 / 3
    assert float(rows[0]["expected_position"]) == 1.5
