"""What the page of a race is given of its weekend: rows as the record has them.

Their fields are the columns of the files that can be taken along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A session of the timetable."""

    session: str  # "FP1", "Sprint qualifying"
    starts_on: date
    starts_at: datetime | None  # empty: the source gives the day alone
    at_the_track: str  # "12:30 Fri"
    state: str  # "over", "under way", "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """Who drives which car."""

    driver: str  # slug
    driver_name: str
    code: str
    team: str  # slug
    team_name: str
    car_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyingLine(Car):
    position: int | None
    status: str  # "not classified", "excluded"; empty where classified
    q1_ms: int | None
    q2_ms: int | None
    q3_ms: int | None
    lap_ms: int | None  # that placed him: of the last part that he has one of
    gap_ms: int | None  # of that lap, to that of the first
    out_in: str  # "Q1", "Q2"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLine(Car):
    slot: int | None  # from 1
    from_pit_lane: bool
    qualifying_position: int | None
    penalty: str  # "10 places, gearbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeLine(Car):
    session: str  # "FP1"
    position: int | None
    time_ms: int | None
    laps: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine(Car):
    is_practice_only: bool
    stands_in_for: str  # name of a driver


@dataclass(frozen=True, slots=True, kw_only=True)
class Practised:
    """Best laps of a driver by session of practice; None where he has none."""

    car: Car
    laps: Sequence[PracticeLine | None]
    best_ms: int | None
