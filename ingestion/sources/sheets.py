"""Reading a CSV file row by row, with an error that names file, row and column.

A :class:`Sheet` says how the columns of a file make one record. Every cell goes
through a reader that raises ``ValueError`` or ``KeyError`` on a value that cannot
be right; what went wrong is looked up only then, so that a good row costs little.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast

from ingestion.errors import MOST_SHOWN, SourceFormatError

T = TypeVar("T")

#: After so many bad rows a file is not worth reading on.
ENOUGH = 10 * MOST_SHOWN


@dataclass(frozen=True)
class Column:
    """One field of a record: the columns it is read from, and how.

    ``read`` gets the text of the cell, or a tuple of texts for several columns.
    """

    names: tuple[str, ...]
    read: Callable[[Any], Any]
    expected: str


def text(name: str) -> Column:
    return Column((name,), str, "text")


def required(name: str) -> Column:
    return Column((name,), _required, "text")


def whole(name: str) -> Column:
    return Column((name,), whole_number, "a whole number")


def optional_whole(name: str) -> Column:
    return Column((name,), optional(whole_number), "a whole number or nothing")


def decimal(name: str) -> Column:
    return Column((name,), decimal_number, "a number")


def optional_decimal(name: str) -> Column:
    return Column((name,), optional(decimal_number), "a number or nothing")


def day(name: str) -> Column:
    return Column((name,), date.fromisoformat, "a date as 2024-05-26")


def optional_day(name: str) -> Column:
    return Column((name,), optional(date.fromisoformat), "a date or nothing")


def flag(name: str) -> Column:
    return Column((name,), {"true": True, "false": False}.__getitem__, "true or false")


def choice(name: str, values: Mapping[str, T]) -> Column:
    return Column((name,), values.__getitem__, f"one of {', '.join(values)}")


def reference(name: str, known: Mapping[str, T], noun: str) -> Column:
    return Column((name,), known.__getitem__, f"a {noun} that the source knows")


def constant(value: T) -> Column:
    return Column((), lambda _: value, "nothing")


def combined(names: tuple[str, ...], read: Callable[[Any], Any], what: str) -> Column:
    """A field that several columns say together."""
    return Column(names, read, what)


def _required(value: str) -> str:
    if not value:
        raise ValueError("empty")
    return value


def whole_number(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(value)
    return int(value)


def decimal_number(value: str) -> Decimal:
    """A decimal written plainly; the likes of NaN and 1e9 are no facts."""
    if not value.lstrip("-").replace(".", "", 1).isdigit() or not value.isascii():
        raise ValueError(value)
    return Decimal(value)


def optional(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """The same reader, to which nothing means unknown."""

    def read_or_none(value: str) -> T | None:
        return read(value) if value else None

    return read_or_none


def moment(on: str, at: str) -> datetime | None:
    """Date and time of day in UTC; None while the time is not known."""
    if not (on and at):
        return None
    return datetime.fromisoformat(f"{on}T{at}").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Sheet(Generic[T]):
    """A file whose rows are records of one kind.

    ``columns`` says how each field of the record is read; no two rows may agree in
    all of ``unique``. A ``core`` file without rows is an error.
    """

    name: str
    make: type[T]
    columns: Mapping[str, Column]
    unique: tuple[str, ...] = ()
    is_core: bool = False
    delimiter: str = ","

    def read(self, lines: Iterable[str]) -> list[T]:
        """All records of the file; SourceFormatError lists the rows that are wrong."""
        rows = csv.reader(lines, strict=True, delimiter=self.delimiter)
        try:
            return self._records(rows)
        except UnicodeDecodeError as error:
            raise self._broken(
                rows.line_num, f"is not UTF-8 text ({error.reason})"
            ) from error
        except csv.Error as error:
            raise self._broken(rows.line_num, f"is not CSV ({error})") from error

    def _broken(self, line: int, why: str) -> SourceFormatError:
        return SourceFormatError(f"{self.name} {why} after line {line}")

    def _records(self, rows: Iterator[list[str]]) -> list[T]:
        header = next(rows, [])
        getters = self._getters(header)
        make, width = self.make, len(header)
        plan = [(column.read, get) for column, get in getters]
        seen: set[Any] = set()
        identity = _cells(header, self.unique) if self.unique else None
        records, problems = [], []
        for number, row in enumerate(rows, start=2):
            try:
                if len(row) != width:
                    raise ValueError("ragged")
                records.append(make(*[read(get(row)) for read, get in plan]))
                if identity:
                    seen.add(identity(row))
                    if len(seen) != len(records):
                        raise ValueError("duplicate")
            except (ValueError, KeyError):
                problems.append(self._problem(number, row, width, getters))
                seen, records = set(), []
                if len(problems) >= ENOUGH:
                    break
        if problems:
            raise SourceFormatError(f"{self.name} has rows that are wrong", problems)
        if self.is_core and not records:
            raise SourceFormatError(f"{self.name} has no rows")
        return records

    def _getters(
        self, header: list[str]
    ) -> list[tuple[Column, Callable[[list[str]], Any]]]:
        wanted = {name for column in self.columns.values() for name in column.names}
        missing = sorted((wanted | set(self.unique)) - set(header))
        if missing:
            raise SourceFormatError(
                f"{self.name} lacks the column {', '.join(missing)};"
                f" it begins with {', '.join(header[:6]) or 'nothing at all'}"
            )
        # Records are made by position: much faster than by name.
        in_order = [self.columns[field.name] for field in fields(cast(Any, self.make))]
        return [(column, _cells(header, column.names)) for column in in_order]

    def _problem(
        self,
        number: int,
        row: list[str],
        width: int,
        getters: list[tuple[Column, Callable[[list[str]], Any]]],
    ) -> str:
        where = f"{self.name} row {number}"
        if len(row) != width:
            return f"{where} has {len(row)} cells, the header has {width}"
        for column, get in getters:
            try:
                column.read(get(row))
            except (ValueError, KeyError):
                value = get(row)
                names = ", ".join(column.names)
                return f"{where}, {names}: {value!r}; expected {column.expected}"
        return f"{where} has the same {', '.join(self.unique)} as a row above"


def _cells(header: list[str], names: tuple[str, ...]) -> Callable[[list[str]], Any]:
    """Picks one cell, or a tuple of several, out of a row."""
    if not names:
        return lambda row: None
    return itemgetter(*[header.index(name) for name in names])
