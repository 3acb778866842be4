"""The last races of a model against all before them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from predictions.forecasting.drift import LEAST_BEFORE, N_LAST, drift

LEAST = LEAST_BEFORE + N_LAST
LOSSES = st.lists(st.floats(0.01, 9.0), min_size=LEAST, max_size=80)


@given(LOSSES, st.floats(0.1, 5.0))
def test_laws_of_drift(losses: list[float], rise: float) -> None:
    values = np.array(losses)
    found = drift(values)
    assert found is not None
    assert found.low <= found.difference <= found.high
    assert found.n_last + found.n_before == len(values)
    assert found.difference == pytest.approx(found.last - found.before)
    # all races harder alike is no drift; the newer part alone is
    lifted = drift(values + rise)
    assert lifted is not None
    assert lifted.difference == pytest.approx(found.difference, abs=1e-9)
    values[-N_LAST:] += rise
    worse = drift(values)
    assert worse is not None
    assert worse.difference == pytest.approx(found.difference + rise)
    assert worse.high - worse.low == pytest.approx(found.high - found.low)
    # the order within each part says nothing
    shuffled = [*reversed(losses[:-N_LAST]), *reversed(losses[-N_LAST:])]
    again = drift(np.array(shuffled))
    assert again is not None
    assert again.low == pytest.approx(found.low)


def test_the_interval_is_that_of_welch() -> None:
    values = np.random.default_rng(1).gamma(2.0, 0.6, 68)
    found = drift(values)
    assert found is not None
    known = ttest_ind(values[-N_LAST:], values[:-N_LAST], equal_var=False)
    assert (found.low, found.high) == pytest.approx(known.confidence_interval(0.95))


def test_it_says_worse_better_or_nothing() -> None:
    calm = np.tile([1.0, 1.2], 30)
    for last, direction in ((3.0, 1), (0.2, -1), (1.0, 0)):
        found = drift(np.concatenate([calm, np.tile([last, last + 0.2], 5)]))
        assert found is not None
        assert found.direction == direction
    # everybody alike loses the same in every race; rounding is no drift
    assert drift(np.full(68, np.log(20))).direction == 0  # type: ignore[union-attr]


def test_of_too_few_races_it_says_nothing() -> None:
    assert drift(np.ones(LEAST - 1)) is None
    assert drift(np.ones(LEAST)) is not None
