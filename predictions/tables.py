"""Tables as files for other programs."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

#: A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A table line by line; no cell is a formula anywhere."""
    writer = csv.writer(_Passing())
    for cells in chain([head], rows):
        yield writer.writerow(map(_harmless, cells))


def attachment(name: str, form: str) -> str:
    """The Content-Disposition of a file to keep; names are made safe."""
    safe = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")
    return f'attachment; filename="{safe or "table"}.{form}"'


class _Passing:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
