"""Lines of the live source as rows of the record: see "How a finish is read"."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ingestion.models import QualifyingResult, Race, ResultStatus, SessionKind
from ingestion.records import (
    QualifyingResultRecord,
    RaceRecord,
    RaceRef,
    RaceResultRecord,
    SessionRecord,
    SprintResultRecord,
)
from ingestion.services.identity import Names
from ingestion.sources.f1db import sprint_format
from ingestion.sources.jolpica import (
    FIRST_KNOCKOUT,
    FinishLine,
    QualifyingLine,
    RaceLine,
)

#: Texts that say no more than the status does.
NO_REASON = ("Finished", "Lapped", "Retired", "Disqualified", "Did not start", "+")
LAPS_DOWN = ("Lapped", "+")
NEVER_RAN = ("Did not start", "Withdrew")
DID_NOT_QUALIFY = ("Did not qualify", "Did not prequalify", "107% Rule")
#: The sprint set the grid, and who was fastest before it had the pole.
POLE_BEFORE_SPRINT = 2022

Refs = Mapping[int, RaceRef]


# --- finishes -------------------------------------------------------------------
def finish_status(line: FinishLine, laps_of_winner: int) -> str:
    """How it ended; whether the rules count it is the business of ``is_classified``."""
    if line.status == "Disqualified" or line.text == "D":
        return ResultStatus.DISQUALIFIED
    if line.text.isdigit():
        return _classified_status(line, laps_of_winner)
    if line.text == "F" or line.status in DID_NOT_QUALIFY:
        return ResultStatus.DID_NOT_QUALIFY
    if line.text == "N" or line.status == "Not classified":
        return ResultStatus.NOT_CLASSIFIED
    if line.text == "R" and line.status.startswith("+"):
        return ResultStatus.NOT_CLASSIFIED  # ran to the end, too far behind
    if line.text == "E" or _never_ran(line):
        return ResultStatus.DID_NOT_START
    return ResultStatus.RETIRED


def _classified_status(line: FinishLine, laps_of_winner: int) -> str:
    """Near enough to the end to count, though he did not see the flag: such a row has
    a cause, or milliseconds and an empty time."""
    is_plain = line.status == "Finished" or line.status.startswith(LAPS_DOWN)
    if not is_plain or (line.time_ms is not None and not line.has_time_text):
        return ResultStatus.RETIRED
    if line.laps < laps_of_winner or line.status.startswith(LAPS_DOWN):
        return ResultStatus.LAPPED
    return ResultStatus.FINISHED


def _never_ran(line: FinishLine) -> bool:
    """W is also who withdrew on the way; without laps and slot nobody started."""
    if line.laps:
        return False
    return line.text == "W" or line.grid == 0 or line.status in NEVER_RAN


def is_classified(line: FinishLine) -> bool:
    return line.text.isdigit() and line.status != "Disqualified"


def finishes(
    lines: Sequence[FinishLine], refs: Refs, names: Names
) -> list[SprintResultRecord]:
    rows = []
    for round, group in groupby(lines, lambda line: line.race.round):
        race = list(group)
        winner = next((line for line in race if is_classified(line)), race[0])
        rows += [_finish(line, winner, refs[round], names) for line in race]
    return rows


def _finish(
    line: FinishLine, winner: FinishLine, ref: RaceRef, names: Names
) -> SprintResultRecord:
    status = finish_status(line, winner.laps)
    ran = status not in (ResultStatus.DID_NOT_START, ResultStatus.DID_NOT_QUALIFY)
    # The time of a lapped car is that of the flag, not of its distance.
    has_time = line.laps == winner.laps and line.has_time_text and ran
    time_ms = line.time_ms if has_time else None
    is_down = status == ResultStatus.LAPPED and line.laps < winner.laps
    return SprintResultRecord(
        race=ref,
        driver=names.driver(line.driver),
        team=names.team(line.team),
        car_number=line.car_number,
        display_order=line.display_order,
        position=line.position if is_classified(line) else None,
        is_classified=is_classified(line),
        status=str(status),
        reason="" if line.status.startswith(NO_REASON) else line.status,
        grid=line.grid or None,
        from_pit_lane=line.grid == 0 and ran and line.laps > 0,
        qualifying_position=None,
        laps=line.laps if ran else None,
        time_ms=time_ms,
        gap_ms=_gap(line, winner, time_ms),
        gap_laps=winner.laps - line.laps if is_down else None,
        penalty_ms=None,
        points=line.points,
    )


def _gap(line: FinishLine, winner: FinishLine, time_ms: int | None) -> int | None:
    if line is winner or time_ms is None or winner.time_ms is None:
        return None
    return time_ms - winner.time_ms if time_ms >= winner.time_ms else None


def race_results(
    lines: Sequence[FinishLine],
    refs: Refs,
    names: Names,
    qualified: Mapping[RaceRef, Mapping[str, int]],
    sprints: Collection[RaceRef],
) -> list[RaceResultRecord]:
    """Results, with what qualifying says of them."""
    rows, cars = [], set()
    found = finishes(lines, refs, names)
    poles = _poles(found, qualified, sprints)
    for line, row in zip(lines, found, strict=True):
        car = (row.race, line.position, line.car_number)
        rows.append(
            RaceResultRecord(
                **_fields(
                    row,
                    qualifying_position=qualified.get(row.race, {}).get(row.driver),
                ),
                is_shared_car=car in cars,
                has_pole=poles.get(row.race) == row.driver,
                has_fastest_lap=line.best_lap_rank == 1,
                best_lap_ms=line.best_lap_ms,
                pit_stops=None,
            )
        )
        cars.add(car)
    return rows


def _fields(row: SprintResultRecord, **changes: Any) -> dict[str, Any]:
    names = SprintResultRecord.__dataclass_fields__
    return {name: getattr(row, name) for name in names} | changes


def qualifying_results(
    lines: Iterable[QualifyingLine], refs: Refs, names: Names
) -> list[QualifyingResultRecord]:
    return [_qualified(line, refs[line.race.round], names) for line in lines]


def _qualified(
    line: QualifyingLine, ref: RaceRef, names: Names
) -> QualifyingResultRecord:
    """Who set no time at all is in the list, and not classified."""
    is_knockout = line.race.season >= FIRST_KNOCKOUT
    has_time = any(part is not None for part in line.parts_ms)
    status = QualifyingResult.Status
    q1, q2, q3 = line.parts_ms if is_knockout else (None, None, None)
    return QualifyingResultRecord(
        race=ref,
        driver=names.driver(line.driver),
        team=names.team(line.team),
        car_number=line.car_number,
        display_order=line.display_order,
        position=line.position if has_time else None,
        kind=SessionKind.QUALIFYING.value,
        status=(status.CLASSIFIED if has_time else status.NOT_CLASSIFIED).value,
        time_ms=None if is_knockout else line.parts_ms[0],
        q1_ms=q1,
        q2_ms=q2,
        q3_ms=q3,
        laps=None,
    )


def places(rows: Iterable[QualifyingResultRecord]) -> dict[RaceRef, dict[str, int]]:
    """Race → driver → place in qualifying; of two rows of a driver the first."""
    found: dict[RaceRef, dict[str, int]] = {}
    for row in sorted(rows, key=lambda row: row.display_order):
        place = row.position or row.display_order
        found.setdefault(row.race, {}).setdefault(row.driver, place)
    return found


def _poles(
    rows: Iterable[SprintResultRecord],
    qualified: Mapping[RaceRef, Mapping[str, int]],
    sprints: Collection[RaceRef],
) -> dict[RaceRef, str]:
    """Who has the pole as the sport counts it: the first slot, with few exceptions."""
    fastest = {
        race: driver
        for race, drivers in qualified.items()
        for driver, place in drivers.items()
        if place == 1
    }
    first = {row.race: row.driver for row in rows if row.grid == 1}
    by_time = {
        race: driver
        for race, driver in fastest.items()
        if race in sprints and race[0] == POLE_BEFORE_SPRINT
    }
    return fastest | first | by_time


# --- races ----------------------------------------------------------------------
def race_record(
    line: RaceLine,
    ref: RaceRef,
    known: RaceRecord | None,
    circuit: str,
    winner_laps: int | None,
) -> RaceRecord:
    """The race as the record has it, with the dates of the live source."""
    base = known or _new_race(line, ref, circuit)
    is_held = winner_laps is not None or base.status == Race.Status.COMPLETED
    has_moved = line.starts_on != base.starts_on
    return replace(
        base,
        round=line.round,
        circuit=circuit,
        layout=base.layout if circuit == base.circuit else None,
        starts_on=line.starts_on,
        starts_at=line.starts_at or (None if has_moved else base.starts_at),
        status=str(Race.Status.COMPLETED if is_held else Race.Status.SCHEDULED),
        sprint_format=_sprint_format(line) if line.sessions else base.sprint_format,
        laps=base.laps or winner_laps or None,
    )


def _new_race(line: RaceLine, ref: RaceRef, circuit: str) -> RaceRecord:
    sets_grid = _sprint_format(line).startswith("sets_grid")
    modern = "sprint_race" if sets_grid else "knockout"
    return RaceRecord(
        id=None,
        season=line.season,
        round=line.round,
        grand_prix=ref[1],
        name=line.name,
        official_name="",
        circuit=circuit,
        layout=None,
        starts_on=line.starts_on,
        starts_at=line.starts_at,
        status=Race.Status.SCHEDULED.value,
        qualifying_format=modern if line.season >= FIRST_KNOCKOUT else "",
        sprint_format="",
        laps=None,
        scheduled_laps=None,
        course_length_km=None,
    )


def _sprint_format(line: RaceLine) -> str:
    """By the year's rules, as in the archive."""
    kinds = {kind for kind, _, _ in line.sessions}
    if SessionKind.SPRINT not in kinds:
        return Race.SprintFormat.NONE.value
    has_qualifying = SessionKind.SPRINT_QUALIFYING in kinds or line.season > 2022
    cells = ("", "yes") if has_qualifying else ("SPRINT_RACE", "")
    return str(sprint_format((str(line.season), *cells)))


def sessions(line: RaceLine, ref: RaceRef) -> list[SessionRecord]:
    race = (SessionKind.RACE.value, line.starts_on, line.starts_at)
    return [SessionRecord(ref, kind, on, at) for kind, on, at in (*line.sessions, race)]
