"""One routine that brings any table of the record in line with a source.

The rows are copied into a temporary table and compared there: rows that are the
same are not touched, rows that changed keep their id, rows of the scope that the
source no longer has are removed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from operator import attrgetter
from typing import Any

import psycopg
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from ingestion.errors import MOST_SHOWN, SourceFormatError

#: For every kind of reference: natural key → key of the row.
Keys = dict[str, dict[Any, Any]]
#: Race and name of the sheet, such as ``practice_results FP1``.
Sheet = tuple[int, str]


@dataclass(frozen=True)
class Table:
    """How the records of one kind become rows.

    ``key`` finds a row again. Within ``scope`` (the name of a reference) the source
    is complete. The rows of a race are one sheet, or ``by_kind`` one for each session.
    ``is_referenced`` rows are updated where they stand; others are replaced, because
    two rows may swap places that must be unique at any moment.
    ``ours`` are fields that the source does not know: set once, then the editor's.
    """

    name: str
    record: type
    model: type[models.Model]
    key: tuple[str, ...]
    scope: str = ""
    by_kind: bool = False
    is_referenced: bool = False
    ours: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> list[str]:
        return [each.name for each in fields(self.record)]

    def column(self, name: str) -> str:
        found = self.model._meta.get_field(name)
        assert isinstance(found, models.Field)  # noqa: S101 - no relation from afar
        return str(found.column)

    def columns(self, names: Iterable[str]) -> list[str]:
        return [self.column(name) for name in names]

    @cached_property
    def compared(self) -> list[str]:
        """Columns in which a row may differ from the source."""
        free = {*self.key, *self.ours}
        return self.columns(name for name in self.fields if name not in free)

    def sheet(self, record: Any) -> str:
        """The kind of rows it is one of, such as ``practice_results FP1``."""
        return f"{self.name} {record.kind}" if self.by_kind else self.name

    def rows(self, records: Sequence[Any], keys: Keys) -> Iterator[Sequence[Any]]:
        """The values of the columns, with references looked up."""
        get = attrgetter(*self.fields)
        places = [(i, keys[name]) for i, name in enumerate(self.fields) if name in keys]
        for record in records:
            row = list(get(record)) if len(self.fields) > 1 else [get(record)]
            for place, known in places:
                row[place] = known[row[place]]
            yield row


@dataclass
class Change:
    """What a merge did to a table."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    races: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def as_counts(self) -> dict[str, int]:
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "removed": self.removed,
        }


def merge(
    table: Table,
    records: Sequence[Any],
    keys: Keys,
    *,
    scope: Sequence[int] | None = None,
    spoken_only: bool = False,
    spared: Collection[Sheet] = (),
) -> Change:
    """Make the table say what the records say.

    What the records lack is removed within ``scope``, but for the sheets that are
    ``spared``; with ``spoken_only`` from the sheets that they have any row of.
    """
    with connection.cursor() as cursor:
        writer = _Merge(cursor, table)
        writer.copy(_resolved(table, records, keys))
        change = writer.compare(len(records))
        if table.scope and spoken_only:
            writer.remove_from_sheets(change)
        elif table.scope and scope is not None:
            writer.remove(list(scope), change, spared)
        if change.added or change.changed:
            writer.write()
        writer.clear()
    return change


def reason(error: BaseException | None) -> str:
    """What Postgres says, in one line: the constraint, the values, the place."""
    diagnosis = getattr(error, "diag", None)
    parts = [
        getattr(diagnosis, name, None)
        for name in ("message_primary", "message_detail", "context")
    ]
    return "; ".join(part for part in parts if part) or str(error)


def _resolved(
    table: Table, records: Sequence[Any], keys: Keys
) -> Iterator[Sequence[Any]]:
    try:
        yield from table.rows(records, keys)
    except KeyError as error:
        raise SourceFormatError(
            f"{table.name}: a row refers to {error.args[0]!r}, which neither the source"
            " nor the record knows"
        ) from error


class _Merge:
    """The SQL of one merge. Names are quoted here once, values never enter."""

    def __init__(self, cursor: CursorWrapper, table: Table) -> None:
        self.cursor, self.table = cursor, table
        columns = table.columns(table.fields)
        has_race = "race" in table.fields
        self.names: Mapping[str, sql.Composable] = {
            "table": sql.Identifier(table.model._meta.db_table),
            "pk": sql.Identifier(str(table.model._meta.pk.column)),
            "columns": _joined(columns),
            "from_delta": _joined(columns, "d"),
            "key": _joined(table.columns(table.key)),
            "same_key": self._same_key(),
            "same_sheet": _same(table.columns(_sheet_key(table))),
            "differs": self._differs(),
            "compared": _joined(table.compared),
            "compared_delta": _joined(table.compared, "d"),
            "sheet": self._sheet(),
            "race": sql.SQL("race_id" if has_race else "NULL::integer"),
            # Naming the partition key lets Postgres look in one partition only.
            "same_race": sql.SQL(
                "AND t.race_id = d.race_id" if "race" in table.key else ""
            ),
        }

    def _sheet(self) -> sql.Composable:
        """The race of a row and the name of its sheet, as text."""
        kind = sql.SQL(" || ' ' || t.kind" if self.table.by_kind else "")
        parts = sql.SQL("t.{} || ' ' || {}").format(
            sql.Identifier(self.table.column(self.table.scope or self.table.key[0])),
            self.table.name,
        )
        return parts + kind

    def _same_key(self) -> sql.Composable:
        get = self.table.model._meta.get_field
        equal = {True: "t.{0} IS NOT DISTINCT FROM i.{0}", False: "t.{0} = i.{0}"}
        return sql.SQL(" AND ").join(
            sql.SQL(equal[get(name).null]).format(
                sql.Identifier(self.table.column(name))
            )
            for name in self.table.key
        )

    def _differs(self) -> sql.Composable:
        if not self.table.compared:
            return sql.SQL("false")
        return sql.SQL("({}) IS DISTINCT FROM ({})").format(
            _joined(self.table.compared, "t"), _joined(self.table.compared, "i")
        )

    def run(self, statement: str, params: Sequence[Any] = ()) -> CursorWrapper:
        self.cursor.execute(sql.SQL(statement).format(**self.names), params or None)
        return self.cursor

    def copy(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows into the temporary table ``incoming``; no two may share a key."""
        self.run(
            "CREATE TEMP TABLE incoming ON COMMIT DROP AS"
            " SELECT {columns} FROM {table} WITH NO DATA"
        )
        statement = sql.SQL("COPY incoming ({columns}) FROM STDIN")
        try:
            with self.cursor.copy(statement.format(**self.names)) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.DataError as error:
            raise SourceFormatError(
                f"{self.table.name}: a value has no place in the record",
                [reason(error)],
            ) from error
        twice = self.run(
            "SELECT {key} FROM incoming GROUP BY {key} HAVING count(*) > 1 LIMIT %s",
            [MOST_SHOWN],
        ).fetchall()
        if twice:
            raise SourceFormatError(
                f"{self.table.name}: several rows share {', '.join(self.table.key)}",
                [", ".join(str(value) for value in row) for row in twice],
            )

    def compare(self, n_rows: int) -> Change:
        """New and different rows into ``delta``, with the key of the row they had."""
        self.run(
            "CREATE TEMP TABLE delta ON COMMIT DROP AS"
            " SELECT t.{pk} AS old_key, i.* FROM incoming i"
            " LEFT JOIN {table} t ON {same_key}"
            " WHERE t.{pk} IS NULL OR {differs}"
        )
        added, changed, races = self.run(
            "SELECT count(*) - count(old_key), count(old_key),"
            " array_agg(DISTINCT {race}) FROM delta"
        ).fetchone()
        found = {race for race in races or [] if race is not None}
        return Change(added, changed, n_rows - added - changed, 0, found)

    def remove(
        self, scope: list[int], change: Change, spared: Collection[Sheet] = ()
    ) -> None:
        """Rows of the scope that the source does not have any more."""
        column = sql.Identifier(self.table.column(self.table.scope))
        statement = sql.SQL(
            "DELETE FROM {table} t WHERE {scope} = ANY(%s) AND NOT EXISTS"
            " (SELECT FROM incoming i WHERE {same_key})"
            " AND {sheet} <> ALL(%s) RETURNING {race}"
        )
        self.cursor.execute(
            statement.format(scope=column, **self.names),
            [scope, [f"{race} {sheet}" for race, sheet in spared]],
        )
        self._note_removed(change)

    def remove_from_sheets(self, change: Change) -> None:
        """Rows of sheets that the source has, and has without them."""
        self.run(
            "DELETE FROM {table} t WHERE EXISTS"
            " (SELECT FROM incoming i WHERE {same_sheet})"
            " AND NOT EXISTS (SELECT FROM incoming i WHERE {same_key})"
            " RETURNING {race}"
        )
        self._note_removed(change)

    def _note_removed(self, change: Change) -> None:
        removed = [race for (race,) in self.cursor.fetchall()]
        change.removed = len(removed)
        change.races |= {race for race in removed if race is not None}

    def write(self) -> None:
        if self.table.is_referenced:
            self._update()
        else:
            self._replace()
        self.run(
            "INSERT INTO {table} ({columns})"
            " SELECT {columns} FROM delta WHERE old_key IS NULL"
        )

    def _update(self) -> None:
        if self.table.compared:
            self.run(
                "UPDATE {table} t SET ({compared}) = ROW({compared_delta})"
                " FROM delta d WHERE t.{pk} = d.old_key"
            )

    def _replace(self) -> None:
        self.run(
            "DELETE FROM {table} t USING delta d WHERE t.{pk} = d.old_key {same_race}"
        )
        self.run(
            "INSERT INTO {table} ({pk}, {columns})"
            " SELECT old_key, {from_delta} FROM delta d WHERE old_key IS NOT NULL"
        )

    def clear(self) -> None:
        self.run("DROP TABLE incoming, delta")


def _sheet_key(table: Table) -> tuple[str, ...]:
    return (table.scope, *(["kind"] if table.by_kind else [])) if table.scope else ()


def _same(columns: Iterable[str]) -> sql.Composable:
    pairs = [sql.SQL("t.{0} = i.{0}").format(sql.Identifier(c)) for c in columns]
    return sql.SQL(" AND ").join(pairs) if pairs else sql.SQL("false")


def _joined(columns: Iterable[str], alias: str = "") -> sql.Composable:
    names = [(alias, column) if alias else (column,) for column in columns]
    return sql.SQL(", ").join(sql.Identifier(*name) for name in names)
