"""The order of the start: laws that hold for every field and every penalty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.grid import Penalty, Start, starting_order

FIELD = st.permutations(range(1, 13)) | st.permutations(range(1, 4))
PENALTIES = st.lists(
    st.builds(
        Penalty,
        driver=st.integers(1, 14),
        places=st.integers(0, 30),
        from_back=st.booleans() | st.just(False),
        from_pit_lane=st.booleans() | st.just(False),
    ),
    max_size=8,
)
PLACES = st.lists(
    st.builds(
        Penalty,
        driver=st.integers(1, 12),
        places=st.integers(0, 30),
        from_back=st.just(False),
        from_pit_lane=st.just(False),
    ),
    max_size=8,
)


def order_of(starts: list[Start]) -> list[int]:
    return [start.driver for start in starts]


@given(FIELD)
def test_without_penalties_qualifying_is_the_grid(field: list[int]) -> None:
    assert starting_order(field) == [
        Start(driver, slot) for slot, driver in enumerate(field, start=1)
    ]


@given(FIELD, PENALTIES)
def test_everybody_starts_once_and_no_slot_is_empty(
    field: list[int], penalties: list[Penalty]
) -> None:
    starts = starting_order(field, penalties)
    assert sorted(order_of(starts)) == sorted(field)
    slots = [start.slot for start in starts if start.slot is not None]
    assert slots == list(range(1, len(slots) + 1))
    in_pit_lane = {p.driver for p in penalties if p.from_pit_lane} & set(field)
    assert {s.driver for s in starts if s.slot is None} == in_pit_lane


@given(FIELD, PLACES)
def test_nobody_without_a_penalty_loses_by_those_of_others(
    field: list[int], penalties: list[Penalty]
) -> None:
    punished = {p.driver for p in penalties if p.places}
    starts = starting_order(field, penalties)
    free = [d for d in order_of(starts) if d not in punished]
    assert free == [d for d in field if d not in punished]
    for start in starts:
        if start.driver not in punished and start.slot is not None:
            assert start.slot <= field.index(start.driver) + 1


@given(FIELD, st.integers(0, 11), st.integers(1, 30))
def test_one_penalty_costs_what_it_says_or_the_last_slot(
    field: list[int], place: int, places: int
) -> None:
    driver = field[place % len(field)]
    starts = starting_order(field, [Penalty(driver, places)])
    start = next(start for start in starts if start.driver == driver)
    assert start.slot == min(field.index(driver) + 1 + places, len(field))


@given(FIELD, PENALTIES, st.randoms())
def test_the_order_of_the_announcements_does_not_matter(
    field: list[int], penalties: list[Penalty], random: object
) -> None:
    shuffled = list(penalties)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert starting_order(field, shuffled) == starting_order(field, penalties)


@pytest.mark.parametrize(
    ("penalties", "order"),
    [
        ([Penalty(1, places=3)], [2, 3, 4, 1, 5, 6]),
        ([Penalty(1, places=5), Penalty(3, places=2)], [2, 4, 5, 6, 3, 1]),
        ([Penalty(5, places=10), Penalty(6, places=3)], [1, 2, 3, 4, 6, 5]),
        ([Penalty(1, places=2), Penalty(2, places=1)], [3, 4, 1, 2, 5, 6]),
        ([Penalty(2, from_back=True), Penalty(1, from_back=True)], [3, 4, 5, 6, 1, 2]),
        ([Penalty(1, from_pit_lane=True)], [2, 3, 4, 5, 6, 1]),
        ([Penalty(4, places=1), Penalty(4, places=1)], [1, 2, 3, 5, 6, 4]),
    ],
)
def test_by_example(penalties: list[Penalty], order: list[int]) -> None:
    assert order_of(starting_order(range(1, 7), penalties)) == order
