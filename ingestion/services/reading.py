"""Rows of the record as the records of a source, with natural keys in place of keys."""

from typing import Any

from django.db.models import Q

from ingestion.services.merge import Table

PATHS = {
    "race": ("race__season_id", "race__grand_prix"),
    "driver": ("driver__slug",),
    "team": ("team__slug",),
    "circuit": ("circuit__slug",),
    "layout": ("layout__slug",),
}


def read(table: Table, wanted: Q) -> list[Any]:
    """The rows of a table that are wanted, in the order of their natural keys."""
    paths = [path for name in table.fields for path in PATHS.get(name, (name,))]
    order = [
        "race_id" if name == "race" else PATHS.get(name, (name,))[0]
        for name in table.key
    ]
    rows = (
        table.model._default_manager.filter(wanted).order_by(*order).values_list(*paths)
    )
    if "race" not in table.fields:
        return [table.record(*row) for row in rows.distinct()]
    place = table.fields.index("race")
    return [
        table.record(*row[:place], (row[place], row[place + 1]), *row[place + 2 :])
        for row in rows
    ]
