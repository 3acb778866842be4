"""Rows of the record that an editor changes: drafted, then written together.

Two rows may swap places that are unique at any moment, so those that nothing points
at are taken out and put back with their keys.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditlog import get_logentry_model
from auditlog.context import disable_auditlog
from auditlog.diff import model_instance_diff
from django.db.models import Model

from ingestion.models import Race, RaceResult, SprintResult
from ingestion.services.figures import Key, as_record, encode_row, row_of, rows_of
from ingestion.services.merge import Table
from ingestion.services.tables import REFERENCES, TABLES


@dataclass
class Draft:
    """A row as it stands, and as it is to be; empty: not there."""

    table: Table
    row: Any
    record: Any
    #: The key that a new row takes, if it is free.
    pk: int | None = None
    before: Any = field(init=False)
    after: Model | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.before = as_record(self.table, self.row) if self.row else None

    @property
    def is_changed(self) -> bool:
        return self._encoded(self.before) != self._encoded(self.record)

    def _encoded(self, record: Any) -> dict[str, Any] | None:
        return None if record is None else encode_row(self.table, record)

    @property
    def race(self) -> int | None:
        """The race that it is about, if any."""
        row: Any = self.row or self.after
        if row is None and "race" in self.table.fields:
            return int(_reference("race", self.record.race))
        return row.pk if isinstance(row, Race) else getattr(row, "race_id", None)


class Drafts:
    """All rows that one act of an editor changes."""

    def __init__(self) -> None:
        self._of_row: dict[tuple[str, Any], Draft] = {}
        self._new: list[Draft] = []

    def __iter__(self) -> Iterator[Draft]:
        return iter([*self._of_row.values(), *self._new])

    def of(self, table: Table, row: Any) -> Draft:
        place = (table.name, row.pk)
        if place not in self._of_row:
            draft = Draft(table, row, None)
            draft.record = draft.before
            self._of_row[place] = draft
        return self._of_row[place]

    def find(self, table: Table, key: Key) -> Draft | None:
        row = row_of(table, key)
        return None if row is None else self.of(table, row)

    def get(self, table: Table, pk: Any) -> Draft | None:
        row = rows_of(table).filter(pk=pk).first()
        return None if row is None else self.of(table, row)

    def add(self, table: Table, record: Any, pk: int | None = None) -> Draft:
        draft = Draft(table, None, record, pk)
        self._new.append(draft)
        return draft

    def write(self, *, author: Any, about: Mapping[str, Any]) -> list[Draft]:
        """Store what changed and log it; answers what did."""
        order = [table.name for table in TABLES]
        changed = [draft for draft in self if draft.is_changed]
        changed.sort(key=lambda draft: order.index(draft.table.name))
        with disable_auditlog():
            for draft in reversed(changed):
                _take_out(draft)
            for draft in changed:
                _put_in(draft)
        for draft in changed:
            _log(draft, author, about)
        return changed


def races_of(drafts: Iterable[Draft]) -> set[int]:
    return {draft.race for draft in drafts if draft.race is not None}


def classified(drafts: Iterable[Draft]) -> set[int]:
    """Races of which a classification changed."""
    kinds = (RaceResult, SprintResult)
    return races_of(d for d in drafts if isinstance(d.row or d.after, kinds))


def _take_out(draft: Draft) -> None:
    if draft.row is None or (draft.table.is_referenced and draft.record is not None):
        return
    draft.table.model._default_manager.filter(pk=draft.row.pk).delete()


def _put_in(draft: Draft) -> None:
    if draft.record is None:
        return
    model = draft.table.model
    values = columns_of(draft.table, draft.record)
    if draft.row is not None and draft.table.is_referenced:
        row = model._default_manager.get(pk=draft.row.pk)
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=[n for n in values if n != model._meta.pk.attname])
    else:
        if model is not Race:
            values[model._meta.pk.attname] = _free_key(draft)
        row = model(**values)
        model._default_manager.bulk_create([row])
    draft.after = rows_of(draft.table).get(pk=row.pk)


def _free_key(draft: Draft) -> Any:
    if draft.row is not None:
        return draft.row.pk
    taken = draft.table.model._default_manager.filter(pk=draft.pk)
    return None if draft.pk is None or taken.exists() else draft.pk


def columns_of(table: Table, record: Any) -> dict[str, Any]:
    """The values of a row, with references looked up."""
    return {
        table.column(name): _reference(name, getattr(record, name))
        for name in table.fields
    }


def _reference(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "race":
        season, grand_prix = value
        return Race.objects.get(season=season, grand_prix=grand_prix).pk
    if name in REFERENCES:
        return REFERENCES[name].model._default_manager.get(slug=value).pk
    return value


def _log(draft: Draft, author: Any, about: Mapping[str, Any]) -> None:
    entries = get_logentry_model()
    action = entries.Action.UPDATE
    if draft.row is None:
        action = entries.Action.CREATE
    elif draft.after is None:
        action = entries.Action.DELETE
    entries.objects.log_create(
        draft.after or draft.row,
        action=action,
        changes=model_instance_diff(draft.row, draft.after),
        actor=author,
        actor_email=getattr(author, "email", None),
        additional_data=dict(about),
    )
