"""Rows of the record as figures: who a row is about, and values that JSON can keep."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.db.models import Model

from ingestion.models import CorrectedFigure
from ingestion.services.merge import Table
from ingestion.services.reading import PATHS
from ingestion.services.tables import BY_NAME

Key = dict[str, Any]

#: A removed row also remembers the key that it had in its table.
ROW = "_row"

#: Who a row is about. Its place is a figure like any other, so that a row whose
#: place is corrected is still the same; where one stands twice, the nth counts.
OF_SLOT = ("race", "kind", "driver", "car_number")
IDENTITY = {
    "races": ("season", "grand_prix"),
    "qualifying_results": OF_SLOT,
    "practice_results": OF_SLOT,
    "team_standings": ("race", "team", "engine"),
}

#: What makes a row the one it is: a wrong one is another row.
FIXED = frozenset(
    {
        "id",
        "grand_prix",
        "is_forecast",
        "kind",
        "race",
        "season",
        "slug",
        "source",
        "year",
    }
)


def identity_of(table: Table) -> tuple[str, ...]:
    return IDENTITY.get(table.name, table.key)


def identity(table: Table, record: Any, nth: int = 1) -> Key:
    """What finds a row again, whatever else is said of it."""
    key = {n: encode(table, n, getattr(record, n)) for n in identity_of(table)}
    return key if nth == 1 else {**key, "nth": nth}


def mark(key: Key) -> str:
    """A key that can be looked up."""
    said = {name: part for name, part in key.items() if (name, part) != ("nth", 1)}
    return json.dumps(said, sort_keys=True)


def identities(table: Table, records: Iterable[Any]) -> list[Key]:
    """The key of each row; of those about the same the nth in order."""
    counts: dict[str, int] = {}
    keys = []
    for record in records:
        key = identity(table, record)
        nth = counts[mark(key)] = counts.get(mark(key), 0) + 1
        keys.append(key if nth == 1 else {**key, "nth": nth})
    return keys


def fixed_fields(table: Table) -> set[str]:
    """Fields of a row that cannot be corrected: a circuit's kind can."""
    fixed = FIXED if "race" in table.fields else FIXED - {"kind"}
    return set(table.fields) & fixed


def figure_fields(table: Table) -> list[str]:
    """Fields that a source speaks of, and that can be corrected over it."""
    free = {*fixed_fields(table), *table.ours, "is_typed_in"}
    return [name for name in table.fields if name not in free]


def encode(table: Table, name: str, value: Any) -> Any:
    """A value as JSON keeps it, exactly: equal texts are equal values."""
    column = table.model._meta.get_field(name)
    if isinstance(column, models.DecimalField) and value is not None:
        places = Decimal(1).scaleb(-column.decimal_places)
        return str(Decimal(value).quantize(places, ROUND_HALF_UP))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def decode(table: Table, name: str, value: Any) -> Any:
    """The value that was encoded."""
    if name == "race":
        return tuple(value)
    column = table.model._meta.get_field(name)
    if value is None:
        return None
    if isinstance(column, models.DecimalField):
        return Decimal(value)
    if isinstance(column, models.DateTimeField):
        return datetime.fromisoformat(value)
    if isinstance(column, models.DateField):
        return date.fromisoformat(value)
    return float(value) if isinstance(column, models.FloatField) else value


def encode_row(table: Table, record: Any) -> dict[str, Any]:
    return {name: encode(table, name, getattr(record, name)) for name in table.fields}


def decode_row(table: Table, row: dict[str, Any]) -> Any:
    return table.record(**{n: decode(table, n, row[n]) for n in table.fields})


def as_record(table: Table, row: Any) -> Any:
    """A row of the record as a source would say it."""
    return table.record(*(_natural(table, row, name) for name in table.fields))


def _natural(table: Table, row: Any, name: str) -> Any:
    if name == "race":
        return row.race.season_id, row.race.grand_prix
    if name in PATHS:
        related = getattr(row, name)
        return related.slug if related else None
    return getattr(row, table.column(name))


def row_of(table: Table, key: Key) -> Any | None:
    """The row of the record that is about this, if any."""
    nth = key.get("nth", 1)
    rows = rows_about(table, key)[:nth]
    return rows[nth - 1] if len(rows) == nth else None


def rows_about(table: Table, key: Key) -> Sequence[Model]:
    wanted: dict[str, Any] = {}
    for name in identity_of(table):
        value, paths = decode(table, name, key[name]), PATHS.get(name, (name,))
        values = value if isinstance(value, tuple) else (value,)
        wanted |= dict(zip(paths, values, strict=True))
    return list(rows_of(table).filter(**wanted))


def rows_of(table: Table) -> models.QuerySet[Any]:
    """The rows of a table, those of a session in published order."""
    related = [name for name in table.fields if name in PATHS]
    order = "display_order" if "display_order" in table.fields else "pk"
    rows = table.model._default_manager.order_by(order)
    return rows.select_related(*related) if related else rows


def key_of(table: Table, row: Any) -> Key:
    """The key of a row of the record, as the record says it."""
    key = identity(table, as_record(table, row))
    twins = [each.pk for each in rows_about(table, key)]
    nth = twins.index(row.pk) + 1 if row.pk in twins else 1
    return key if nth == 1 else {**key, "nth": nth}


def judge(figure: CorrectedFigure) -> str:
    """How a figure stands to what the source says now."""
    if figure.beneath == figure.value:
        return CorrectedFigure.State.AGREED
    before = figure.was_beneath
    if figure.action == CorrectedFigure.Action.REMOVE and before is not None:
        before = {name: value for name, value in before.items() if name != ROW}
    if figure.beneath == before:
        return CorrectedFigure.State.STANDING
    return CorrectedFigure.State.CONFLICT


@dataclass
class Overlaid:
    """One row of a source, and the figures in force over it."""

    table: Table
    key: Key
    changes: list[CorrectedFigure] = field(default_factory=list)
    #: The row was added or removed as a whole.
    whole: CorrectedFigure | None = None

    @property
    def figures(self) -> list[CorrectedFigure]:
        return [*self.changes, *([self.whole] if self.whole else [])]

    @property
    def key_in_record(self) -> Key:
        """The key that the row goes by once it is corrected."""
        moved = {f.field: f.value for f in self.changes if self._is_of_key(f)}
        return {**self.key, **moved, "nth": 1} if moved else self.key

    @property
    def is_removed(self) -> bool:
        return self.whole is not None and self.whole.action == "remove"

    @property
    def has_moved(self) -> bool:
        return any(self._is_of_key(figure) for figure in self.changes)

    def _is_of_key(self, figure: CorrectedFigure) -> bool:
        return figure.field in identity_of(self.table)


def overlaid(figures: Iterable[CorrectedFigure]) -> list[Overlaid]:
    """Figures in force, together by the row that they stand over."""
    rows: dict[str, Overlaid] = {}
    for figure in figures:
        place = f"{figure.sheet} {mark(figure.key)}"
        row = rows.setdefault(place, Overlaid(BY_NAME[figure.sheet], figure.key))
        if figure.action == CorrectedFigure.Action.CHANGE:
            row.changes.append(figure)
        else:
            row.whole = figure
    return list(rows.values())


def removed_twins(table: Table, key: Key) -> list[int]:
    """Which of the rows about the same, as the source counts them, were removed."""
    who = _without_number(key)
    removed = CorrectedFigure.objects.in_force().filter(
        sheet=table.name, action=CorrectedFigure.Action.REMOVE, key__contains=who
    )
    keys = [figure.key for figure in removed]
    return sorted(each.get("nth", 1) for each in keys if _without_number(each) == who)


def in_record(row: Overlaid) -> Key:
    """The key that the record knows the row by: it does not count removed twins."""
    nth = row.key.get("nth", 1)
    if row.has_moved or nth == 1:
        return row.key_in_record
    gone = [each for each in removed_twins(row.table, row.key) if each < nth]
    return {**row.key, "nth": nth - len(gone)} if gone else row.key


def in_source(table: Table, key: Key) -> Key:
    """The key that a source knows a row of the record by."""
    nth = key.get("nth", 1)
    for each in removed_twins(table, key):
        nth += each <= nth
    return numbered(key, nth)


def numbered(key: Key, nth: int) -> Key:
    who = _without_number(key)
    return who if nth == 1 else {**who, "nth": nth}


def _without_number(key: Key) -> Key:
    return {name: part for name, part in key.items() if name != "nth"}


def over(table: Table, key: Key) -> Overlaid:
    """What stands over the row that the record knows by this key."""
    figures = CorrectedFigure.objects.in_force().filter(sheet=table.name)
    for name in {"race", "season", "grand_prix"} & key.keys():
        figures = figures.filter(**{f"key__{name}": key[name]})
    for row in overlaid(figures.select_related("correction__author")):
        if not row.is_removed and mark(in_record(row)) == mark(key):
            return row
    return Overlaid(table, in_source(table, key))
