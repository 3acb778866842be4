"""Why a chance is what it is: sums, order of rows, and facts that tell nothing."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from predictions.forecasting.contributions import Contributions, summed
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.explanation import GROUP_OF, Explanation, explain
from predictions.forecasting.features import Replay
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, Fitted, learnable
from predictions.tests import forecast_cast

FloatArray = NDArray[np.float64]
NAMES = ("log_slot", "slot", "pace", "elo")
parts = arrays(
    np.float64,
    st.tuples(st.integers(1, 22), st.just(len(NAMES))),
    elements=st.floats(-15, 15),
)


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Replay(forecast_cast.fields(seasons=range(2015, 2020))).frame


@pytest.fixture(scope="module")
def race(frame: Frame) -> Frame:
    return frame.races()[-1]


@pytest.fixture(scope="module")
def ensemble(frame: Frame) -> Fitted:
    return MODELS["ensemble"].fit(learnable(frame), "final_grid", {})


@given(parts)
@settings(max_examples=60, deadline=None)
def test_points_add_up_to_the_gain_on_an_even_chance(log_odds: FloatArray) -> None:
    why = Explanation(Contributions.of(NAMES, log_odds))
    n = len(log_odds)
    assert why.points.sum(axis=1) == pytest.approx(why.p_win - 1 / n, abs=1e-12)
    assert why.points.sum(axis=0) == pytest.approx(0, abs=1e-9)
    assert why.log_odds.sum(axis=1) == pytest.approx(why.facts.total, abs=1e-9)
    assert why.groups == ("grid slot", "pace of car and driver", "rating")


@given(parts, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_drivers_does_not_matter(
    log_odds: FloatArray, random: Random
) -> None:
    order = list(range(len(log_odds)))
    random.shuffle(order)
    there = Explanation(Contributions.of(NAMES, log_odds)).points[order]
    back = Explanation(Contributions.of(NAMES, log_odds[order])).points
    assert there == pytest.approx(back, abs=1e-9)


def test_one_fact_alone_explains_everything() -> None:
    why = Explanation(Contributions.of(("slot",), np.array([[3.0], [1.0], [0.0]])))
    assert why.points[:, 0] == pytest.approx(why.p_win - 1 / 3, abs=1e-15)


def test_members_that_read_the_same_fact_are_added() -> None:
    first = Contributions.of(("elo", "pace"), np.array([[1.0, 2.0], [-1.0, -2.0]]))
    other = Contributions.of(("elo",), np.array([[0.5], [-0.5]]))
    both = summed([first, other])
    assert both.names == ("elo", "pace")
    assert both.log_odds.tolist() == [[1.5, 2.0], [-1.5, -2.0]]


def test_rows_of_a_real_field_may_come_in_any_order(
    ensemble: Fitted, race: Frame
) -> None:
    order = np.random.default_rng(5).permutation(len(race))
    shuffled = replace(race, facts=race.facts[order], driver=race.driver[order])
    there = explain(ensemble, race).points[order]
    assert there == pytest.approx(explain(ensemble, shuffled).points, abs=1e-9)


@pytest.mark.parametrize("name", ["elo", "logit"])
def test_a_fact_that_is_the_same_for_all_tells_nothing(
    frame: Frame, race: Frame, name: str
) -> None:
    fitted = MODELS[name].fit(learnable(frame), "pre_weekend", {})
    facts = race.facts.copy()
    for rating in ("elo_driver", "elo_team"):
        facts[:, race.names.index(rating)] = 1600.0
    why = explain(fitted, replace(race, facts=facts))
    assert why.log_odds[:, why.groups.index("rating")] == pytest.approx(0, abs=1e-12)
    assert why.points[:, why.groups.index("rating")] == pytest.approx(0, abs=1e-12)


def test_every_fact_of_every_model_has_a_group() -> None:
    read = {
        fact
        for model in MODELS.values()
        for stage in model.stages
        for fact in model.columns(stage)
    }
    assert read | {"field_size"} <= set(GROUP_OF)
    assert {stage for model in MODELS.values() for stage in model.stages} == set(STAGES)


def test_one_race_at_a_time(ensemble: Fitted, frame: Frame) -> None:
    with pytest.raises(ValueError, match="must be one"):
        explain(ensemble, frame)
