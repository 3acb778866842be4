"""Every address below /ergast/f1: one question to the record, one document."""

from typing import Any, Final

from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from f1site.base.kept_pages import publish
from predictions.api.views.base import Readable
from predictions.ergast.answers import ANSWERS, Page
from predictions.ergast.asked import UNKEPT, parse
from predictions.ergast.scope import Scope

LIMIT, MOST_ROWS = 30, 100
MOST_DIGITS: Final = 9


class NotKept(exceptions.NotFound):
    """What the source has and this record does not."""

    default_code = "not_kept"
    default_detail = (
        "This site keeps no lap times and no pit stops. What it keeps is listed in"
        " docs/ergast.md."
    )


class AlwaysJson(BaseContentNegotiation):
    """Whatever a client says that it accepts, as at the source."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        renderer = renderers[0]
        return renderer, renderer.media_type


class Ergast(Readable):
    """The record in the shapes of the Ergast API."""

    http_method_names = ["get", "head"]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJson
    schema = None  # described in docs/ergast.md

    def get(self, request: Request, asked: str = "") -> Response:
        question = parse(asked)
        if question.endpoint in UNKEPT:
            raise NotKept
        page = _page(request)
        table = ANSWERS[question.endpoint](Scope(question), page)
        return Response(
            {
                "MRData": {
                    "xmlns": "",
                    "series": "f1",
                    "url": _address(request),
                    "limit": str(page.limit),
                    "offset": str(page.offset),
                    "total": str(table.total),
                    table.name: {**table.beside, table.list_name: table.rows},
                }
            }
        )

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Kept for the data version, as pages are."""
        final = super().finalize_response(request, response, *args, **kwargs)
        return publish(final)  # type: ignore[return-value]


def _page(request: Request) -> Page:
    """What is no number or too small is as good as not said, as at the source."""
    limit = _number(request, "limit")
    return Page(min(limit or LIMIT, MOST_ROWS), _number(request, "offset"))


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    is_number = text.isascii() and text.isdigit()
    return int(text[:MOST_DIGITS]) if is_number else 0


def _address(request: Request) -> str:
    """The address without its query; the source ends those without .json by a slash."""
    path = request.path if request.path.endswith((".json", "/")) else f"{request.path}/"
    return request.build_absolute_uri(path).lower()
