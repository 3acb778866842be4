"""What a human eye should see: figures that sources disagree about, unknown names.

A finding stays open until the sources agree, or an editor says what is to be thought
of it. What he dismissed is not opened again while both sides say the same.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from f1site.base import clock
from ingestion.errors import CorrectionError
from ingestion.models import Correction, Driver, Finding, Race, Team
from ingestion.records import RaceRef
from ingestion.services.comparing import Place, placed, text_of
from ingestion.services.corrections import correct
from ingestion.services.edits import Edit
from ingestion.services.merge import Table
from ingestion.services.reading import read
from ingestion.services.tables import (
    BY_NAME,
    DRIVER_STANDINGS,
    GRID_SLOTS,
    QUALIFYING_RESULTS,
    RESULTS,
    SPRINT_RESULTS,
    TEAM_STANDINGS,
)
from ingestion.sources.upload import time_text

_FINISH = (
    "position",
    "status",
    "grid",
    "laps",
    "points",
    "time_ms",
)
#: What the live source knows of a row; it leaves the rest out.
COMPARED: dict[str, tuple[str, ...]] = {
    RESULTS.name: _FINISH,
    SPRINT_RESULTS.name: _FINISH,
    QUALIFYING_RESULTS.name: ("position", "q1_ms", "q2_ms", "q3_ms"),
    GRID_SLOTS.name: ("position",),
    DRIVER_STANDINGS.name: ("position", "points"),
    TEAM_STANDINGS.name: ("position", "points"),
}
#: Sources cut or round the last digit of a time.
ROUNDING_MS = 1
PIT_LANE = "pit lane"
BY_RECORD = {table.record: table for table in BY_NAME.values()}
THERE, MISSING = "has the row", "lacks the row"
AGREED = "the sources agree"


@dataclass(frozen=True)
class Disagreement:
    """One figure of which two sides say different things; no field: a whole row."""

    race: int
    sheet: str
    subject: str
    field: str
    ours: str
    theirs: str

    @property
    def key(self) -> tuple[int, str, str, str]:
        return self.race, self.sheet, self.subject, self.field


@transaction.atomic
def note_disagreements(*, source: str, passed_over: Mapping[str, Sequence[Any]]) -> int:
    """Compare the rows that gave way with those of the record; answer what is open.

    Findings about these sheets that no longer hold are resolved.
    """
    rows = {name: passed_over[name] for name in COMPARED if passed_over.get(name)}
    if not rows:
        return 0
    names = _Names({row.race[0] for found in rows.values() for row in found})
    found: dict[Any, Disagreement] = {}
    compared: set[tuple[int, str]] = set()
    for name, theirs in rows.items():
        table = BY_NAME[name]
        sheets = {(names.race(row.race), table.sheet(row)) for row in theirs}
        compared |= sheets
        for each in _differences(table, _ours(table, sheets), theirs, names):
            found[each.key] = each
    _settle(source, found, compared)
    return len(found)


@transaction.atomic
def recheck(races: Collection[int] | None = None) -> int:
    """Look at the record again: close what agrees by now; answer how many did.

    For after an import or a correction that changed our side alone, of these races.
    """
    about = _open(Finding.Kind.DISAGREEMENT)
    about = about if races is None else about.filter(race__in=races)
    standing = list(about.select_for_update())
    if not standing:
        return 0
    ours = _texts({finding.race_id for finding in standing})
    agreed = []
    for finding in standing:
        row = ours.get((finding.race_id or 0, finding.sheet, finding.subject))
        said = _said(row, finding.field)
        if _has_come_to(row, finding):
            agreed.append(finding.pk)
        elif said != finding.ours:
            Finding.objects.filter(pk=finding.pk).update(ours=said)
    _resolve(Finding.objects.filter(pk__in=agreed), AGREED)
    return len(agreed)


def _has_come_to(row: Any, finding: Finding) -> bool:
    if row is None or not finding.field:
        return _said(row, finding.field) == finding.theirs
    ours = _figure(row, finding.field)
    is_pit = finding.theirs == PIT_LANE
    theirs = PIT_LANE if is_pit else fields_of(finding)[finding.field]
    return _agree(finding.field, ours, theirs)


def resolve(*, findings: Iterable[Finding], reason: str) -> int:
    """Close findings, for a reason that an editor gives."""
    if not reason.strip():
        raise ValueError(f"reason {reason!r} says nothing")
    keys = [finding.pk for finding in findings]
    return _resolve(Finding.objects.filter(pk__in=keys), reason.strip()[:200])


def fields_of(finding: Finding) -> dict[str, Any]:
    """What the source says in a disagreement, as fields of a row."""
    name, said = finding.field, finding.theirs
    table = BY_NAME[finding.sheet.partition(" ")[0]]
    field: Any = table.model._meta.get_field(name)
    is_pit = said == PIT_LANE
    fields = {name: field.to_python(said) if said and not is_pit else None}
    if name == _start_of(table):
        fields["from_pit_lane"] = is_pit
    if name == "position" and "is_classified" in table.fields:
        fields["is_classified"] = bool(said)
    return fields


def in_words(finding: Finding, text: str) -> str:
    """A figure as people write it; what is stored leads back to the value."""
    if finding.field.endswith("_ms") and text.isdigit():
        return time_text(int(text))
    said = {"": "–", "True": "yes", "False": "no"}
    return said.get(text, text.replace("_", " "))


def edit_of(finding: Finding) -> Edit | None:
    """What would make the record say as the source; None: a row of one side only."""
    record = record_of(finding) if finding.field else None
    if record is None:
        return None
    table = BY_RECORD[type(record)]
    rows = table.model._default_manager.filter(
        race=finding.race_id, display_order=record.display_order
    )
    row = rows.get(kind=record.kind) if table.by_kind else rows.get()
    return Edit.change(row, **fields_of(finding))


def edit_to_take(finding: Finding) -> Edit:
    """The edit of an open finding.

    Raises
    ------
    CorrectionError : it is settled, or speaks of a row of one side only
    """
    edit = edit_of(finding)
    if edit is None or finding.resolved_at is not None:
        raise CorrectionError("There is no figure to take over.")
    return edit


@transaction.atomic
def take(*, finding: Finding, author: Any, reason: str, link: str = "") -> Correction:
    """Put what the source says over the record, as an editor's correction."""
    edit = edit_to_take(finding)
    correction = correct(edits=[edit], author=author, reason=reason, link=link)
    resolve(findings=[finding], reason="taken over by an editor")
    return correction


def record_of(finding: Finding) -> Any:
    """The record's row that a finding speaks of; None: it has none."""
    rows = _texts({finding.race_id})
    return rows.get((finding.race_id or 0, finding.sheet, finding.subject))


# --- comparing --------------------------------------------------------------------
class _Names:
    """What races, drivers and teams are called."""

    def __init__(self, seasons: Collection[int]) -> None:
        rows = Race.objects.filter(season__in=seasons)
        self.races = {
            (season, grand_prix): (key, name)
            for key, season, grand_prix, name in rows.values_list(
                "pk", "season_id", "grand_prix", "name"
            )
        }
        self.people: dict[str, str] = {}
        for names in (Team.objects, Driver.objects):
            self.people.update(names.values_list("slug", "name"))

    def race(self, ref: RaceRef) -> int:
        return self.races[ref][0]

    def subject(self, place: Place) -> str:
        """``2023 Bahrain: Max Verstappen``; a second row of his says so."""
        ref, _, slug, number = place
        race = self.races[ref][1].removesuffix(" Grand Prix")
        again = f", row {number}" if number > 1 else ""
        return f"{ref[0]} {race}: {self.people.get(slug, slug)}{again}"[:200]


def _ours(table: Table, sheets: Collection[tuple[int, str]]) -> list[Any]:
    """The record's rows of these sheets."""
    kinds = {sheet.partition(" ")[2] for _, sheet in sheets}
    wanted = Q(race__in={race for race, _ in sheets})
    return read(table, wanted & Q(kind__in=kinds) if table.by_kind else wanted)


def _differences(
    table: Table, ours: Iterable[Any], theirs: Iterable[Any], names: _Names
) -> Iterator[Disagreement]:
    mine, other = placed(table, ours), placed(table, theirs)
    spoken = {place[:2] for place in other}
    for place in {**mine, **other}:
        if place[:2] not in spoken:
            continue
        where = names.race(place[0]), place[1], names.subject(place)
        for field in _differing(mine.get(place), other.get(place), table):
            said = (_said(side.get(place), field) for side in (mine, other))
            yield Disagreement(*where, field, *said)


def _differing(ours: Any, theirs: Any, table: Table) -> list[str]:
    if ours is None or theirs is None:
        return [""]
    return [
        field
        for field in COMPARED[table.name]
        if not _agree(field, _figure(ours, field), _figure(theirs, field))
    ]


def _start_of(table: Table) -> str:
    """The field that is empty of who started from the pit lane."""
    return "position" if table is GRID_SLOTS else "grid"


def _figure(row: Any, field: str) -> Any:
    """A value of a row; a start from the pit lane is one figure, not two."""
    table = BY_RECORD[type(row)]
    if field == _start_of(table) and row.from_pit_lane:
        return PIT_LANE
    return getattr(row, field)


def _agree(field: str, ours: Any, theirs: Any) -> bool:
    """A time that one side alone knows is no disagreement, nor are no laps."""
    if field.endswith("_ms"):
        return None in (ours, theirs) or abs(ours - theirs) <= ROUNDING_MS
    if field == "laps":
        return (ours or 0) == (theirs or 0)
    return bool(ours == theirs)


def _said(row: Any, field: str) -> str:
    """What a side says, as text that leads back to the value."""
    if not field:
        return MISSING if row is None else THERE
    return "" if row is None else text_of(_figure(row, field))


def _texts(races: Collection[int | None]) -> dict[tuple[int, str, str], Any]:
    """Rows of the record by how findings speak of them."""
    rows = {
        name: read(BY_NAME[name], Q(race__in=[race for race in races if race]))
        for name in COMPARED
    }
    names = _Names({row.race[0] for found in rows.values() for row in found})
    return {
        (names.race(place[0]), place[1], names.subject(place)): row
        for name, found in rows.items()
        for place, row in placed(BY_NAME[name], found).items()
    }


# --- writing ----------------------------------------------------------------------
def _open(kind: str) -> Any:
    return Finding.objects.filter(kind=kind, resolved_at=None).order_by("pk")


def _resolve(rows: Any, resolution: str) -> int:
    n: int = rows.filter(resolved_at=None).update(
        resolved_at=clock.now(), resolution=resolution
    )
    return n


def _settle(
    source: str,
    found: Mapping[Any, Disagreement],
    compared: Collection[tuple[int, str]],
) -> None:
    """Open what is new, touch what is still so, resolve what is no more."""
    now, races = clock.now(), {race for race, _ in compared}
    about = Finding.objects.filter(
        kind=Finding.Kind.DISAGREEMENT, source=source, race__in=races
    )
    standing = {
        (row.race_id, row.sheet, row.subject, row.field): row
        for row in about.filter(resolved_at=None).select_for_update()
    }
    gone = [
        row.pk
        for key, row in standing.items()
        if key not in found and (row.race_id, row.sheet) in compared
    ]
    _resolve(Finding.objects.filter(pk__in=gone), AGREED)
    seen = [row for key, row in standing.items() if key in found]
    for row in seen:
        said = found[row.race_id, row.sheet, row.subject, row.field]
        row.ours, row.theirs, row.last_seen_at = said.ours, said.theirs, now
    Finding.objects.bulk_update(seen, ["ours", "theirs", "last_seen_at"], 500)
    settled = _dismissed(about)
    Finding.objects.bulk_create(
        Finding(
            kind=Finding.Kind.DISAGREEMENT,
            source=source,
            race_id=each.race,
            sheet=each.sheet,
            subject=each.subject,
            field=each.field,
            ours=each.ours,
            theirs=each.theirs,
            first_seen_at=now,
            last_seen_at=now,
        )
        for key, each in found.items()
        if key not in standing and each not in settled
    )


def _dismissed(about: Any) -> set[Disagreement]:
    """What editors have settled, word for word."""
    rows = about.exclude(resolved_at=None).exclude(resolution=AGREED)
    names = ("race_id", "sheet", "subject", "field", "ours", "theirs")
    return {Disagreement(*row) for row in rows.values_list(*names)}
