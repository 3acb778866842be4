"""Paged answers of an Ergast-compatible API, and objects of JSON read with care.

``total`` counts rows, and a page may cut through a race. What is asked for is echoed;
an answer to another question is no answer.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ingestion.errors import SourceFormatError

T = TypeVar("T")

#: Answers one address from an offset on.
Ask = Callable[[str, int], bytes]

LIMIT = 100
#: Above all that a season ever had (39 entrants in 16 races).
MOST_ROWS = 1500
MOST_TEXT = 100


class WrongError(ValueError):
    """A value that cannot be right: where it stands, what it is, what was expected."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object of JSON, and the words that say where it stands."""

    where: str
    data: Mapping[str, Any]

    def at(self, where: str) -> "Node":
        return Node(where, self.data)

    def value(self, name: str, read: Callable[[str], T], expected: str) -> T:
        """A text as something else. The source writes numbers as texts, too."""
        value = self.data.get(name)
        if isinstance(value, str) and "\0" not in value and len(value) <= MOST_TEXT:
            try:
                return read(value)
            except (ValueError, KeyError, ArithmeticError):
                pass
        raise WrongError(self._wrong(name, expected))

    def maybe(self, name: str, read: Callable[[str], T], expected: str) -> T | None:
        """The same, where a field may be missing or empty."""
        if self.data.get(name, "") == "":
            return None
        return self.value(name, read, expected)

    def node(self, name: str) -> "Node":
        value = self.data.get(name)
        if not isinstance(value, dict):
            raise WrongError(self._wrong(name, "an object"))
        return Node(f"{self.where}, {name}" if self.where else name, value)

    def maybe_node(self, name: str) -> "Node | None":
        return self.node(name) if name in self.data else None

    def nodes(self, name: str) -> "list[Node]":
        value = self.data.get(name)
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise WrongError(self._wrong(name, "a list of objects"))
        return [Node(self.where, each) for each in value]

    def _wrong(self, name: str, expected: str) -> str:
        if name not in self.data:
            said = "is missing"
        else:
            said = f"is {str(self.data[name])[:40]!r}"
        where = f"{self.where}, " if self.where else ""
        return f"{where}{name} {said}; expected {expected}"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: what it says of itself, and its table."""

    address: str
    offset: int
    limit: int
    total: int
    table: Node

    @property
    def n_due(self) -> int:
        """Rows that it must have."""
        return max(min(self.limit, self.total - self.offset), 0)


def fetch_pages(ask: Ask, address: str, *, table: str) -> list[Page]:
    """All pages of an address, as many as its total demands; one if there is nothing.

    ``table`` is the name of what is in it, such as RaceTable.
    """
    pages: list[Page] = []
    offset = 0
    while True:
        page = parse_page(ask(address, offset), address, offset, table)
        if pages and page.total != pages[0].total:
            raise SourceFormatError(
                f"{address} changed while it was read: total {pages[0].total} on the"
                f" first page, {page.total} from row {offset + 1} on"
            )
        pages.append(page)
        offset += page.limit
        if offset >= page.total:
            return pages


def parse_page(content: bytes, address: str, offset: int, table: str) -> Page:
    """Check an answer against what was asked for."""
    try:
        outer = (
            Node("MRData", read_object(content, address)).node("MRData").at("MRData")
        )
        page = Page(
            address,
            outer.value("offset", whole, "a number"),
            outer.value("limit", whole, "a number"),
            outer.value("total", whole, "a number"),
            outer.node(table).at(table),
        )
    except WrongError as error:
        raise SourceFormatError(f"{address}: {error}") from None
    if page.offset != offset or not 1 <= page.limit <= LIMIT:
        raise SourceFormatError(
            f"{address} was asked for {LIMIT} rows from {offset} on and answers with"
            f" {page.limit} from {page.offset} on"
        )
    if page.total > MOST_ROWS:
        raise SourceFormatError(
            f"{address} claims {page.total:,} rows; no season had {MOST_ROWS:,}"
        )
    return page


def rows(pages: list[Page], outer: str, inner: str) -> Iterator[tuple[Node, Node]]:
    """The rows of all pages with the race or list they stand in.

    Refuses pages with more or fewer rows than they must have.
    """
    for page in pages:
        pairs = [
            (group, row)
            for group in page.table.nodes(outer)
            for row in (group.nodes(inner) if inner else [group])
        ]
        if len(pairs) != page.n_due:
            raise SourceFormatError(
                f"{page.address} has {len(pairs)} rows from {page.offset} on,"
                f" {page.n_due} of {page.total} are due"
            )
        yield from pairs


def whole(value: str) -> int:
    """A number without sign, such as ``57``."""
    if not (value.isascii() and value.isdigit() and len(value) <= 10):
        raise ValueError(value)
    return int(value)


def read_json(content: bytes, address: str) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise SourceFormatError(f"{address} is not UTF-8 ({error.reason})") from None
    except (ValueError, RecursionError) as error:
        start = content[:40].decode("utf-8", "replace")
        raise SourceFormatError(
            f"{address} is not JSON ({error}); it begins with {start!r}"
        ) from None


def read_object(content: bytes, address: str) -> dict[str, Any]:
    read = read_json(content, address)
    if not isinstance(read, dict):
        raise SourceFormatError(f"{address} is no object of JSON")
    return read


def _no_number(value: str) -> None:
    raise ValueError(f"{value} is no number")
