"""The gate: what it lets through, and what it says when it does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.forecasting.gate import Evidence, Verdict, calibration, judge

N_DRIVERS = 20


def evidence(
    *,
    n_races: int = 60,
    gain: float = 0.1,
    over_baseline: float = 0.5,
    noise: float = 0.1,
    boldness: float = 1.0,
) -> Evidence:
    """Races won by who was drawn from the chances; boldness 1 is honest."""
    rng = np.random.default_rng(5)
    truth = rng.dirichlet(np.full(N_DRIVERS, 0.4), n_races) * 0.9 + 0.1 / N_DRIVERS
    won = np.array([rng.multinomial(1, p / p.sum()) for p in truth], dtype=bool)
    said = truth**boldness
    said /= said.sum(axis=1, keepdims=True)
    losses = -np.log(said[won])
    return Evidence(
        candidate=losses,
        primary=losses + gain + rng.normal(0, noise, n_races),
        baselines={"grid": losses + over_baseline + rng.normal(0, noise, n_races)},
        p_win=said.ravel(),
        has_won=won.ravel(),
        race=np.repeat(np.arange(n_races), N_DRIVERS),
    )


def objection(verdict: Verdict) -> str:
    (words,) = verdict.objections
    return words


def test_who_is_better_and_honest_passes() -> None:
    verdict = judge(evidence())
    assert verdict.passes
    assert verdict.objections == []
    assert verdict.n_races == 60
    assert verdict.differences["primary"].high < 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_races": 39}, "39 races of at least 40"),
        ({"gain": -0.05}, "no better than the primary"),
        ({"gain": 0.05, "noise": 1.0, "over_baseline": 2.0}, "may be worse"),
        ({"over_baseline": 0.0}, "not surely better than grid"),
        ({"boldness": 3.0}, "too bold"),
        ({"boldness": 0.3, "n_races": 200}, "too timid"),
    ],
)
def test_each_condition_can_refuse(changes: dict[str, float], words: str) -> None:
    verdict = judge(evidence(**changes))  # type: ignore[arg-type]
    assert not verdict.passes
    assert words in objection(verdict)


def test_the_primary_does_not_pass_against_itself() -> None:
    given_evidence = evidence(gain=0.0, noise=0.0)
    assert "no better" in judge(given_evidence).objections[0]


def test_without_a_race_it_says_so() -> None:
    none = np.array([])
    empty = Evidence(none, none, {}, none, none.astype(bool), none.astype(int))
    assert objection(judge(empty)) == "0 races of at least 40"


def test_other_races_are_no_evidence() -> None:
    whole = evidence()
    with pytest.raises(ValueError, match="grid has 3 races"):
        Evidence(
            whole.candidate,
            whole.primary,
            {"grid": np.zeros(3)},
            whole.p_win,
            whole.has_won,
            whole.race,
        )


def test_honest_chances_are_seldom_refused() -> None:
    """Of honest forecasters about one in a hundred is taken for none."""
    rng = np.random.default_rng(1)
    chances = rng.dirichlet(np.full(8, 0.5), 50)
    race = np.repeat(np.arange(50), 8)
    found = []
    for _ in range(600):
        won = np.array([rng.multinomial(1, p) for p in chances], dtype=bool)
        found.append(calibration(chances.ravel(), won.ravel(), race).p)
    assert 0.4 < np.mean(found) < 0.6
    assert np.mean(np.array(found) < 0.01) < 0.03


@settings(max_examples=30)
@given(st.permutations(range(12)))
def test_the_order_of_rows_says_nothing(order: list[int]) -> None:
    p_win = np.tile([0.5, 0.3, 0.2], 4)
    has_won = np.tile([True, False, False], 4)
    race = np.repeat(np.arange(4), 3)
    found = calibration(p_win[order], has_won[order], race[order])
    assert found.z == pytest.approx(calibration(p_win, has_won, race).z)
