"""The weekend of a race beside forecast and result: who drove what, when, how fast."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings

from f1site.base import clock
from ingestion import queries as record
from ingestion.grid import FROM_THE_BACK
from ingestion.models import (
    Entry,
    GridPenalty,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    Race,
    Session,
    SessionKind,
)
from ingestion.models.results import SessionRow
from predictions.charts import words
from predictions.grids import qualifying_of, results_of, sets_grid_of
from predictions.views import parts
from predictions.views.presenters.weekend import (
    EntryLine,
    GridLine,
    PracticeLine,
    Practised,
    QualifyingLine,
    SessionLine,
)
from predictions.views.weather import session_label

WHO = ("driver", "team")
#: The tables below, as they are called where one of them is missing.
NAMES = {
    "practice": "practice",
    "qualifying": "qualifying",
    "grid": "starting grid",
    "entries": "entry list",
}


def weekend_context(race: Race, kind: str) -> dict[str, Any]:
    """All that the page of a race, or of its sprint, shows of the weekend."""
    tables = {name: read(race, kind) for name, read in TABLES.items()}
    is_sprint = kind == SessionKind.SPRINT
    own = ("qualifying", "grid") if is_sprint else tuple(NAMES)
    setting = sets_grid_of(race, kind)
    has_parts = any(line.q2_ms for line in tables["qualifying"])
    return {
        "weekend": tables,
        "qualifying_title": session_label(setting),
        "qualifying_parts": [_part(setting, n) for n in (1, 2, 3)] if has_parts else [],
        "coming": next((s for s in tables["timetable"] if s.state == "next"), None),
        "has_times": len(tables["timetable"]) > 1 or race.starts_at is not None,
        "practices": sorted({line.session for line in tables["practice"]}),
        "practised": practised(tables["practice"]),
        "findings": _findings(tables),
        "missing": [NAMES[name] for name in own if not tables[name]],
        "has_practice_source": bool(settings.PRACTICE_SOURCE),
        "announced": []
        if is_sprint or tables["grid"]
        else [f"{one.driver.name}, {_said(one)}" for one in _penalties(race)],
    }


def _findings(tables: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """What a folded table comes to, in a line."""
    said = {}
    if tables["qualifying"] and (lap := tables["qualifying"][0].lap_ms):
        first, *others = tables["qualifying"]
        said["qualifying"] = f"{first.code} first in {words.race_time(lap)}"
        if others and others[0].gap_ms is not None:
            gap = words.race_time(others[0].gap_ms)
            said["qualifying"] += f", {gap} s before {others[0].code}"
    if tables["grid"]:
        front = " and ".join(line.code for line in tables["grid"][:2])
        n = sum(bool(line.penalty) for line in tables["grid"])
        said["grid"] = f"{front} on the front row" + (f", {n} penalised" if n else "")
    timed = [line for line in tables["practice"] if line.time_ms]
    if timed:
        best = min(timed, key=lambda line: line.time_ms)
        lap = words.race_time(best.time_ms)
        said["practice"] = f"{best.code} fastest, {lap} in {best.session}"
    n = sum(not line.is_practice_only for line in tables["entries"])
    said["entries"] = f"{n} drivers"
    return said


def timetable(race: Race, kind: str) -> list[SessionLine]:
    """The whole weekend, also for its sprint."""
    sessions = record.sessions_of(race)
    now = clock.now()
    ahead = (each for each in sessions if each.begins_at > now)
    coming = next(ahead, None) if race.status == Race.Status.SCHEDULED else None
    return [
        SessionLine(
            session=session_label(each.kind),
            starts_on=each.starts_on,
            starts_at=each.starts_at,
            at_the_track=parts.track_time(race, each.starts_at),
            state="next" if each is coming else _state(race, each),
        )
        for each in sessions
    ]


def _state(race: Race, session: Session) -> str:
    """Nobody knows it of a weekend that was postponed."""
    now = clock.now()
    if race.status == Race.Status.POSTPONED:
        return ""
    if race.is_completed or session.over_at <= now:
        return "over"
    return "under way" if session.starts_at and session.starts_at <= now else ""


def qualifying(race: Race, kind: str) -> list[QualifyingLine]:
    """What sets the grid of the race or of its sprint, in published order."""
    rows = list(
        qualifying_of([race], kind).select_related(*WHO).order_by("display_order")
    )
    has_parts = any(row.q2_ms for row in rows)
    first = _lap(rows[0]) if rows else None
    return [
        QualifyingLine(
            **_car(row),
            position=row.position,
            status=row.get_status_display().lower()
            if row.status != QualifyingResult.Status.CLASSIFIED
            else "",
            q1_ms=row.q1_ms,
            q2_ms=row.q2_ms,
            q3_ms=row.q3_ms,
            lap_ms=(lap := _lap(row)),
            gap_ms=lap - first if lap and first else None,
            out_in=_part(row.kind, 2 if row.made_q2 else 1)
            if has_parts and not row.made_q3
            else "",
        )
        for row in rows
    ]


def _lap(row: QualifyingResult) -> int | None:
    """The lap that placed him: of the last part that he has one of."""
    if row.position is None:
        return None
    return row.q3_ms or row.q2_ms or row.q1_ms or row.time_ms


def _part(session: str, n: int) -> str:
    """``Q1``, ``SQ3``."""
    return f"{'SQ' if session == SessionKind.SPRINT_QUALIFYING else 'Q'}{n}"


def grid(race: Race, kind: str) -> list[GridLine]:
    """The published grid; some sources give it with the result only."""
    slots = list(
        GridSlot.objects.filter(race=race, kind=kind)
        .select_related(*WHO)
        .order_by("display_order")
    )
    if not slots:
        return list(_grid_of_result(race, kind))
    reasons: dict[int, list[str]] = defaultdict(list)
    for one in _penalties(race) if kind == SessionKind.RACE else ():
        reasons[one.driver_id].append(one.reason)
    return [
        GridLine(
            **_car(slot),
            slot=slot.position,
            from_pit_lane=slot.from_pit_lane,
            qualifying_position=slot.qualifying_position,
            penalty=", ".join(filter(None, (_penalty(slot), *reasons[slot.driver_id]))),
        )
        for slot in slots
    ]


def _grid_of_result(race: Race, kind: str) -> Iterator[GridLine]:
    rows = [
        row
        for row in results_of([race], kind).select_related(*WHO)
        if row.grid or row.from_pit_lane
    ]
    for row in sorted(rows, key=lambda row: (row.from_pit_lane, row.grid or 0)):
        yield GridLine(
            **_car(row),
            slot=row.grid,
            from_pit_lane=row.from_pit_lane,
            qualifying_position=row.qualifying_position,
            penalty="",
        )


def _penalties(race: Race) -> list[GridPenalty]:
    """Those announced by now; of a race, never of its sprint."""
    known = GridPenalty.objects.filter(race=race, announced_at__lte=clock.now())
    return list(known.select_related("driver"))


def _said(one: GridPenalty) -> str:
    if one.from_pit_lane:
        what = "pit lane"
    else:
        what = "back of the grid" if one.from_back else _places(one.places)
    return f"{what}: {one.reason}" if one.reason else what


def _penalty(slot: GridSlot) -> str:
    if slot.penalty == FROM_THE_BACK:
        return "back of the grid"
    return _places(slot.penalty_places) if slot.penalty_places else ""


def _places(n: int) -> str:
    return f"{n} place{'s' if n > 1 else ''}"


def practice(race: Race, kind: str) -> list[PracticeLine]:
    """Best laps by session; the sprint has none of its own."""
    if kind == SessionKind.SPRINT:
        return []
    rows = PracticeResult.objects.filter(race=race).select_related(*WHO)
    return [
        PracticeLine(
            **_car(row),
            session=row.kind,
            position=row.position,
            time_ms=row.time_ms,
            laps=row.laps,
        )
        for row in rows.order_by("kind", "display_order")
    ]


def practised(lines: Sequence[PracticeLine]) -> list[Practised]:
    """A line of each driver, the fastest of the weekend first."""
    sessions = sorted({line.session for line in lines})
    cars: dict[tuple[str, str], list[PracticeLine]] = defaultdict(list)
    for line in lines:
        cars[line.driver, line.team].append(line)
    rows = [
        Practised(
            car=own[0],
            laps=[
                next((line for line in own if line.session == each), None)
                for each in sessions
            ],
            best_ms=min((line.time_ms for line in own if line.time_ms), default=None),
        )
        for own in cars.values()
    ]
    return sorted(rows, key=lambda row: (row.best_ms is None, row.best_ms or 0))


def entries(race: Race, kind: str) -> list[EntryLine]:
    """Who drives which car, team by team; the sprint has no list of its own."""
    if kind == SessionKind.SPRINT:
        return []
    rows = list(
        Entry.objects.filter(race=race)
        .select_related(*WHO)
        .order_by("is_practice_only", "team__name", "driver__last_name", "id")
    )
    away = record.stand_ins(race, rows)
    return [
        EntryLine(
            **_car(row),
            is_practice_only=row.is_practice_only,
            stands_in_for=""
            if row.is_practice_only
            else away.get((row.team_id, row.driver_id), ""),
        )
        for row in rows
    ]


def _car(row: SessionRow | GridSlot | Entry) -> dict[str, str]:
    return {
        "driver": row.driver.slug,
        "driver_name": row.driver.name,
        "code": parts.code_of(row.driver),
        "team": row.team.slug,
        "team_name": row.team.name,
        "car_number": row.car_number,
    }


TABLES: dict[str, Callable[[Race, str], Sequence[Any]]] = {
    "timetable": timetable,
    "qualifying": qualifying,
    "grid": grid,
    "practice": practice,
    "entries": entries,
}
