"""Lists as CSV, a line for each row, and the files of whole tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.renderers import (
    BaseRenderer,
    BrowsableAPIRenderer,
    JSONRenderer,
)
from rest_framework.serializers import ListSerializer, Serializer

from predictions.tables import cell, csv_lines

Path = tuple[str, ...]


class CsvRenderer(BaseRenderer):
    """The rows of a list; keys of several parts have a column for each part.

    The columns are those of the description, whatever the rows hold: lists are joined
    by semicolons, free objects stay JSON, what is unknown is empty.
    """

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        rows = data["results"]
        columns = list(_columns(rows.serializer.child))
        lines = ([cell(_value(row, path)) for path in columns] for row in rows)
        return "".join(csv_lines(map("_".join, columns), lines))


#: What lists are answered as; an address in a browser is a page.
OF_LISTS: list[type[BaseRenderer]] = [JSONRenderer, BrowsableAPIRenderer, CsvRenderer]


def _columns(row: Any, above: Path = ()) -> Iterator[Path]:
    for name, field in row.fields.items():
        is_nested = isinstance(field, Serializer) and not isinstance(
            field, ListSerializer
        )
        if is_nested:
            yield from _columns(field, (*above, name))
        else:
            yield (*above, name)


def _value(row: Any, path: Path) -> Any:
    for part in path:
        row = None if row is None else row[part]
    return row


class CsvFile(BaseRenderer):
    """Says what can be asked for; the table itself is streamed by its view."""

    media_type = "text/csv"
    format = "csv"


class JsonLinesFile(CsvFile):
    media_type = "application/x-ndjson"
    format = "jsonl"


class ParquetFile(CsvFile):
    media_type = "application/vnd.apache.parquet"
    format = "parquet"
