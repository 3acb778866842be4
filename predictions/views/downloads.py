"""Tables as files."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from predictions.tables import attachment, csv_lines

FORMS = ("csv", "json")


def addresses(name: str, **query: Any) -> dict[str, str]:
    """Of a table by form; what is empty is not asked for."""
    asked = urlencode({key: value for key, value in query.items() if value})
    return {
        form: f"{reverse(f'{name}-{form}')}{'?' if asked else ''}{asked}"
        for form in FORMS
    }


def csv_file(
    name: str, head: Iterable[str], rows: Iterable[Iterable[Any]]
) -> HttpResponse:
    """A table to keep: ``name.csv``."""
    response = HttpResponse(
        csv_lines(head, rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = attachment(name, "csv")
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
