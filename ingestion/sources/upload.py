"""A CSV file in which an editor gives one sheet of one race, read and written.

Written by people and by their spreadsheets: semicolons, a byte order mark, codes and
full names are understood; what could be meant otherwise is refused.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from decimal import Decimal
from typing import Any

from ingestion.errors import SourceFormatError
from ingestion.sources.sheets import (
    Column,
    Sheet,
    decimal_number,
    optional,
    whole_number,
)

MAX_BYTES, MAX_ROWS = 100_000, 120
MOST_DIGITS = 3
#: What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PIT = "pit"
TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,2})\.(\d{3})", re.ASCII)
GAP_LAPS = re.compile(r"(\d{1,2}) laps?", re.ASCII)
FINISHES = (
    "finished",
    "lapped",
    "retired",
    "disqualified",
    "did_not_start",
    "did_not_qualify",
    "not_classified",
)
QUALIFIED = ("classified", "not_classified", "excluded", "disqualified")

#: Fields of a record, as far as a row of the file speaks of them.
Line = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A column: the text of its cell from and to the fields of a record."""

    name: str
    what: str
    read: Callable[[str], Line]
    write: Callable[[Any], str]
    is_required: bool = False


@dataclass(frozen=True)
class Layout:
    """What a file of one kind holds; ``kind`` is the session it is about."""

    key: str
    label: str
    table: str
    figures: tuple[Figure, ...]
    kind: str = ""

    @property
    def sheet(self) -> str:
        return f"{self.table} {self.kind}".strip()


@dataclass(frozen=True)
class People:
    """Who may be named, by any name in small letters; and whose file it is."""

    race: str
    drivers: Mapping[str, str]
    teams: Mapping[str, str]


# --- cells ------------------------------------------------------------------------
def plain(name: str, field: str, what: str, **more: Any) -> Figure:
    return Figure(
        name, what, lambda cell: {field: cell}, lambda row: row[field], **more
    )


def number(name: str, field: str, what: str, *, is_required: bool = False) -> Figure:
    def read(cell: str) -> Line:
        return {field: optional(small_number)(cell)}

    return Figure(name, what, read, lambda row: _text(row[field]), is_required)


def clock_time(name: str, field: str, what: str) -> Figure:
    def read(cell: str) -> Line:
        return {field: optional(milliseconds)(cell)}

    return Figure(name, what, read, lambda row: time_text(row[field]))


def yes_no(name: str, field: str, what: str) -> Figure:
    values = {"yes": True, "no": False, "": False}

    def write(row: Line) -> str:
        return "yes" if row[field] else "no"

    return Figure(name, what, lambda cell: {field: values[cell.lower()]}, write)


def one_of(values: Sequence[str]) -> Figure:
    known = {value: value for value in values}

    def read(cell: str) -> Line:
        return {"status": known[cell.lower().replace(" ", "_")]}

    return Figure(
        "status", f"one of {', '.join(values)}", read, lambda row: row["status"], True
    )


def small_number(cell: str) -> int:
    if len(cell) > MOST_DIGITS:
        raise ValueError(cell)
    return whole_number(cell)


def slot(cell: str) -> int | None:
    """A starting slot from 1; 0 stands for the pit lane elsewhere, never here."""
    found = optional(small_number)(cell)
    if found == 0:
        raise ValueError(cell)
    return found


def milliseconds(cell: str) -> int:
    """``1:31:44.742``, ``1:27.097`` or ``27.097``."""
    found = TIME.fullmatch(cell)
    if found is None:
        raise ValueError(cell)
    hours, minutes, seconds, ms = (int(part or 0) for part in found.groups())
    if seconds > 59 or (found[1] and minutes > 59):
        raise ValueError(cell)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def time_text(ms: int | None) -> str:
    if ms is None:
        return ""
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}.{ms:03}"
    return f"{minutes}:{seconds:02}.{ms:03}" if minutes else f"{seconds}.{ms:03}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _position(cell: str) -> Line:
    return {"position": slot(cell)}


def _finish(cell: str) -> Line:
    return {"position": slot(cell), "is_classified": bool(cell)}


def _slot_of(field: str) -> tuple[Callable[[str], Line], Callable[[Line], str]]:
    def read(cell: str) -> Line:
        is_pit = cell.lower() == PIT
        return {field: None if is_pit else slot(cell), "from_pit_lane": is_pit}

    def write(row: Line) -> str:
        return PIT if row["from_pit_lane"] else _text(row[field])

    return read, write


def _gap(cell: str) -> Line:
    laps = GAP_LAPS.fullmatch(cell)
    if laps:
        return {"gap_ms": None, "gap_laps": int(laps[1])}
    return {"gap_ms": optional(milliseconds)(cell), "gap_laps": None}


def _gap_text(row: Line) -> str:
    laps = row["gap_laps"]
    if laps:
        return f"{laps} lap{'s' * (laps > 1)}"
    return time_text(row["gap_ms"])


def _points(cell: str) -> Line:
    points = decimal_number(cell)
    if points < 0 or points >= 10**MOST_DIGITS or points != round(points, 2):
        raise ValueError(cell)
    return {"points": points}


# --- layouts ----------------------------------------------------------------------
POSITION = "from 1, in order; nothing: not classified"
A_TIME = "as 1:31:44.742 or 27.097; nothing: unknown"
FINISH = (
    Figure("position", POSITION, _finish, lambda row: _text(row["position"]), True),
    one_of(FINISHES),
    plain("reason", "reason", "why it ended; no formula"),
    Figure("grid", "slot from 1, pit, or nothing", *_slot_of("grid")),
    number("qualifying_position", "qualifying_position", "whole number or nothing"),
    number("laps", "laps", "whole number or nothing"),
    clock_time("time", "time_ms", A_TIME),
    Figure("gap", "to the winner, as 22.457 or 2 laps; or nothing", _gap, _gap_text),
    clock_time("penalty", "penalty_ms", "added time, as 5.000; or nothing"),
    Figure("points", "as 25 or 12.5", _points, lambda row: _text(row["points"]), True),
)
RACE = (
    *FINISH,
    yes_no("shared_car", "is_shared_car", "yes or no"),
    yes_no("pole", "has_pole", "yes or no"),
    yes_no("fastest_lap", "has_fastest_lap", "yes or no"),
    clock_time("best_lap", "best_lap_ms", "as 1:36.236; or nothing"),
    number("pit_stops", "pit_stops", "whole number or nothing"),
)
IN_ORDER = Figure(
    "position", POSITION, _position, lambda row: _text(row["position"]), True
)
QUALIFYING = (
    IN_ORDER,
    one_of(QUALIFIED),
    clock_time("q1", "q1_ms", "as 1:29.708; or nothing"),
    clock_time("q2", "q2_ms", "as 1:29.708; or nothing"),
    clock_time("q3", "q3_ms", "as 1:29.708; or nothing"),
    clock_time("time", "time_ms", "of formats without three parts; or nothing"),
    number("laps", "laps", "whole number or nothing"),
)
GRID = (
    Figure("position", "slot from 1, or pit", *_slot_of("position"), True),
    number("qualifying_position", "qualifying_position", "whole number or nothing"),
    number("penalty_places", "penalty_places", "places lost; or nothing"),
    plain("penalty", "penalty", "words for it, such as SFB; no formula"),
)
PRACTICE = (
    IN_ORDER,
    clock_time("time", "time_ms", "best lap, as 1:31.375; or nothing"),
    number("laps", "laps", "whole number or nothing"),
)
LAYOUTS = {
    layout.key: layout
    for layout in (
        Layout("results", "Result of the race", "results", RACE),
        Layout("sprint", "Result of the sprint", "sprint_results", FINISH),
        Layout(
            "qualifying", "Qualifying", "qualifying_results", QUALIFYING, "qualifying"
        ),
        Layout(
            "sprint-qualifying",
            "Sprint qualifying",
            "qualifying_results",
            QUALIFYING,
            "sprint_qualifying",
        ),
        Layout("grid", "Grid of the race", "grid_slots", GRID, "race"),
        Layout("sprint-grid", "Grid of the sprint", "grid_slots", GRID, "sprint"),
        Layout("fp1", "First practice", "practice_results", PRACTICE, "FP1"),
        Layout("fp2", "Second practice", "practice_results", PRACTICE, "FP2"),
        Layout("fp3", "Third practice", "practice_results", PRACTICE, "FP3"),
    )
}
WHO = ("race", "driver", "team", "car_number")
DRIVER = "slug, full name, or code within the entry list"
TEAM = "slug or name; nothing: as entered"
CAR = "up to three digits; nothing: as entered"


# --- reading ----------------------------------------------------------------------
def parse_upload(
    layout: Layout, name: str, content: bytes, people: People
) -> list[Line]:
    """The rows of a file; SourceFormatError names all that cannot be right."""
    text = decode(name, content).replace("\r\n", "\n").replace("\r", "\n")
    head, *lines = text.split("\n")
    delimiter = ";" if head.count(";") > head.count(",") else ","
    while lines and not lines[-1].strip(f"{delimiter} \t"):
        lines.pop()
    if len(lines) > MAX_ROWS:
        raise SourceFormatError(f"{name} has more than {MAX_ROWS} rows")
    columns = _columns(layout, name, _header(head, delimiter), people)
    make: Any = make_dataclass("Row", columns)
    sheet = Sheet(name, make, columns, is_core=True, delimiter=delimiter)
    rows = sheet.read(f"{line}\n" for line in (delimiter.join(columns), *lines))
    return [_merged(vars(row).values()) for row in rows]


def decode(name: str, content: bytes) -> str:
    """Text of a file that is one, and not too large."""
    if len(content) > MAX_BYTES:
        raise SourceFormatError(f"{name} is larger than {MAX_BYTES // 1000} kB")
    if not content.strip():
        raise SourceFormatError(f"{name} is empty")
    if b"\x00" in content:
        raise SourceFormatError(f"{name} holds NUL bytes: no CSV file in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFormatError(
            f"{name} is not UTF-8 text; save it as “CSV UTF-8” in the spreadsheet"
        ) from error


def _header(line: str, delimiter: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return [cell.strip().lower() for cell in cells]


def _columns(
    layout: Layout, name: str, header: list[str], people: People
) -> dict[str, Column]:
    """How each column of the file is read, in the order of the file."""
    known = {figure.name: figure for figure in (*who_columns(people), *layout.figures)}
    required = [figure.name for figure in known.values() if figure.is_required]
    problems = [
        *(f"column {each} is missing" for each in required if each not in header),
        *(
            f"column {each or 'without a name'} is unknown"
            for each in header
            if each not in known
        ),
        *(
            f"column {each} stands twice"
            for each in {*header}
            if header.count(each) > 1 and each in known
        ),
    ]
    if problems:
        raise SourceFormatError(f"{name} has other columns than wanted", problems)
    return {
        each: Column((each,), _careful(known[each].read), known[each].what)
        for each in header
    }


def who_columns(people: People) -> list[Figure]:
    """Whose row it is: the same in every file."""

    def driver(cell: str) -> Line:
        return {"driver": people.drivers[cell.casefold()]}

    def team(cell: str) -> Line:
        return {"team": people.teams[cell.casefold()]} if cell else {}

    def car(cell: str) -> Line:
        if len(cell) > MOST_DIGITS or (cell and not cell.isalnum()):
            raise ValueError(cell)
        return {"car_number": cell} if cell else {}

    def race(cell: str) -> Line:
        if cell != people.race:
            raise ValueError(cell)
        return {}

    def nothing(row: Line) -> str:
        return ""

    return [
        Figure("race", f"{people.race}, the race it is uploaded for", race, nothing),
        Figure("driver", DRIVER, driver, nothing, True),
        Figure("team", TEAM, team, nothing),
        Figure("car_number", CAR, car, nothing),
    ]


def _careful(read: Callable[[str], Line]) -> Callable[[str], Line]:
    """A reader of what people type: no formula, no white space around it."""

    def careful(cell: str) -> Line:
        cell = cell.strip(" ")
        if cell.startswith("'") and cell[1:].startswith(FORMULA):
            cell = cell[1:]
        elif cell.startswith(FORMULA) or not (cell.isprintable() and len(cell) <= 100):
            raise ValueError(cell)
        return read(cell)

    return careful


def _merged(parts: Iterable[Line]) -> Line:
    return {name: value for part in parts for name, value in part.items()}


# --- writing ----------------------------------------------------------------------
def dump_upload(layout: Layout, race: str, rows: Iterable[Line]) -> str:
    """A file of this layout; a row without figures is a line to fill in."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*WHO, *(figure.name for figure in layout.figures)])
    for row in rows:
        who = [race, row["driver"], row["team"], row["car_number"]]
        is_known = "display_order" in row
        figures = [figure.write(row) if is_known else "" for figure in layout.figures]
        writer.writerow([_harmless(cell) for cell in (*who, *figures)])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
