"""Pages of the API: 30 rows unless told, 100 at most."""

from typing import Any

from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

MOST_ROWS = 100


class PageNumberPagination(pagination.PageNumberPagination):
    """Numbered pages; more than the most is cut, what is no number is refused."""

    page_size_query_param = "page_size"
    page_size_query_description = f"Rows of a page, {MOST_ROWS} at most."
    max_page_size = MOST_ROWS

    def get_page_size(self, request: Request) -> int | None:
        asked = request.query_params.get("page_size")
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) < 9) or not int(
            asked
        ):
            raise ValidationError({"page_size": "a whole number from 1, please."})
        return min(int(asked), MOST_ROWS)

    def get_paginated_response(self, data: Any) -> Response:
        """Told in headers as well, for tables that have no room for it."""
        response = super().get_paginated_response(data)
        response["X-Total-Count"] = str(response.data["count"])
        links = {"next": response.data["next"], "prev": response.data["previous"]}
        told = [f'<{url}>; rel="{rel}"' for rel, url in links.items() if url]
        if told:
            response["Link"] = ", ".join(told)
        return response

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Numbers from 1."""
        described = super().get_schema_operation_parameters(view)
        for parameter in described:
            parameter["schema"]["minimum"] = 1
        return described

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The envelope, without REST framework's made-up example addresses."""
        described = super().get_paginated_response_schema(schema)
        for name, example in (("count", 1), ("next", None), ("previous", None)):
            described["properties"][name]["example"] = example
        return described


class OnePage(PageNumberPagination):
    """The same envelope for the few rows of one race: all at once."""

    page_size = MOST_ROWS

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> Any:
        """Read the rows once; their number needs no query of its own."""
        return super().paginate_queryset(list(queryset), request, view)
