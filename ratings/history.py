"""What the engine takes and gives: arrays with names. No Django here."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Ending(IntEnum):
    """How a race ended for an entrant."""

    FINISHED = 0
    CRASHED = 1
    FAILED = 2  # a mechanical failure, or whatever tells nothing of speed


@dataclass(frozen=True, slots=True)
class History:
    """Races in order of time; the rows of a race lie together.

    Attributes
    ----------
    season : int array of shape (n_races,), never falling
    offsets : int array of shape (n_races + 1,); the rows of race i are
        ``offsets[i]:offsets[i + 1]``
    driver, team : int arrays of shape (n_rows,), places in the rating arrays; a
        driver stands at most once in a race, a team is a lineage
    rank : int array of shape (n_rows,), lower is better, equal is a tie
    ending : int array of shape (n_rows,), values of :class:`Ending`
    n_drivers, n_teams : lengths of the rating arrays

    Raises
    ------
    ValueError : arrays that do not fit together, or values out of range
    """

    season: IntArray
    offsets: IntArray
    driver: IntArray
    team: IntArray
    rank: IntArray
    ending: IntArray
    n_drivers: int
    n_teams: int

    def __post_init__(self) -> None:
        self._check_shapes()
        _check_places("driver", self.driver, self.n_drivers)
        _check_places("team", self.team, self.n_teams)
        _check_places("ending", self.ending, len(Ending))

    @property
    def n_races(self) -> int:
        return len(self.season)

    @property
    def n_rows(self) -> int:
        return len(self.driver)

    @property
    def race(self) -> IntArray:
        """Place of the race of each row; shape (n_rows,)."""
        return np.repeat(np.arange(self.n_races), np.diff(self.offsets))

    def head(self, n_races: int) -> Self:
        """The same history as it was when so many races had been held."""
        n_rows = self.offsets[n_races]
        return replace(
            self,
            season=self.season[:n_races],
            offsets=self.offsets[: n_races + 1],
            driver=self.driver[:n_rows],
            team=self.team[:n_rows],
            rank=self.rank[:n_rows],
            ending=self.ending[:n_rows],
        )

    def _check_shapes(self) -> None:
        if (np.diff(self.season) < 0).any():
            raise ValueError(f"season is {self.season}; it must never fall")
        edges = np.append(self.offsets[:1], self.offsets[-1:])
        fits = len(self.offsets) == self.n_races + 1 and not edges[0]
        if not fits or edges[1] != self.n_rows or (np.diff(self.offsets) < 0).any():
            raise ValueError(
                f"offsets is {self.offsets}; it must rise from 0 to {self.n_rows}"
                f" in {self.n_races + 1} steps"
            )
        for name in ("team", "rank", "ending"):
            if len(getattr(self, name)) != self.n_rows:
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} rows,"
                    f" driver has {self.n_rows}"
                )


def _check_places(name: str, places: IntArray, length: int) -> None:
    outside = places[(places < 0) | (places >= length)]
    if len(outside):
        raise ValueError(f"{name} holds {outside[0]}; it must be from 0 below {length}")


@dataclass(frozen=True, slots=True)
class State:
    """Where a replay stands: what a later one needs, beside the history, to go on.

    Attributes
    ----------
    season : year the ratings hold in; None before the first race
    driver, team : float arrays of shape (n_drivers,) and (n_teams,), Elo points
    """

    season: int | None
    driver: FloatArray
    team: FloatArray


@dataclass(frozen=True, slots=True)
class Changes:
    """What each race did to each rating of one side.

    ``after`` is ``before + k_factor * (actual - expected)``.

    Attributes
    ----------
    race : int array of shape (n,), place of the race in the history
    subject : int array of shape (n,), place of the driver or team
    n_before : int array of shape (n,), races that had moved the rating
    before, after : float arrays of shape (n,), Elo points; ``before`` knows
        nothing of the race
    expected, actual : float arrays of shape (n,), share of opponents beaten
    k_factor : float array of shape (n,), Elo points; 0 leaves the rating alone
    deviation : float array of shape (n,), Elo points: standard deviation of the
        rating after the race
    is_provisional : bool array of shape (n,), too little is known of the rating
    """

    race: IntArray
    subject: IntArray
    n_before: IntArray
    before: FloatArray
    expected: FloatArray
    actual: FloatArray
    k_factor: FloatArray
    after: FloatArray
    deviation: FloatArray
    is_provisional: BoolArray


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome of a replay.

    Attributes
    ----------
    driver : a change per row of the history, in its order
    team : a change per race and team, sorted by both
    state : ratings after the last race
    """

    driver: Changes
    team: Changes
    state: State
