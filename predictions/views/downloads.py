"""Tables as files."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse


def csv_file(
    name: str, head: Iterable[str], rows: Iterable[Iterable[Any]]
) -> HttpResponse:
    """A table to keep: ``name.csv``."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(list(head))
    writer.writerows(list(row) for row in rows)
    return response


def table_file(
    form: str,
    name: str,
    head: Iterable[str],
    rows: Iterable[Iterable[Any]],
    **frame: Any,
) -> HttpResponse:
    """The same table as ``csv`` or as ``json``, which has room for its frame."""
    head = list(head)
    if form == "csv":
        return csv_file(name, head, rows)
    lines = [dict(zip(head, row, strict=True)) for row in rows]
    return JsonResponse({**frame, "results": lines})
