"""Every model: sums, seeds, order of rows, and the way to text and back."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from predictions.forecasting import forecaster
from predictions.forecasting.entrant import STAGES, Field
from predictions.forecasting.explanation import GROUP_OF
from predictions.forecasting.features import ALL, Replay, tree_table
from predictions.forecasting.forecaster import Forecaster
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, PRIMARY, Memo, forest, learnable
from predictions.forecasting.models.base import (
    MODEL_FILE,
    calibration_years,
    prefixed,
)
from predictions.forecasting.models.gbm import FIRST_GOALS, Trees
from predictions.forecasting.plackett_luce import win_probabilities
from predictions.tests import forecast_cast

PAIRS = [(name, stage) for name in MODELS for stage in MODELS[name].stages]


@pytest.fixture(scope="module")
def fields() -> list[Field]:
    return forecast_cast.fields(seasons=range(2015, 2020))


@pytest.fixture(scope="module")
def frame(fields: list[Field]) -> Frame:
    return Replay(fields).frame


@pytest.fixture(scope="module")
def memo() -> Memo:
    return {}


@pytest.fixture(scope="module")
def race(frame: Frame) -> Frame:
    return frame.races()[-1]


def fitted(frame: Frame, name: str, stage: str, memo: Memo) -> Forecaster:
    return forecaster.fit(MODELS[name], frame, stage, memo)


@pytest.mark.parametrize(("name", "stage"), PAIRS)
def test_chances_fit_together(
    frame: Frame, race: Frame, memo: Memo, name: str, stage: str
) -> None:
    outlook = fitted(frame, name, stage, memo).outlook(race, seed=1)
    assert outlook.positions.sum(axis=0) == pytest.approx(1, abs=1e-8)
    assert outlook.positions.sum(axis=1) == pytest.approx(1, abs=1e-8)
    assert (outlook.positions >= 0).all()
    assert ((outlook.p_dnf > 0) & (outlook.p_dnf < 1)).all()
    assert (outlook.p_win <= outlook.p_podium + 1e-12).all()


@pytest.mark.parametrize(("name", "stage"), PAIRS)
def test_text_and_back_changes_no_bit(
    frame: Frame, race: Frame, memo: Memo, name: str, stage: str
) -> None:
    first = fitted(frame, name, stage, memo)
    again = Forecaster.load(MODELS[name], first.dump())
    there, back = (one.outlook(race, seed=1) for one in (first, again))
    assert (there.positions == back.positions).all()
    assert (there.p_dnf == back.p_dnf).all()


@pytest.mark.parametrize(("name", "stage"), PAIRS)
def test_contributions_add_up_to_the_log_odds(
    frame: Frame, race: Frame, memo: Memo, name: str, stage: str
) -> None:
    one = fitted(frame, name, stage, memo)
    said = one.fitted.contributions(race)
    log_p = np.log(one.outlook(race, seed=1).p_win)
    assert said.total == pytest.approx(log_p - log_p.mean(), abs=1e-9)
    assert said.log_odds.sum(axis=0) == pytest.approx(0, abs=1e-9)
    assert set(said.names) <= set(GROUP_OF)


@pytest.mark.parametrize("name", list(MODELS))
def test_two_fits_are_equal(frame: Frame, name: str) -> None:
    stage = MODELS[name].stages[-1]
    assert (
        fitted(frame, name, stage, {}).dump() == fitted(frame, name, stage, {}).dump()
    )


def test_pole_is_the_best_slot(frame: Frame, race: Frame, memo: Memo) -> None:
    outlook = fitted(frame, "grid", "final_grid", memo).outlook(race, seed=1)
    pole = race.column("grid_slot").argmin()
    assert outlook.p_win.argmax() == pole


def test_ranks_that_are_shared_make_alike(frame: Frame, memo: Memo) -> None:
    table = MODELS["standings"].fit(
        learnable(with_standing(frame)), "pre_weekend", memo
    )
    rng, p_dnf = np.random.default_rng(1), np.full(10, 0.1)
    leaders = with_standing(frame).races()[-1]
    p_win = table.positions(leaders, p_dnf, rng)[:, 0]
    assert p_win.argmax() == 0
    assert p_win[8] == pytest.approx(p_win[9], rel=1e-12)
    nothing_known = frame.races()[0]
    assert table.positions(nothing_known, p_dnf, rng) == pytest.approx(0.1)


def with_standing(frame: Frame) -> Frame:
    """As if the drivers stood in the order of the alphabet, the last two alike."""
    facts = frame.facts.copy()
    column = frame.names.index("standing")
    facts[:, column] = np.maximum(np.tile(np.linspace(1, 0, 10), frame.n_races), 0.12)
    return replace(frame, facts=facts)


def test_a_race_without_slots_teaches_the_table_nothing(frame: Frame) -> None:
    lost = frame.race == frame.race[-1]
    facts = frame.facts.copy()
    facts[lost, frame.names.index("grid_slot")] = np.nan
    holed = replace(frame, facts=facts)
    race = frame.races()[0]
    known = fitted(frame.where(~lost), "grid", "final_grid", {}).outlook(race, seed=1)
    found = fitted(holed, "grid", "final_grid", {})
    assert (found.outlook(race, seed=1).positions == known.positions).all()
    flat = found.outlook(holed.races()[-1], seed=1).positions
    assert flat == pytest.approx(1 / len(flat))


def test_walking_the_forest_is_what_scikit_learn_does(frame: Frame) -> None:
    past, stage = learnable(frame), "final_grid"
    table = tree_table(past, stage, ALL[stage])
    grown = RandomForestClassifier(**forest.PARAMETERS)
    grown.fit(table, np.searchsorted(forest.LAST_PLACES, past.place))
    nodes = forest.Nodes.of(grown)
    podium = grown.predict_proba(table)[:, :2].sum(axis=1)
    assert nodes.chances(table) == pytest.approx(podium, abs=1e-12)
    roots = nodes.chance[nodes.roots].mean()
    assert nodes.paths(table).sum(axis=1) == pytest.approx(podium - roots, abs=1e-12)


def test_a_file_of_before_is_still_read(frame: Frame, race: Frame, memo: Memo) -> None:
    """Trees that do not name their goals, and one scale of the podium."""
    trees = Trees(FIRST_GOALS).learn(learnable(frame), "final_grid")
    files = trees.dump()
    content = json.loads(files[MODEL_FILE])
    del content["goals"]
    old = files | {MODEL_FILE: json.dumps(content)}
    scales = {"win_scale": 1.5, "order_scale": 0.5}
    again = MODELS["lightgbm"].load(
        prefixed("trees", old) | {MODEL_FILE: json.dumps(scales)}
    )
    expected = win_probabilities(1.5 * trees.scores(race)[:, 0])
    rng = np.random.default_rng(1)
    assert (again.positions(race, np.full(10, 0.1), rng)[:, 0] == expected).all()


def test_knowing_more_helps(frame: Frame, memo: Memo) -> None:
    losses = []
    for stage in ("pre_weekend", "final_grid"):
        model = fitted(frame, "logit", stage, memo)
        loss = [
            -np.log(model.outlook(race, seed=1).p_win[race.place == 1][0])
            for race in frame.races()
        ]
        losses.append(np.mean(loss))
    assert losses[1] < losses[0]


def test_calibration_learns_from_seasons_that_were_forecast(frame: Frame) -> None:
    assert calibration_years(frame) == [2019]
    assert calibration_years(frame.seasons(2015, 2016)) == []


def test_only_starters_are_learnt_from(fields: list[Field]) -> None:
    ahead = forecast_cast.fields(seasons=range(2020, 2021), rounds=1)[0]
    open_race = Field.of(
        list(ahead.entrants), race=2020001, season=2020, round=1, circuit="circuit-1"
    )
    frame = Replay([*fields, open_race]).frame
    assert (frame.season == 2020).sum() == 10
    assert (learnable(frame).season < 2020).all()


def test_a_model_refuses_a_stage_that_tells_it_nothing(frame: Frame) -> None:
    with pytest.raises(ValueError, match="pre_weekend"):
        forecaster.fit(MODELS["grid"], frame, "pre_weekend")


def test_nothing_can_be_learnt_from_an_open_race(frame: Frame) -> None:
    with pytest.raises(ValueError, match="no race that is over"):
        forecaster.fit(MODELS[PRIMARY], frame.where(frame.place < 0), STAGES[0])


def test_one_race_at_a_time(frame: Frame, memo: Memo) -> None:
    with pytest.raises(ValueError, match="must be one"):
        fitted(frame, "uniform", "final_grid", memo).outlook(frame, seed=1)


def test_the_core_needs_no_django() -> None:
    """A bare interpreter, without settings, in which Django cannot be imported."""
    root = Path(__file__).parents[2]
    program = (
        "import sys; sys.modules['django'] = None\n"
        "import predictions.forecasting.backtest, predictions.forecasting.exports\n"
        "import predictions.forecasting.explanation\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
