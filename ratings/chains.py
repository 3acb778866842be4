"""Chains of team-mates that link two drivers, and what such a chain is worth.

Each link is a duel: ``won`` and ``lost`` meetings. It says by how much one driver
is better, in log-odds of being ahead, with a variance; along a chain differences
add up and so do variances. The best chain is therefore the one with the least sum
of variances, which need not be the one with the fewest links. No Django here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log, sqrt

from ratings.meetings import Z95, Interval

#: Elo points in a unit of log-odds.
POINTS = 400 / log(10)

#: Strength of a link or a chain by its standard error, Elo points: 50 are about 50
#: even meetings, 80 about 20, 140 about 6.
STRENGTHS = ((50.0, "strong"), (80.0, "fair"), (140.0, "weak"))
WEAKEST = "very weak"


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one driver is ahead of another, and how well that is known.

    Attributes
    ----------
    log_odds : natural logarithm of the odds of being ahead in a meeting
    variance : of that, 0 only of a driver and himself
    """

    log_odds: float
    variance: float

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(
            self.log_odds + other.log_odds, self.variance + other.variance
        )

    def __neg__(self) -> "Difference":
        return Difference(-self.log_odds, self.variance)

    @property
    def points(self) -> float:
        """Elo points."""
        return POINTS * self.log_odds

    @property
    def error(self) -> float:
        """Standard error, Elo points."""
        return POINTS * sqrt(self.variance)

    @property
    def interval(self) -> Interval:
        """95 % interval, Elo points."""
        reach = Z95 * self.error
        return Interval(self.points - reach, self.points + reach)

    @property
    def strength(self) -> str:
        """strong, fair, weak or very weak."""
        for most, word in STRENGTHS:
            if self.error <= most:
                return word
        return WEAKEST

    @property
    def is_sure(self) -> bool:
        """Whether the interval says who is ahead."""
        low, high = self.interval
        return low > 0 or high < 0


NO_DIFFERENCE = Difference(0.0, 0.0)


def difference(won: int, lost: int) -> Difference:
    """What a duel says of two drivers.

    Half a meeting is added to both sides, so that a clean sheet stays finite and
    is known badly.

    Raises
    ------
    ValueError : a number below 0, or no meeting at all

    Source: Haldane (1956), Anscombe (1956).
    """
    if won < 0 or lost < 0 or won + lost == 0:
        raise ValueError(f"won is {won} and lost {lost}; nobody met")
    return Difference(
        log((won + 0.5) / (lost + 0.5)), 1 / (won + 0.5) + 1 / (lost + 0.5)
    )


Graph = Mapping[int, Mapping[int, float]]


def graph_of(duels: Mapping[tuple[int, int], tuple[int, int]]) -> Graph:
    """Neighbours of each driver with the variance of the link to them.

    Parameters
    ----------
    duels : by two drivers, meetings won and lost by the first; those without any
        are no links
    """
    graph: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), (won, lost) in duels.items():
        if won + lost:
            graph[one][other] = graph[other][one] = difference(won, lost).variance
    return dict(graph)


def best_chain(graph: Graph, start: int, goal: int) -> list[int] | None:
    """The chain with the least sum of variances, both ends included.

    Of equal ones the shorter is taken. A driver is linked to himself by a chain of
    one. None where no chain leads from one to the other.

    Source: Dijkstra (1959).
    """
    if start == goal:
        return [start]
    came_from: dict[int, int] = {}
    queue = [(0.0, 0, start, start)]
    while queue:
        cost, n_links, driver, before = heappop(queue)
        if driver in came_from:
            continue
        came_from[driver] = before
        if driver == goal:
            return _walk_back(came_from, start, goal)
        for mate, variance in graph.get(driver, {}).items():
            if mate not in came_from:
                heappush(queue, (cost + variance, n_links + 1, mate, driver))
    return None


def _walk_back(came_from: Mapping[int, int], start: int, goal: int) -> list[int]:
    chain = [goal]
    while chain[-1] != start:
        chain.append(came_from[chain[-1]])
    return chain[::-1]


def whole(links: Iterable[Difference]) -> Difference:
    """What a chain says of its ends: differences and variances added up."""
    return sum(links, NO_DIFFERENCE)
