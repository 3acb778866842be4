"""Who of two team-mates was ahead, and which meetings are left out."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.meetings import (
    Exclude,
    Fate,
    Gap,
    Outcome,
    Side,
    Tally,
    best_rows,
    compare,
    gap_between,
    pairs,
    wilson,
)

TURNED = {Outcome.WON: Outcome.LOST, Outcome.LOST: Outcome.WON}


def side(
    driver: int = 1,
    order: int = 1,
    fate: Fate = Fate.PLACED,
    *,
    car: str = "",
    place: int | None = None,
    laps: tuple[int | None, ...] = (),
    team: int = 7,
) -> Side:
    return Side(2024_001, team, driver, car, order, place, fate, laps)


fates = st.sampled_from(Fate)
excludes = st.sampled_from(Exclude)
orders = st.lists(st.integers(1, 30), min_size=2, max_size=2, unique=True)


@given(orders, fates, fates, excludes)
def test_what_one_won_the_other_lost(
    order: list[int], one: Fate, other: Fate, exclude: Exclude
) -> None:
    own, mate = side(1, order[0], one), side(2, order[1], other)
    outcome = compare(own, mate, exclude)
    assert compare(mate, own, exclude) == TURNED.get(outcome, outcome)


@given(orders, fates, fates)
def test_the_more_is_excluded_the_less_counts(
    order: list[int], one: Fate, other: Fate
) -> None:
    own, mate = side(1, order[0], one), side(2, order[1], other)
    counted = [
        compare(own, mate, exclude) in TURNED
        for exclude in (Exclude.CRASHES, Exclude.FAIR, Exclude.NOTHING)
    ]
    assert counted == sorted(counted)
    assert counted[-1]


@pytest.mark.parametrize(
    "fate",
    [
        Fate.ABSENT,
        Fate.DISQUALIFIED,
        Fate.EXCLUDED,
        Fate.NO_TIME,
        Fate.FAILED,
    ],
)
def test_what_tells_nothing_of_drivers_is_left_out(fate: Fate) -> None:
    for own, mate in product((side(1, 5, fate),), (side(2, 1), side(2, 9))):
        assert compare(own, mate) == fate.value == compare(mate, own)
        assert compare(own, mate, Exclude.NOTHING) in TURNED


def test_a_crash_is_a_defeat_unless_crashes_are_excluded() -> None:
    # Also where the rules counted the distance as a finish.
    crashed, through = side(1, 3, Fate.CRASHED), side(2, 12)
    assert compare(crashed, through) is Outcome.LOST
    assert compare(crashed, through, Exclude.CRASHES) is Outcome.CRASHED
    assert compare(crashed, side(2, 9, Fate.CRASHED)) is Outcome.CRASHED
    assert compare(crashed, side(2, 9, Fate.FAILED)) is Outcome.FAILED


@given(excludes)
def test_who_shared_a_car_never_met(exclude: Exclude) -> None:
    fagioli, fangio = side(1, 1, car="8", place=1), side(2, 2, car="8", place=1)
    assert compare(fagioli, fangio, exclude) is Outcome.SHARED
    unknown = side(1, 1, place=1), side(2, 2, place=1)
    assert compare(*unknown, exclude) is Outcome.SHARED


def test_a_driver_of_two_cars_counts_by_the_better_one() -> None:
    rows = [side(1, 11, place=11), side(1, 1, place=1), side(2, 5, place=5)]
    assert [row.order for row in best_rows(rows)] == [1, 5]
    assert len(list(pairs(rows))) == 1


def test_every_two_of_a_team_meet_once_and_nobody_else() -> None:
    rows = [side(driver, driver) for driver in (3, 1, 2)] + [side(4, 4, team=8)]
    met = [(own.driver, mate.driver) for own, mate in pairs(rows)]
    assert met == [(1, 2), (1, 3), (2, 3)]
    absent = [side(driver, driver, Fate.ABSENT) for driver in (1, 2)]
    assert list(pairs(absent)) == []


def test_laps_are_compared_in_the_last_part_of_both() -> None:
    own, mate = side(laps=(None, 90_000, 91_000)), side(2, laps=(88_000, 90_900, 1))
    gap = gap_between(own, mate)
    assert gap == Gap(-0.9, -1.0)
    assert gap_between(mate, own) == Gap(0.9, 1.0)
    assert gap_between(own, side(2, laps=(88_000, None, None))) is None
    assert gap_between(side(), side(2)) is None


def test_a_tally_counts_gaps_of_what_counts() -> None:
    tally = Tally()
    for outcome, told in (
        (Outcome.WON, Gap(-0.1, -0.2)),
        (Outcome.LOST, Gap(0.3, 0.4)),
        (Outcome.WON, None),
        (Outcome.NO_TIME, Gap(9.0, 9.0)),
    ):
        tally.add(outcome, told)
    assert (tally.n, tally.n_left_out) == (3, 1)
    assert tally.share == pytest.approx(2 / 3)
    gap = tally.median_gap
    assert gap is not None
    assert (gap.seconds, gap.percent) == pytest.approx((0.1, 0.1))
    assert Tally().share is None
    assert Tally().median_gap is None
    assert Tally().interval == (0, 1)


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(pair: tuple[int, int]) -> None:
    won, n = pair
    low, high = wilson(won, n)
    assert 0 <= low <= (won / n if n else 0.5) <= high <= 1
    turned = wilson(n - won, n)
    assert (1 - turned.high, 1 - turned.low) == pytest.approx((low, high))


def test_the_interval_is_wilsons() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize(("won", "n"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(won: int, n: int) -> None:
    with pytest.raises(ValueError, match="it must be"):
        wilson(won, n)
