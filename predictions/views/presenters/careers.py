"""What the pages of drivers, teams and circuits say of results, counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from predictions.charts.bars import Axis
from predictions.charts.finishes import FinishRow
from predictions.charts.starts import Start
from predictions.views.presenters.frame import NamedDriver
from ratings.meetings import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Finishes:
    """Seasons of a driver, the oldest first, and what their dots are measured by."""

    rows: Sequence[FinishRow]
    n_places: int
    most: int  # races at the most frequent place of a season


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Races of a driver from the grid to the flag, the oldest first."""

    title: str
    races: Sequence[Start]
    n_missed: int  # entered among them, but not started


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Results that belong together.

    ``mean_place`` is of the ``n_placed`` that were classified, ``mean_gained`` of the
    ``n_gained`` of them that started from a slot of the grid.
    """

    n_starts: int
    n_wins: int
    n_podiums: int
    n_poles: int
    best: int | None
    mean_place: float | None
    n_placed: int
    mean_gained: float | None
    n_gained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRecord:
    name: str
    slug: str
    tally: Tally
    is_next: bool = False  # the next race is held there


@dataclass(frozen=True, slots=True, kw_only=True)
class WetAndDry:
    """Results by what the weather of the race was observed to be."""

    rows: Sequence[tuple[str, Tally]]
    n_unknown: int  # starts in races without known weather


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How many starts ended for one kind of cause, of how many."""

    n: int
    n_starts: int

    @property
    def share(self) -> float:
        return self.n / self.n_starts if self.n_starts else 0.0

    @property
    def interval(self) -> Interval:
        """95 % interval of the share."""
        return wilson(self.n, self.n_starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityRow:
    """A season of a team, or all of them; ``n_other`` says no cause, or another."""

    label: str
    n_starts: int
    mechanical: Stopped
    accident: Stopped
    n_other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    rows: Sequence[ReliabilityRow]  # the newest season first
    total: ReliabilityRow
    axis: Axis


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRow:
    """A season of the two who drove most for a team; scores are the first one's."""

    year: int
    first: NamedDriver
    second: NamedDriver
    points: tuple[Decimal, Decimal]
    qualifying: tuple[int, int]
    race: tuple[int, int]

    @property
    def share(self) -> float | None:
        """Of the points of both, those of the first; None without any."""
        total = sum(self.points)
        return float(self.points[0] / total) if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWeather:
    """Weather observed during a race."""

    label: str  # "Belgian Grand Prix 2024"
    url: str
    on: date
    air: str
    rain: str
    condition: str
    impact: int | None  # unknown without readings
