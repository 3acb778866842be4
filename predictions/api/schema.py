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

View = TypeVar("View", bound=type)

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
NO_CHAIN = error(
    "No chain of team-mates leads from Jim Clark to Bill Vukovich.", "no_chain"
)
NO_EXPLANATION = error(
    "It was issued before the inputs of forecasts were kept, so its reasons cannot be"
    " told.",
    "no_explanation",
)
NO_QUEUE = error("The job queue does not answer. Ask again in a minute.", "no_queue")
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
) -> Callable[[View], View]:
    """Describe the ``get`` of a view; the example is what a row looks like."""
    operation = extend_schema(
        tags=[tag],
        summary=summary,
        description=text or f"{summary}.",
        parameters=list(parameters),
        responses={200: answer, **(errors or {})},
        examples=[OpenApiExample("example", value=example, response_only=True)],
    )
    decorate: Callable[[View], View] = extend_schema_view(get=operation)
    return decorate


def a_list(
    tag: str,
    summary: str,
    example: Any,
    row: type[serializers.BaseSerializer[Any]],
    **more: Any,
) -> Callable[[View], View]:
    """Describe a list that is filtered and paged."""
    errors = {400: BAD_VALUE, 404: NO_PAGE}
    answer = row(many=True)
    return described(tag, summary, example, answer=answer, errors=errors, **more)


def of_race(
    summary: str,
    example: Any,
    row: type[serializers.BaseSerializer[Any]],
    parameters: Iterable[type[serializers.Serializer[Any]]] = (),
    **more: Any,
) -> Callable[[View], View]:
    """Describe a list that belongs to one race."""
    errors = {400: BAD_VALUE, 404: NO_RACE}
    return described(
        "races",
        summary,
        example,
        answer=row(many=True),
        errors=errors,
        parameters=[YEAR, ROUND, *parameters],
        **more,
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
