"""One sheet of one race as an editor uploads it: looked at first, then stored.

A sheet that no source has is stored as the editor's own, until a source has it. One
that a source has is corrected: the source's word stays underneath.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from django.db import transaction
from django.db.models import Q

from ingestion.effects import Effect
from ingestion.errors import SourceFormatError
from ingestion.models import (
    Correction,
    Driver,
    Entry,
    Provenance,
    Race,
    Source,
    SourceFetch,
    Team,
)
from ingestion.records import Facts
from ingestion.services import corrections
from ingestion.services.comparing import placed, text_of
from ingestion.services.edits import edits_for
from ingestion.services.merge import Table
from ingestion.services.provenance import documented
from ingestion.services.reading import read
from ingestion.services.record import Outcome, Reach, store
from ingestion.services.tables import BY_NAME, GRID_SLOTS, RESULTS
from ingestion.sources.archive import quiet
from ingestion.sources.upload import (
    LAYOUTS,
    Layout,
    Line,
    People,
    dump_upload,
    parse_upload,
)

FIRST_ROW = 2
#: Whoever has one of these came in; whoever has one of those has no place.
CAME_IN, OUT = {"finished", "lapped"}, {"did_not_start", "did_not_qualify"}


@dataclass(frozen=True)
class RowChange:
    """What becomes of a driver's row: each figure before and after."""

    driver: str
    action: str  # added, changed, removed
    figures: list[tuple[str, str, str]]


@dataclass
class UploadReport:
    """What an upload does, or would do."""

    race: Race
    layout: Layout
    n_rows: int
    #: The source that has this sheet: what changes is a correction of it.
    corrects: str = ""
    notes: list[str] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)
    #: What would follow from a correction, by whom it concerns.
    effects: dict[str, Effect] = field(default_factory=dict)
    fetch: SourceFetch | None = None
    correction: Correction | None = None

    def count(self, action: str) -> int:
        return sum(change.action == action for change in self.changes)

    @property
    def digest(self) -> str:
        """Tells whether two looks at a file saw the same."""
        seen = (self.race.pk, self.layout.key, self.corrects, self.changes)
        return hashlib.sha256(repr(seen).encode()).hexdigest()


def import_upload(
    *,
    race: Race,
    sheet: str,
    content: bytes,
    author: Any,
    filename: str = "upload.csv",
    reason: str = "",
    link: str = "",
    dry_run: bool = False,
) -> UploadReport:
    """Store the rows of a file, all or none; ``dry_run`` stores nothing.

    A correction needs a reason.
    """
    layout = LAYOUTS[sheet]
    _refuse_impossible(race, layout)
    rows, notes = _records(race, layout, filename, content)
    report = UploadReport(race, layout, len(rows), _owner(race, layout), notes)
    ours = _ours(race, layout)
    if report.corrects:
        _correct(report, rows, author, reason, link, dry_run=dry_run)
    elif dry_run:
        rows = _try(report, rows)
    else:
        report.fetch = _store(race, layout, rows, filename, content)
        rows = _ours(race, layout)
    report.changes = list(_changes(layout, ours, rows))
    return report


def export_upload(*, race: Race, sheet: str) -> str:
    """The rows of a sheet as a file to change, or its entries as one to fill in."""
    layout = LAYOUTS[sheet]
    rows: list[Line] = [asdict(row) for row in _ours(race, layout)]
    return dump_upload(layout, race.label, rows or _entered(race, layout))


# --- reading ----------------------------------------------------------------------
def _refuse_impossible(race: Race, layout: Layout) -> None:
    if race.status == Race.Status.CANCELLED:
        raise SourceFormatError(f"The {race} was cancelled: it has no sheets")
    if layout.table == RESULTS.name and race.is_future_race:
        raise SourceFormatError(f"The {race} has not been run: it has no result yet")


def _ours(race: Race, layout: Layout) -> list[Any]:
    """The sheet as the record has it, in published order."""
    wanted = Q(race=race) & (Q(kind=layout.kind) if layout.kind else Q())
    return sorted(read(_table(layout), wanted), key=lambda row: row.display_order)


def _table(layout: Layout) -> Table:
    return BY_NAME[layout.table]


def _records(
    race: Race, layout: Layout, filename: str, content: bytes
) -> tuple[list[Any], list[str]]:
    """The rows of the file as records of the record, and what is odd about them."""
    entries = _entries(race)
    lines = parse_upload(layout, filename, content, _people(race, entries))
    entered = {entry.driver.slug: entry for entry in entries}
    known = _known(race, layout)
    made = [
        _record(race, layout, line, order, entered, known)
        for order, line in enumerate(lines, start=1)
    ]
    problems = [
        f"{filename} row {order + 1}: {record} is entered for no team; name one"
        for order, record in enumerate(made, start=1)
        if isinstance(record, str)
    ]
    problems = problems or list(_contradictions(layout, filename, made))
    if problems:
        raise SourceFormatError(f"{filename} contradicts itself", problems)
    strangers = [row.driver for row in made if entered and row.driver not in entered]
    return made, [f"{slug} is not in the entry list" for slug in strangers]


def _entries(race: Race) -> list[Entry]:
    rows = Entry.objects.filter(race=race).select_related("driver", "team")
    return list(rows.order_by("is_practice_only", "team__name", "car_number", "pk"))


def _people(race: Race, entries: Iterable[Entry]) -> People:
    """By slug or full name anybody, by code those who are entered."""
    names = list(Driver.objects.values_list("name", "slug"))
    called = list(Team.objects.values_list("name", "slug"))
    codes = {(entry.driver.code, entry.driver.slug) for entry in entries}
    drivers = _unambiguous([*names, *((code, slug) for code, slug in codes if code)])
    return People(
        race.label,
        drivers | {slug: slug for _, slug in names},
        _unambiguous(called) | {slug: slug for _, slug in called},
    )


def _unambiguous(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, slug in names:
        found[name.casefold()].add(slug)
    return {name: slug for name, (slug, *more) in found.items() if not more}


def _known(race: Race, layout: Layout) -> dict[str, list[Any]]:
    """The record's rows of each driver: a column left out leaves them as they are."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in _ours(race, layout):
        rows[row.driver].append(row)
    return rows


def _record(
    race: Race,
    layout: Layout,
    line: Line,
    order: int,
    entered: Mapping[str, Entry],
    known: Mapping[str, list[Any]],
) -> Any:
    """One row; the name of the driver where nobody says for whom he drove."""
    record = _table(layout).record
    slug = line["driver"]
    rows = known.get(slug, [])
    same = [row for row in rows if row.car_number == line.get("car_number")] or rows
    facts = blank(record) | (asdict(same[0]) if same else {})
    entry = entered.get(slug)
    if entry is not None and not same:
        facts |= {"team": entry.team.slug, "car_number": entry.car_number}
    facts |= line | {"race": (race.season_id, race.grand_prix), "display_order": order}
    if layout.kind:
        facts["kind"] = layout.kind
    return record(**facts) if facts["team"] else slug


def blank(record: type) -> Line:
    """A record of which nothing is known."""
    empty: dict[Any, Any] = {str: "", bool: False, Decimal: Decimal(0)}
    return {
        name: None if type(None) in get_args(kind) else empty.get(kind)
        for name, kind in get_type_hints(record).items()
    }


def _entered(race: Race, layout: Layout) -> Iterator[Line]:
    is_practice = layout.kind.startswith("FP")
    for entry in _entries(race):
        if is_practice or not entry.is_practice_only:
            yield {
                "driver": entry.driver.slug,
                "team": entry.team.slug,
                "car_number": entry.car_number,
            }


# --- what cannot be ---------------------------------------------------------------
def _contradictions(layout: Layout, name: str, rows: Sequence[Any]) -> Iterator[str]:
    cars = Counter((row.driver, row.car_number) for row in rows)
    for (driver, _), n in cars.items():
        if n > 1 and not _may_repeat(layout, driver, rows):
            yield f"{name}: {driver} stands {n} times"
    yield from _out_of_order(layout, name, rows)
    if hasattr(rows[0], "is_classified"):
        yield from _two_minded(name, rows)


def _may_repeat(layout: Layout, driver: str, rows: Sequence[Any]) -> bool:
    """Qualifying holds a driver with a time and once more as disqualified."""
    places = [row.position for row in rows if row.driver == driver]
    return (
        layout.table == "qualifying_results" and places.count(None) == len(places) - 1
    )


def _out_of_order(layout: Layout, name: str, rows: Sequence[Any]) -> Iterator[str]:
    """Places are given in order, none left out; only shared cars share one."""
    last, here = 0, 0
    for number, row in enumerate(rows, start=FIRST_ROW):
        place = row.position
        if place is None:
            continue
        if place < last:
            yield f"{name} row {number}: position {place} stands below position {last}"
        elif place == last and not _may_share(layout, row):
            yield f"{name} row {number}: position {place} is given twice"
        elif place > last + max(here, 1) and layout.table != GRID_SLOTS.name:
            yield f"{name} row {number}: position {last + 1} is missing"
        here = here + 1 if place == last else 1
        last = max(last, place)


def _may_share(layout: Layout, row: Any) -> bool:
    """Two may have set the same time in qualifying, and have driven the same car."""
    return bool(getattr(row, "is_shared_car", layout.table == "qualifying_results"))


def _two_minded(name: str, rows: Sequence[Any]) -> Iterator[str]:
    for number, row in enumerate(rows, start=FIRST_ROW):
        if row.position is None and row.status in CAME_IN:
            yield f"{name} row {number}: {row.status}, but without a position"
        if row.position is not None and row.status in OUT:
            yield f"{name} row {number}: {row.status}, but with a position"


# --- telling ----------------------------------------------------------------------
def _changes(
    layout: Layout, ours: Iterable[Any], theirs: Iterable[Any]
) -> Iterator[RowChange]:
    mine, other = placed(_table(layout), ours), placed(_table(layout), theirs)
    names = dict(
        Driver.objects.filter(
            slug__in={place[2] for place in {**mine, **other}}
        ).values_list("slug", "name")
    )
    for place in {**other, **mine}:
        before, after = mine.get(place), other.get(place)
        figures = list(_figures(layout, before, after))
        if figures:
            action = "changed" if before and after else "added" if after else "removed"
            yield RowChange(names[place[2]], action, figures)


def _figures(layout: Layout, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    for name in _table(layout).fields:
        if name in ("race", "driver", "kind"):
            continue
        was, becomes = (
            text_of(getattr(row, name)) if row else "" for row in (before, after)
        )
        if was != becomes:
            yield name, was, becomes


# --- writing ----------------------------------------------------------------------
def _owner(race: Race, layout: Layout) -> str:
    """The source that has the sheet; uploads may replace each other."""
    rows = Provenance.objects.filter(race=race, sheet=layout.sheet)
    found = rows.exclude(source=Source.UPLOAD).first()
    return found.source if found else ""


def _try(report: UploadReport, rows: list[Any]) -> list[Any]:
    """Write as if in earnest: what the database would refuse, and what would stand.

    What an editor corrected in an earlier file stays, and the notes say so.
    """
    with transaction.atomic():
        report.notes += _write(report.race, report.layout, rows, None).notes
        rows = _ours(report.race, report.layout)
        transaction.set_rollback(True)
    return rows


def _store(
    race: Race, layout: Layout, rows: list[Any], filename: str, content: bytes
) -> SourceFetch | None:
    with documented(Source.UPLOAD, filename) as run:
        run.sha256 = hashlib.sha256(content).hexdigest()
        with transaction.atomic():
            run.outcome = _write(race, layout, rows, run.fetch)
    return run.fetch


def _write(
    race: Race, layout: Layout, rows: list[Any], fetch: SourceFetch | None
) -> Outcome:
    facts = Facts()
    getattr(facts, layout.table).extend(rows)
    outcome = store(
        facts, fetch=fetch, reach=Reach.SHEETS, progress=quiet, allow_removals=True
    )
    if layout.table == RESULTS.name:
        Race.objects.filter(pk=race.pk).update(status=Race.Status.COMPLETED)
    return outcome


def _correct(
    report: UploadReport,
    rows: list[Any],
    author: Any,
    reason: str,
    link: str,
    *,
    dry_run: bool,
) -> None:
    """Put the rows over those of the source that has them."""
    layout = report.layout
    where: dict[str, Any] = {
        "table": _table(layout),
        "race": report.race,
        "kind": layout.kind,
        "records": rows,
    }
    if not dry_run:
        why = {"author": author, "reason": reason, "link": link}
        report.correction = corrections.correct_rows(**where, **why)
    elif edits := edits_for(**where):
        report.effects = corrections.preview(edits=edits)
