"""Team-mates side by side: who was ahead, and which meetings say nothing of it.

The one way of counting duels and of weighing links between drivers. NumPy is not
needed, Django is not known here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, groupby
from math import sqrt
from operator import attrgetter
from statistics import median
from typing import NamedTuple

#: Standard errors on either side of a 95 % interval.
Z95 = 1.959964


RACE, DRIVER = attrgetter("race"), attrgetter("driver")


class Session(StrEnum):
    RACE = "race"
    QUALIFYING = "qualifying"


class Fate(StrEnum):
    """What became of one driver in one session."""

    PLACED = "placed"
    ABSENT = "absent"
    DISQUALIFIED = "disqualified"
    EXCLUDED = "excluded"
    NO_TIME = "no_time"
    FAILED = "mechanical"
    CRASHED = "crash"


class Exclude(StrEnum):
    """Which meetings are left out."""

    FAIR = "fair"
    CRASHES = "crashes"
    NOTHING = "nothing"


class Outcome(StrEnum):
    """Of a meeting: won, lost, or why it is left out."""

    WON = "won"
    LOST = "lost"
    SHARED = "shared_car"
    ABSENT = "absent"
    DISQUALIFIED = "disqualified"
    EXCLUDED = "excluded"
    NO_TIME = "no_time"
    FAILED = "mechanical"
    CRASHED = "crash"


#: A meeting with one of these compares no drivers; the first one found is told.
SILENT = (
    Fate.ABSENT,
    Fate.DISQUALIFIED,
    Fate.EXCLUDED,
    Fate.NO_TIME,
    Fate.FAILED,
)


class Side(NamedTuple):
    """One driver in one session.

    ``order`` is the published place among all cars, from 1; ``place`` is None for
    who was not classified; ``laps`` are best laps by part of qualifying in ms, the
    last part first, then that of formats without parts.
    """

    race: int
    team: int
    driver: int
    car: str
    order: int
    place: int | None
    fate: Fate
    laps: tuple[int | None, ...] = ()


class Gap(NamedTuple):
    """Of two laps; below 0 the first was faster."""

    seconds: float
    percent: float  # of the faster lap


class Interval(NamedTuple):
    """Where a value lies 95 times in 100."""

    low: float
    high: float


def best_rows(sides: Iterable[Side]) -> list[Side]:
    """Of a driver with several rows in a race (shared cars) the best placed."""
    best: dict[tuple[int, int], Side] = {}
    for side in sides:
        known = best.setdefault((side.race, side.driver), side)
        if known is not side and side.order < known.order:
            best[side.race, side.driver] = side
    return list(best.values())


def pairs(sides: Iterable[Side]) -> Iterator[tuple[Side, Side]]:
    """Every two team-mates of a session; not where both stayed away.

    Rows of a race lie together. The driver with the lower key comes first.
    """
    for _, rows in groupby(sides, key=RACE):
        cars: dict[int, list[Side]] = defaultdict(list)
        for side in best_rows(rows):
            cars[side.team].append(side)
        for team in cars.values():
            team.sort(key=DRIVER)
            for own, mate in combinations(team, 2):
                if not (own.fate is mate.fate is Fate.ABSENT):
                    yield own, mate


def compare(own: Side, mate: Side, exclude: Exclude = Exclude.FAIR) -> Outcome:
    """Who of two team-mates was ahead in a session, or why that is not asked.

    A crash is a defeat by who came through, unless crashes are excluded; two
    crashes compare nothing. With nothing excluded the published order decides.
    Nobody is compared with himself: who shared a car never met.
    """
    if _shared(own, mate):
        return Outcome.SHARED
    ahead = Outcome.WON if own.order < mate.order else Outcome.LOST
    if exclude is Exclude.NOTHING:
        return ahead
    fates = (own.fate, mate.fate)
    for fate in SILENT:
        if fate in fates:
            return Outcome(fate.value)
    crashes = fates.count(Fate.CRASHED)
    if crashes == 2 or (crashes and exclude is Exclude.CRASHES):
        return Outcome.CRASHED
    if crashes:
        return Outcome.LOST if own.fate is Fate.CRASHED else Outcome.WON
    return ahead


def _shared(own: Side, mate: Side) -> bool:
    same_car = own.car != "" and own.car == mate.car
    return same_car or (own.place is not None and own.place == mate.place)


def gap_between(own: Side, mate: Side) -> Gap | None:
    """Of their laps in the last part that both set one in; None without such a part."""
    for mine, his in zip(own.laps, mate.laps, strict=False):
        if mine and his:
            return Gap((mine - his) / 1000, 100 * (mine - his) / min(mine, his))
    return None


def wilson(won: int, n: int) -> Interval:
    """95 % interval of a share.

    Parameters
    ----------
    won, n : how many of how many

    Returns
    -------
    lowest and highest share, from 0 to 1; of nothing, both ends

    Raises
    ------
    ValueError : a number below 0, or more won than there were

    Source: Wilson (1927), without correction for continuity.
    """
    if not 0 <= won <= n:
        raise ValueError(f"won is {won} of {n}; it must be from 0 to that")
    if n == 0:
        return Interval(0.0, 1.0)
    share, z2 = won / n, Z95 * Z95
    middle = share + z2 / (2 * n)
    reach = Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low, high = (middle - reach) / (1 + z2 / n), (middle + reach) / (1 + z2 / n)
    return Interval(max(0.0, min(low, share)), min(1.0, max(high, share)))


@dataclass(slots=True)
class Tally:
    """Meetings of one kind of session, counted for one side."""

    won: int = 0
    lost: int = 0
    left_out: Counter[Outcome] = field(default_factory=Counter)
    gaps: list[Gap] = field(default_factory=list)

    def add(self, outcome: Outcome, gap: Gap | None) -> None:
        if outcome is Outcome.WON:
            self.won += 1
        elif outcome is Outcome.LOST:
            self.lost += 1
        else:
            self.left_out[outcome] += 1
            return
        if gap is not None:
            self.gaps.append(gap)

    @property
    def n(self) -> int:
        """Meetings that count."""
        return self.won + self.lost

    @property
    def n_left_out(self) -> int:
        return self.left_out.total()

    @property
    def share(self) -> float | None:
        """Of the meetings that count, how many were won; None without any."""
        return self.won / self.n if self.n else None

    @property
    def interval(self) -> Interval:
        """95 % interval of the share."""
        return wilson(self.won, self.n)

    @property
    def median_gap(self) -> Gap | None:
        """Median in seconds, and median in percent, of all laps compared."""
        if not self.gaps:
            return None
        return Gap(
            median(gap.seconds for gap in self.gaps),
            median(gap.percent for gap in self.gaps),
        )
