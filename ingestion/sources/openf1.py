"""OpenF1: laps of practice sessions, by car number, from 2023 on.

An unofficial API over the timing of the sport's rights holder, with whom it has
nothing to do. Past sessions are free and need no key, running ones are for subscribers
(so it is asked when a session is over). It names no licence for the data: it is off
unless an operator turns it on, having read https://openf1.org.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.errors import SourceFormatError
from ingestion.models import SessionKind
from ingestion.sources.pages import read_json

NAMES = {
    "Practice 1": SessionKind.FP1,
    "Practice 2": SessionKind.FP2,
    "Practice 3": SessionKind.FP3,
}
#: Seconds; the shortest lap of the record is longer.
SHORTEST_LAP = 40


@dataclass(frozen=True, slots=True)
class SessionLine:
    key: int
    kind: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class CarLine:
    """What a car did in a session; no time where no lap was one."""

    car_number: str
    time_ms: int | None
    laps: int


def parse_sessions(content: bytes) -> list[SessionLine]:
    """The practice sessions of a season, tests and other sessions left out."""
    name = "OpenF1's list of sessions"
    return [
        SessionLine(
            _whole(name, row, "session_key"),
            NAMES[row["session_name"]].value,
            _moment(name, row),
        )
        for row in _rows(content, name)
        if row.get("session_name") in NAMES
    ]


def parse_laps(content: bytes, session: SessionLine) -> list[CarLine]:
    """Cars of a session, the fastest first, those without a time last."""
    name = f"OpenF1's list of laps of {session.key}"
    times: dict[str, list[float]] = {}
    laps: dict[str, int] = {}
    for row in _rows(content, name):
        if row.get("session_key") != session.key:
            raise SourceFormatError(f"{name} has laps of another session")
        car = str(_whole(name, row, "driver_number"))
        laps[car] = laps.get(car, 0) + 1
        times.setdefault(car, []).extend(_times(name, row))
    cars = [
        CarLine(car, round(1000 * min(times[car])) if times[car] else None, laps[car])
        for car in laps
    ]
    return sorted(
        cars, key=lambda car: (car.time_ms is None, car.time_ms, int(car.car_number))
    )


def _times(name: str, row: Mapping[str, Any]) -> list[float]:
    """The time of a lap that counts as one: out of the pits it does not."""
    duration = row.get("lap_duration")
    if duration is None or row.get("is_pit_out_lap"):
        return []
    is_number = isinstance(duration, int | float) and not isinstance(duration, bool)
    if not is_number or duration < SHORTEST_LAP:
        raise SourceFormatError(f"{name} has a lap of {duration!r} seconds")
    return [duration]


def _rows(content: bytes, name: str) -> list[dict[str, Any]]:
    rows = read_json(content, name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceFormatError(f"{name} is no list of objects")
    return rows


def _whole(name: str, row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SourceFormatError(f"{name} has the {key} {value!r}")
    return value


def _moment(name: str, row: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(row["date_start"])
    except (KeyError, TypeError, ValueError):
        said = row.get("date_start")
        raise SourceFormatError(f"{name} has the date_start {said!r}") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
