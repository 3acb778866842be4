"""Rows of two sides, matched by whose they are."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ingestion.records import RaceRef
from ingestion.services.merge import Table

#: Race, sheet, driver or team, and which of his rows it is.
Place = tuple[RaceRef, str, str, int]


def placed(table: Table, rows: Iterable[Any]) -> dict[Place, Any]:
    """Rows by whose they are: sides may number cars and order rows differently."""
    grouped: dict[tuple[RaceRef, str, str], list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.race, table.sheet(row), who(row)].append(row)
    return {
        (*key, number): row
        for key, found in grouped.items()
        for number, row in enumerate(sorted(found, key=_in_sheet), start=1)
    }


def who(row: Any) -> str:
    """The driver of a row, or the team where no driver is named."""
    return str(row.driver if hasattr(row, "driver") else row.team)


def _in_sheet(row: Any) -> tuple[str, int]:
    return getattr(row, "car_number", ""), row.display_order


def text_of(value: Any) -> str:
    """A value as text that leads back to it; nothing for unknown."""
    if value is None:
        return ""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
