"""Every model: sums, seeds, order of rows, and the way to text and back."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from predictions.forecasting import forecaster
from predictions.forecasting.entrant import STAGES, Field
from predictions.forecasting.features import Replay
from predictions.forecasting.forecaster import Forecaster
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, PRIMARY, Memo, learnable
from predictions.forecasting.models.base import calibration_years
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
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
