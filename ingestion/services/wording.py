"""Corrections in words: what an edit changes, figure by figure."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ingestion.services.edits import Edit, drafted
from ingestion.services.figures import encode, key_of, over
from ingestion.services.rows import Draft


@dataclass(frozen=True)
class Line:
    """One figure of one row: the source's, the one that stands, the one to come."""

    row: str
    field: str
    source: str
    now: str
    then: str


def lines_of(edits: Sequence[Edit]) -> list[Line]:
    """Everything that edits would change."""
    return lines_of_drafts(drafted(edits))


def lines_of_drafts(drafts: Iterable[Draft]) -> list[Line]:
    """Everything in which rows are to be other than they stand."""
    return [line for draft in drafts if draft.is_changed for line in _lines(draft)]


def seal_of(lines: Sequence[Line]) -> str:
    """Fits only what was looked at: on another day it may be something else."""
    text = json.dumps([asdict(line) for line in lines])
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(draft: Draft) -> list[Line]:
    table = draft.table
    if draft.row is None:
        names = [n for n in table.fields if getattr(draft.record, n) not in {None, ""}]
        return [Line("new row", n, "", "", _told(draft, n, True)) for n in names]
    standing = over(table, key_of(table, draft.row))
    label = f"{table.name.replace('_', ' ')}: {draft.row}"
    if draft.record is None:
        said = "a row" if standing.whole is None else "no such row"
        return [Line(label, "the whole row", said, "a row", "taken away")]
    beneath = {figure.field: figure.beneath for figure in standing.changes}
    return [
        Line(
            label,
            name.replace("_", " "),
            plain(beneath[name]) if name in beneath else _told(draft, name, False),
            _told(draft, name, False),
            _told(draft, name, True),
        )
        for name in table.fields
        if _told(draft, name, False) != _told(draft, name, True)
    ]


def _told(draft: Draft, name: str, is_then: bool) -> str:
    record = draft.record if is_then else draft.before
    return plain(encode(draft.table, name, getattr(record, name)))


def plain(value: Any) -> str:
    """A figure as it is kept, for people."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(plain(part) for part in value)
    if isinstance(value, dict):
        said = {name: part for name, part in value.items() if part not in (None, "")}
        return ", ".join(f"{name} {plain(part)}" for name, part in said.items())
    return str(value)
