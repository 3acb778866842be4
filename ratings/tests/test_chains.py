"""The surest chain, against every chain there is."""

from collections.abc import Sequence
from itertools import pairwise, permutations
from math import inf, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings import chains
from ratings.chains import Difference, best_chain, difference, graph_of, whole

DRIVERS = range(6)
Duels = dict[tuple[int, int], tuple[int, int]]

counts = st.tuples(st.integers(0, 40), st.integers(0, 40))
webs: st.SearchStrategy[Duels] = st.dictionaries(
    st.sampled_from([(a, b) for a in DRIVERS for b in DRIVERS if a < b]), counts
)


def cost(graph: chains.Graph, chain: Sequence[int]) -> float:
    return sum(graph.get(one, {}).get(other, inf) for one, other in pairwise(chain))


def cheapest(graph: chains.Graph, start: int, goal: int) -> float:
    """By trying all."""
    between = [driver for driver in DRIVERS if driver not in (start, goal)]
    return min(
        cost(graph, [start, *middle, goal])
        for n in range(len(between) + 1)
        for middle in permutations(between, n)
    )


@given(webs)
def test_no_chain_is_surer(duels: Duels) -> None:
    graph = graph_of(duels)
    chain = best_chain(graph, 0, 5)
    least = cheapest(graph, 0, 5)
    if chain is None:
        assert least == inf
        return
    assert (chain[0], chain[-1]) == (0, 5)
    assert len(set(chain)) == len(chain)
    assert cost(graph, chain) == pytest.approx(least)


@given(webs)
def test_there_and_back_is_the_same_way(duels: Duels) -> None:
    graph = graph_of(duels)
    there, back = best_chain(graph, 0, 5), best_chain(graph, 5, 0)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert cost(graph, there) == pytest.approx(cost(graph, back))


@given(webs, counts.filter(any))
def test_another_duel_never_makes_a_chain_weaker(
    duels: Duels, more: tuple[int, int]
) -> None:
    before = best_chain(graph_of(duels), 0, 5)
    graph = graph_of({**duels, (0, 9): more, (5, 9): more})
    after = best_chain(graph, 0, 5)
    assert after is not None
    if before is not None:
        assert cost(graph, after) <= cost(graph, before) + 1e-9


def test_many_meetings_over_two_links_beat_one_meeting() -> None:
    duels = {(1, 2): (20, 20), (2, 3): (20, 20), (1, 3): (1, 0)}
    assert best_chain(graph_of(duels), 1, 3) == [1, 2, 3]


def test_of_equal_chains_the_shorter_is_taken() -> None:
    even = {(1, 2): 1.0, (2, 3): 1.0, (1, 3): 2.0}
    graph: dict[int, dict[int, float]] = {1: {}, 2: {}, 3: {}}
    for (one, other), variance in even.items():
        graph[one][other] = graph[other][one] = variance
    assert best_chain(graph, 1, 3) == [1, 3]


def test_a_driver_needs_no_chain_to_himself() -> None:
    assert best_chain({}, 1, 1) == [1]
    assert best_chain({}, 1, 2) is None
    assert whole([]) == Difference(0.0, 0.0)


def test_pairs_without_a_meeting_are_no_links() -> None:
    assert graph_of({(1, 2): (0, 0)}) == {}


@given(counts.filter(any))
def test_a_difference_turned_round_changes_its_sign(met: tuple[int, int]) -> None:
    won, lost = met
    found = difference(won, lost)
    assert -found == Difference(-found.log_odds, found.variance)
    assert difference(lost, won).log_odds == pytest.approx(-found.log_odds)
    assert difference(lost, won).variance == pytest.approx(found.variance)
    assert (found.points > 0) == (won > lost)
    assert found.interval.low < found.points < found.interval.high


@given(st.lists(counts.filter(any), max_size=8))
def test_links_add_up_and_errors_in_quadrature(met: list[tuple[int, int]]) -> None:
    links = [difference(*each) for each in met]
    found = whole(links)
    assert found.points == pytest.approx(sum(link.points for link in links))
    assert found.error == pytest.approx(sqrt(sum(link.error**2 for link in links)))


def test_points_are_those_of_ratings() -> None:
    found = difference(640, 360)
    assert found.points == pytest.approx(100, abs=0.3)
    assert chains.POINTS * log(10) == pytest.approx(400)


@pytest.mark.parametrize(
    ("met", "word"),
    [((30, 30), "strong"), ((12, 12), "fair"), ((4, 4), "weak"), ((1, 1), "very weak")],
)
def test_the_word_says_how_much_is_known(met: tuple[int, int], word: str) -> None:
    assert difference(*met).strength == word


def test_a_clean_sheet_is_known_badly() -> None:
    assert difference(20, 0).error > difference(10, 10).error
    assert difference(20, 0).is_sure
    assert not difference(10, 10).is_sure


@pytest.mark.parametrize("met", [(0, 0), (-1, 3), (3, -1)])
def test_who_never_met_cannot_be_compared(met: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="nobody met"):
        difference(*met)
