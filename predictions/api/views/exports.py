"""Whole tables to take along."""

from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import InScope
from accounts.models import Scope
from f1site.base.limits import CallerLimit, ExpensiveLimit
from predictions import exports
from predictions.api import schema
from predictions.api.errors import NotFound
from predictions.api.examples import exports as examples
from predictions.api.renderers import CsvFile, JsonLinesFile, ParquetFile
from predictions.api.serializers.exports import ExportsOut
from predictions.api.views.base import Readable
from predictions.tables import attachment

FILES = (CsvFile, JsonLinesFile, ParquetFile)


@schema.described(
    "exports",
    "Tables that can be exported",
    examples.EXPORTS,
    answer=ExportsOut,
    text="The tables and their columns. To take one along needs the role of an analyst,"
    " and of a personal token the scope `export`.",
)
class Exports(Readable):
    """The tables that can be taken along whole."""

    def get(self, request: Request) -> Response:
        tables = [
            {"name": name, "about": table.about, "columns": table.columns}
            for name, table in exports.TABLES.items()
        ]
        told = {"formats": [file.format for file in FILES], "tables": tables}
        return Response(ExportsOut(told, context={"request": request}).data)


@schema.file(
    "exports",
    "One whole table",
    text="All rows of a table in natural keys, as CSV, as JSON lines or as Parquet.",
    parameters=[schema.table_of(exports.TABLES), schema.format_of(FILES)],
    files={
        CsvFile.media_type: OpenApiTypes.STR,
        JsonLinesFile.media_type: OpenApiTypes.STR,
        ParquetFile.media_type: OpenApiTypes.BINARY,
    },
)
class ExportTable(Readable):
    """A whole table, for analysts."""

    http_method_names = ["get", "options"]
    permission_classes = [InScope]
    permission = "accounts.export_tables"
    scope = Scope.EXPORT
    renderer_classes = list(FILES)
    throttle_classes = [CallerLimit, ExpensiveLimit]

    def get(self, request: Request, table: str) -> Any:
        found = exports.TABLES.get(table)
        if found is None:
            raise NotFound(f"There is no table {table}; /api/v1/exports/ lists them.")
        file = request.accepted_renderer
        answer = _answer(found, file.format)
        answer["Content-Type"] = file.media_type
        answer["Content-Disposition"] = attachment(table, file.format)
        return answer


def _answer(table: exports.Table, form: str) -> StreamingHttpResponse:
    if form == ParquetFile.format:
        return FileResponse(exports.as_parquet(table))
    write = exports.as_csv if form == CsvFile.format else exports.as_json_lines
    return StreamingHttpResponse(write(table))
