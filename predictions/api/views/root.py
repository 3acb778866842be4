"""The front door of the API, and what stands at addresses that lead nowhere."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api import schema
from predictions.api.errors import NotFound
from predictions.api.examples import root as examples
from predictions.api.serializers.addresses import reverse
from predictions.api.views.base import Readable

NOUNS = (
    "seasons",
    "races",
    "calendar",
    "circuits",
    "teams",
    "drivers",
    "entries",
    "practice",
    "qualifying",
    "sprint",
    "results",
    "weather",
    "driver-standings",
    "team-standings",
    "ratings",
    "rating-changes",
    "rankings",
    "rating-surprises",
    "forecasts",
    "next-race",
    "models",
    "backtests",
    "accuracy",
    "exports",
    "data-health",
)


@schema.described(
    "root",
    "What there is",
    examples.ROOT,
    answer=OpenApiTypes.OBJECT,
    text="The addresses of all lists, by name.",
)
class Root(Readable):
    """The Formula One record, its ratings and sealed forecasts. Read only."""

    def get(self, request: Request) -> Response:
        lists = {noun: reverse(f"api:{noun}", request=request) for noun in NOUNS}
        return Response({**lists, "docs": reverse("api-docs", request=request)})

    def get_view_name(self) -> str:
        return "API v1"


class Nowhere(Readable):
    """An address that the API does not have, by whatever method."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete", "options"]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound(f"There is nothing at {request.path}; /api/v1/ lists all.")

    post = put = patch = delete = get
