"""How operations are described: a sentence, an example, the errors."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

View = TypeVar("View", bound=type)

JSON, CSV = "application/json", "text/csv"
COUNT = OpenApiParameter(
    "X-Total-Count",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    response=[200],
    description="Rows of all pages.",
)
LINK = OpenApiParameter(
    "Link",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    required=False,
    description="Addresses of the next and the previous page (RFC 8288).",
)

ROUND = OpenApiParameter(
    "round",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="Round from 1, or the Grand Prix where a cancelled race has none.",
    examples=[OpenApiExample("round", value="22")],
)
YEAR = OpenApiParameter(
    "year",
    OpenApiTypes.INT,
    OpenApiParameter.PATH,
    description="Season.",
    examples=[OpenApiExample("season", value=2024)],
)
FORMAT = OpenApiParameter(
    "format",
    OpenApiTypes.STR,
    enum=["json", "csv"],
    description="A table with a line for each row, or JSON; what `Accept` says"
    " unless told.",
)


class Error(serializers.Serializer[Any]):
    """What every error looks like."""

    detail = serializers.CharField(help_text="what is wrong, for people")
    code = serializers.CharField(help_text="what is wrong, for programs")


def error(said: str, code: str) -> OpenApiResponse:
    example = OpenApiExample(code, value={"detail": said, "code": code})
    return OpenApiResponse(Error, description=said, examples=[example])


BAD_VALUE = error("season: Enter a whole number.", "invalid")
NO_PAGE = error("Invalid page.", "not_found")
NO_ROW = error("The record holds no driver james-hunt-2.", "not_found")
NO_RACE = error("The record holds no race 2024 25.", "not_found")
NO_TABLE = error("There is no table users; /api/v1/exports/ lists them.", "not_found")
NOT_SIGNED_IN = error(
    "Authentication credentials were not provided.", "not_authenticated"
)
NOT_ALLOWED = error("Your role may not do this.", "permission_denied")
NO_CHAIN = error(
    "No chain of team-mates leads from Jim Clark to Bill Vukovich.", "no_chain"
)
NO_EXPLANATION = error(
    "It was issued before the inputs of forecasts were kept, so its reasons cannot be"
    " told.",
    "no_explanation",
)
BUSY = error("A backtest that you asked for is still running. Ask again then.", "busy")
NO_FORECAST = error(
    "No forecast of the 2025 Australian Grand Prix was issued yet."
    " Issue one: ./run manage forecast --race 2025-1.",
    "no_forecast",
)


def described(
    tag: str,
    summary: str,
    example: Any,
    *,
    answer: Any,
    text: str = "",
    errors: dict[int, OpenApiResponse] | None = None,
    parameters: Iterable[OpenApiParameter | type[serializers.Serializer[Any]]] = (),
    others: dict[tuple[int, str], Any] | None = None,
) -> Callable[[View], View]:
    """Describe the ``get`` of a view; the example is what a row looks like.

    ``others`` are answers in other media types than JSON.
    """
    operation = extend_schema(
        tags=[tag],
        summary=summary,
        description=text or f"{summary}.",
        parameters=list(parameters),
        responses={
            (200, JSON): answer,
            **(others or {}),
            **{(status, JSON): told for status, told in (errors or {}).items()},
        },
        examples=[OpenApiExample("example", value=example, response_only=True)],
    )
    decorate: Callable[[View], View] = extend_schema_view(get=operation)
    return decorate


def _rows(
    tag: str,
    summary: str,
    example: Any,
    row: type[serializers.BaseSerializer[Any]],
    *,
    parameters: Iterable[Any] = (),
    **more: Any,
) -> Callable[[View], View]:
    """Describe rows, which come page by page and as a table, too."""
    return described(
        tag,
        summary,
        example,
        answer=row(many=True),
        parameters=[*parameters, FORMAT, COUNT, LINK],
        others={(200, CSV): OpenApiTypes.STR},
        **more,
    )


def file(
    tag: str,
    summary: str,
    *,
    text: str,
    parameters: Iterable[OpenApiParameter],
    files: dict[str, Any],
) -> Callable[[View], View]:
    """Describe an answer that is a file, in each of its media types."""
    errors = {401: NOT_SIGNED_IN, 403: NOT_ALLOWED, 404: NO_TABLE}
    operation = extend_schema(
        operation_id=f"v1_{tag}_file_retrieve",
        tags=[tag],
        summary=summary,
        description=text,
        parameters=list(parameters),
        responses={
            **{(200, media_type): answer for media_type, answer in files.items()},
            **{(status, JSON): told for status, told in errors.items()},
        },
    )
    decorate: Callable[[View], View] = extend_schema_view(get=operation)
    return decorate


def table_of(tables: Iterable[str]) -> OpenApiParameter:
    return OpenApiParameter(
        "table",
        OpenApiTypes.STR,
        OpenApiParameter.PATH,
        enum=list(tables),
        description="A name that the list of exports has.",
    )


def format_of(files: Iterable[type[BaseRenderer]]) -> OpenApiParameter:
    return OpenApiParameter(
        "format",
        OpenApiTypes.STR,
        enum=[file.format for file in files],
        description="What `Accept` says unless told, else CSV.",
    )


def a_list(
    tag: str,
    summary: str,
    example: Any,
    row: type[serializers.BaseSerializer[Any]],
    **more: Any,
) -> Callable[[View], View]:
    """Describe a list that is filtered and paged."""
    errors = {400: BAD_VALUE, 404: NO_PAGE}
    return _rows(tag, summary, example, row, errors=errors, **more)


def of_race(
    summary: str,
    example: Any,
    row: type[serializers.BaseSerializer[Any]],
    parameters: Iterable[Any] = (),
    **more: Any,
) -> Callable[[View], View]:
    """Describe a list that belongs to one race."""
    errors = {400: BAD_VALUE, 404: NO_RACE}
    parameters = [YEAR, ROUND, *parameters]
    return _rows(
        "races", summary, example, row, errors=errors, parameters=parameters, **more
    )


def one(
    tag: str,
    summary: str,
    example: Any,
    row: type[serializers.BaseSerializer[Any]],
    **more: Any,
) -> Callable[[View], View]:
    """Describe one row, found by its natural key."""
    errors = {404: NO_ROW}
    return described(tag, summary, example, answer=row, errors=errors, **more)


#: What any operation may answer, whatever it is about.
EVERYWHERE = {
    "400": "What was sent does not fit; `detail` names it.",
    "401": "The token is unknown, expired or revoked, or one is needed.",
    "403": "Not with this role, or not with the scope of this token.",
    "404": "There is no such thing, page or format.",
    "406": "No format that `Accept` names can be had.",
    "429": "Too many requests; `Retry-After` says how long to wait.",
    "503": "The database is out of reach; ask again in some seconds.",
}
#: Said by the server before any of us sees the request.
TOO_LONG = {
    "content": {"text/html": {"schema": {"type": "string"}}},
    "description": "The address is longer than 4,094 characters.",
}


def add_common_errors(result: Any, **kwargs: Any) -> Any:
    """A hook of the description: the errors that every operation shares."""
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for item in result["paths"].values():
        for operation in item.values():
            for status, said in EVERYWHERE.items():
                error = {"content": body, "description": said}
                operation["responses"].setdefault(status, error)
            operation["responses"]["414"] = TOO_LONG
    return result
