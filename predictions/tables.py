"""Tables as files for other programs."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
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


def cell(value: Any) -> Any:
    """What JSON knows as a cell: lists by semicolons, objects as they are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and not any(isinstance(one, dict) for one in value):
        return ";".join(map(str, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def plain(value: Any) -> Any:
    """A value of the record as JSON knows it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


class _Passing:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
