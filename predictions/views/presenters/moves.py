"""What a race did to a rating, in words: "+12: beat 14 of 18, expected 11.3"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.models import ResultStatus
from predictions.charts import words
from predictions.views.presenters.frame import Choice, Link, NamedDriver
from ratings.causes import Cause, cause_of

WHY_NOT_RATED: dict[str, str] = {
    ResultStatus.DISQUALIFIED: "disqualified: not rated",
    ResultStatus.DID_NOT_START: "did not start: not rated",
    ResultStatus.DID_NOT_QUALIFY: "did not qualify: not rated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A rating's race: what it was compared with, and what came of it.

    Attributes
    ----------
    before, after, k_factor : Elo points
    actual, expected : share of opponents beaten, 0 to 1
    n_opponents : drivers it was compared with in full, who finished
    n_crashed : drivers it was compared with a little, who crashed
    crash_weight : how little, beside 1
    has_crashed : out by a crash, or one of its cars
    n_cars : of a team, those that finished; None for a driver
    why_not : why it does not count, where ``k_factor`` is 0
    """

    before: float
    after: float
    k_factor: float
    actual: float
    expected: float
    n_opponents: int
    n_crashed: int = 0
    crash_weight: float = 0.0
    has_crashed: bool = False
    n_cars: int | None = None
    why_not: str = ""

    @property
    def beaten(self) -> float:
        """How many of the opponents that finished, ½ for a tie.

        All that crashed were behind who finished, which is in ``actual`` too. A team
        of which one car crashed has a mean of unequal shares, which stays as it is.
        """
        n, light = self.n_opponents, self.crash_weight * self.n_crashed
        if not self.has_crashed:
            exact = self.actual * (n + light) - light
            steps = 2 * (self.n_cars or 1)
            return min(max(round(exact * steps) / steps, 0.0), n)
        return self.actual * n if self.n_cars else 0.0

    @property
    def expected_beaten(self) -> float:
        """What was expected, as far from ``beaten`` as the shares are apart."""
        return self.beaten + (self.expected - self.actual) * self.n_opponents

    @property
    def moved(self) -> float:
        return self.after - self.before


def in_words(race: Compared) -> str:
    """One line that says what moved the rating, or why nothing did."""
    if race.k_factor <= 0:
        return f"{race.why_not or 'nobody to compare with'}: not counted"
    if race.n_opponents <= 0:
        return f"{_moved(race.moved)}: compared with cars that crashed alone"
    beaten = words.plain(round(race.beaten, 1))
    shares = f"beat {beaten} of {race.n_opponents}"
    expected = f"expected {race.expected_beaten:.1f}"
    return f"{_moved(race.moved)}: {_whose(race)}{shares}, {expected}"


def _whose(race: Compared) -> str:
    if race.n_cars is None:
        return "crashed, which counts little: " if race.has_crashed else ""
    if race.n_cars == 0:
        return "crashed, which counts little: a car "
    if race.has_crashed:
        return "a car on average, the crashed one counting little, "
    return "the one car that finished " if race.n_cars == 1 else "a car on average "


def why_not(status: str, reason: str) -> str:
    """Why a race does not count for who did not finish it; empty where it does.

    Parameters
    ----------
    status, reason : of the result, as the record has them
    """
    cause = cause_of(status, reason)
    if cause is Cause.ACCIDENT:
        return ""
    if status == ResultStatus.NOT_CLASSIFIED:
        return "too far behind to be classified"
    told = {
        Cause.UNKNOWN: "retired, cause unknown",
        Cause.OTHER: f"retired ({reason.lower()})",
    }
    return told.get(cause, f"mechanical failure ({reason.lower()})")


def why_no_car(reasons: Sequence[str]) -> str:
    """Why a race does not count for a team: what became of each of its cars."""
    told = list(dict.fromkeys(filter(None, reasons)))
    if len(reasons) > 1 and len(told) == 1:
        return f"{'both' if len(reasons) == 2 else 'all'} cars: {told[0]}"
    return "; ".join(told)


def why_not_rated(status: str) -> str:
    """Why a race has no rating at all for who is in its result."""
    return WHY_NOT_RATED.get(status, "a race that is not rated")


def _moved(change: float) -> str:
    return words.signed(change, 1 if abs(change) < 0.95 else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarMove:
    """What a race did to the rating of one driver of a team."""

    driver: NamedDriver
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceMove:
    """A race of a season, and what it did; without numbers where it is not rated."""

    race_id: int
    season: int
    label: str
    url: str
    on: date
    words: str
    team_class: str
    team_name: str = ""
    before: float | None = None
    after: float | None = None
    k_factor: float | None = None
    cars: Sequence[CarMove] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonMoves:
    """Race by race, how a rating came to be what it is."""

    season: int
    session: str
    trouble: str
    seasons: Sequence[int]
    newer: Link | None
    older: Link | None
    sessions: Sequence[Choice]
    tabs: Sequence[Choice]  # the whole career, or one season
    rows: Sequence[RaceMove]
