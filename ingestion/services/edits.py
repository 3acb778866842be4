"""What an editor asks for: rows changed, added or removed, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model

from ingestion.errors import CorrectionError
from ingestion.models import Race
from ingestion.services.figures import (
    encode,
    fixed_fields,
    identities,
    identity,
    mark,
    rows_of,
)
from ingestion.services.merge import Table
from ingestion.services.rows import Draft, Drafts
from ingestion.services.tables import TABLES

BY_MODEL = {table.model: table for table in TABLES}
BY_RECORD = {table.record: table for table in TABLES}


@dataclass(frozen=True)
class Edit:
    """A change of fields of a row, a new row, or the end of one."""

    table: Table
    row: Any = None
    fields: Mapping[str, Any] | None = None
    record: Any = None

    @classmethod
    def change(cls, row: Model, **fields: Any) -> "Edit":
        """Fields as a source would say them: a driver by his slug."""
        return cls(BY_MODEL[type(row)], row, fields)

    @classmethod
    def add(cls, record: Any) -> "Edit":
        return cls(BY_RECORD[type(record)], record=record)

    @classmethod
    def remove(cls, row: Model) -> "Edit":
        return cls(BY_MODEL[type(row)], row)


def edits_for(
    *, table: Table, race: Race, records: Sequence[Any], kind: str = ""
) -> list[Edit]:
    """What would have to change for a sheet to say what these records say."""
    rows = rows_of(table).filter(race=race, **({"kind": kind} if kind else {}))
    drafts = [Draft(table, row, None) for row in rows]
    keys = identities(table, (draft.before for draft in drafts))
    found = {mark(key): draft for key, draft in zip(keys, drafts, strict=True)}
    edits = []
    for key, record in zip(identities(table, records), records, strict=True):
        draft = found.pop(mark(key), None)
        if draft is None:
            edits.append(Edit.add(record))
            continue
        draft.record = record
        if draft.is_changed:
            said = {name: getattr(record, name) for name in table.fields}
            edits.append(Edit(table, draft.row, said))
    return edits + [Edit.remove(draft.row) for draft in found.values()]


def drafted(edits: Sequence[Edit]) -> Drafts:
    """The rows that edits touch, as they stand and as they are to be."""
    drafts = Drafts()
    for edit in edits:
        if edit.row is None:
            drafts.add(edit.table, edit.record)
            continue
        draft = drafts.get(edit.table, edit.row.pk)
        if draft is None:
            raise CorrectionError(f"{edit.row} is not in the record any more.")
        draft.record = _edited(draft, edit)
    for table in {edit.table.name: edit.table for edit in edits}.values():
        _pair([d for d in drafts if d.table is table and d.row and d.record])
    return drafts


def _edited(draft: Draft, edit: Edit) -> Any | None:
    if edit.fields is None:
        return None
    record = replace(draft.record, **edit.fields)
    fixed = [n for n in fixed_fields(edit.table) if differs(draft, record, n)]
    if fixed:
        raise CorrectionError(f"{', '.join(fixed)} makes the row what it is.")
    return record


def differs(draft: Draft, record: Any, name: str) -> bool:
    """Whether a record says something else of a field than the row that stands."""
    before, after = getattr(draft.before, name), getattr(record, name)
    return bool(encode(draft.table, name, before) != encode(draft.table, name, after))


def _pair(drafts: list[Draft]) -> None:
    """Let a row that takes the name of another take its place: two drivers who are
    swapped are the same two drivers with each other's results."""
    moved = {
        mark(identity(draft.table, draft.before)): draft
        for draft in drafts
        if identity(draft.table, draft.before) != identity(draft.table, draft.record)
    }
    strangers = []
    for record in [draft.record for draft in moved.values()]:
        table = next(iter(moved.values())).table if moved else drafts[0].table
        home = moved.pop(mark(identity(table, record)), None)
        if home is None:
            strangers.append(record)
        else:
            home.record = record
    for draft, record in zip(moved.values(), strangers, strict=True):
        draft.record = record
