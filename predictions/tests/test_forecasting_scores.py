"""Scores against hand-made cases, walk-forward, and the exported table."""

import csv
from pathlib import Path

import numpy as np
import pytest

from predictions.forecasting import backtest, regression, scores
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
