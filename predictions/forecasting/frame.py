"""Many fields stacked into one table, a row per entrant."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]

#: Arrays of a frame with a value per row, and what they hold.
COLUMNS: dict[str, type[np.generic]] = {
    "race": np.int64,
    "season": np.int64,
    "round": np.int64,
    "driver": np.str_,
    "team": np.str_,
    "place": np.int64,
    "retired": np.bool_,
}


@dataclass(frozen=True)
class Frame:
    """Facts of the entrants of many races; the rows of a race lie together.

    Attributes
    ----------
    names : of the columns
    facts : float array of shape (n_rows, n_columns), NaN where unknown
    race, season, round : int arrays of shape (n_rows,)
    driver : text array of shape (n_rows,), slugs, sorted within a race
    team : text array of shape (n_rows,), slugs
    place : int array of shape (n_rows,), among those who started, from 1; 0 for
        who did not start and for a race that is not over
    retired : bool array of shape (n_rows,)
    """

    names: tuple[str, ...]
    facts: FloatArray
    race: IntArray
    season: IntArray
    round: IntArray
    driver: TextArray
    team: TextArray
    place: IntArray
    retired: BoolArray

    def __len__(self) -> int:
        return len(self.race)

    @cached_property
    def offsets(self) -> IntArray:
        """Array of shape (n_races + 1,): rows of race i are offsets[i:i + 2]."""
        return offsets_of(self.race)

    @property
    def n_races(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def race_season(self) -> IntArray:
        """Array of shape (n_races,), the year of each race."""
        return self.season[self.offsets[:-1]]

    @cached_property
    def field_size(self) -> IntArray:
        """Array of shape (n_rows,), entrants of the race of each row."""
        sizes = np.diff(self.offsets)
        return np.repeat(sizes, sizes)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that models learn from; teams only tell who are mates.

        There is one NaN only, as there is in the text.
        """
        content = hashlib.sha256("\n".join((*self.names, *self.driver)).encode())
        facts = np.where(np.isnan(self.facts), np.nan, self.facts)
        for array in (facts, self.race, self.season, self.place, self.retired):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()

    def dump(self) -> str:
        """Canonical JSON, from which ``load`` makes a frame equal in every bit.

        Floats as Python's ``repr``, NaN and the infinities as Python writes them.
        """
        columns = {name: getattr(self, name).tolist() for name in COLUMNS}
        content = {"names": self.names, "facts": self.facts.tolist(), **columns}
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> "Frame":
        """The frame that was dumped.

        Raises
        ------
        ValueError : the text is no frame
        """
        try:
            content = json.loads(text)
            names = tuple(content["names"])
            columns = {
                name: np.array(content[name], dtype=kind)
                for name, kind in COLUMNS.items()
            }
            n_rows = len(columns["race"])
            if any(column.shape != (n_rows,) for column in columns.values()):
                raise ValueError("columns differ in length")
            facts = np.array(content["facts"], dtype=np.float64)
            facts = facts.reshape(n_rows, len(names))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"text is no frame: {error!r}") from error
        return cls(names=names, facts=facts, **columns)

    def column(self, name: str) -> FloatArray:
        """One column, of shape (n_rows,)."""
        return self.facts[:, self.names.index(name)]

    def where(self, rows: BoolArray) -> "Frame":
        """The rows for which the mask of shape (n_rows,) is true."""
        return Frame(
            names=self.names,
            facts=self.facts[rows],
            race=self.race[rows],
            season=self.season[rows],
            round=self.round[rows],
            driver=self.driver[rows],
            team=self.team[rows],
            place=self.place[rows],
            retired=self.retired[rows],
        )

    def starters(self) -> "Frame":
        """Those who started a race that is over: what a model can learn from."""
        return self.where(self.place > 0)

    def seasons(self, first: int, last: int) -> "Frame":
        return self.where((self.season >= first) & (self.season <= last))

    def races(self) -> list["Frame"]:
        """The frame cut into one of each race."""
        return [self.where(self.race == key) for key in self.race[self.offsets[:-1]]]


def offsets_of(race: IntArray) -> IntArray:
    """Where each race begins, and where the last one ends."""
    if not len(race):
        return np.zeros(1, dtype=np.int64)
    changes = np.flatnonzero(np.diff(race)) + 1
    return np.concatenate(([0], changes, [len(race)])).astype(np.int64)


def ranks(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Ranks within each race, from 1 for the lowest; equals share their mean rank.

    Parameters
    ----------
    values : array of shape (n_rows,), known
    offsets : array of shape (n_races + 1,)
    """
    races = np.split(values, offsets[1:-1])
    return np.concatenate([rankdata(race) for race in races]).astype(np.float64)


def stacked(frames: Sequence[Frame]) -> Frame:
    """Frames with the same columns, one after the other."""
    first = frames[0]
    return Frame(
        names=first.names,
        facts=np.concatenate([frame.facts for frame in frames]),
        race=np.concatenate([frame.race for frame in frames]),
        season=np.concatenate([frame.season for frame in frames]),
        round=np.concatenate([frame.round for frame in frames]),
        driver=np.concatenate([frame.driver for frame in frames]),
        team=np.concatenate([frame.team for frame in frames]),
        place=np.concatenate([frame.place for frame in frames]),
        retired=np.concatenate([frame.retired for frame in frames]),
    )
