"""Whether rows of one sheet would break a promise of the database, asked beforehand."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import CheckConstraint, Q, UniqueConstraint

from ingestion.services.merge import Table


def broken_promises(table: Table, records: Sequence[Any]) -> list[str]:
    """Names of the constraints that these rows do not keep among themselves."""
    rows = [{n: getattr(record, n) for n in table.fields} for record in records]
    return [
        constraint.name
        for constraint in table.model._meta.constraints
        if _is_broken(constraint, rows)
    ]


def _is_broken(constraint: Any, rows: Sequence[dict[str, Any]]) -> bool:
    if isinstance(constraint, CheckConstraint):
        # As in SQL: a check passes, and a condition fails, where it is unknown.
        return not all(_holds(constraint.condition, row, True) for row in rows)
    if isinstance(constraint, UniqueConstraint):
        counts = Counter(
            tuple(row[name] for name in constraint.fields)
            for row in rows
            if constraint.condition is None or _holds(constraint.condition, row, False)
        )
        # Empty values are never the same.
        return any(n > 1 and None not in values for values, n in counts.items())
    return False


def _holds(condition: Any, row: dict[str, Any], unknown: bool) -> bool:
    """Whether plain comparisons hold of a row; others are left to the database."""
    outcomes = [_part_holds(part, row, unknown) for part in condition.children]
    is_met = any(outcomes) if condition.connector == Q.OR else all(outcomes)
    return is_met is not condition.negated


def _part_holds(part: Any, row: dict[str, Any], unknown: bool) -> bool:
    if isinstance(part, Q):
        return _holds(part, row, unknown)
    path, wanted = part
    name, _, lookup = path.partition("__")
    if name not in row or hasattr(wanted, "resolve_expression"):
        return True
    value = row[name]
    if lookup == "isnull":
        return (value is None) is wanted
    if value is None:
        return unknown
    compare = COMPARE.get(lookup)
    return compare(value, wanted) if compare else True


COMPARE: dict[str, Any] = {
    "": lambda value, wanted: value == wanted,
    "gte": lambda value, wanted: value >= wanted,
    "gt": lambda value, wanted: value > wanted,
    "lte": lambda value, wanted: value <= wanted,
    "lt": lambda value, wanted: value < wanted,
    "in": lambda value, wanted: value in wanted,
}
