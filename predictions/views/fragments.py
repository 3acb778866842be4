"""One view, one text: the whole page, or the part of it that HTMX asks for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    htmx: HtmxDetails


def is_swap(request: HtmxHttpRequest) -> bool:
    """Whether a part of the page is enough."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_part(
    request: HtmxHttpRequest, page: str, part: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The fragment ``_part.html`` for a swap, else ``page.html`` which includes it."""
    name = f"_{part}.html" if is_swap(request) else f"{page}.html"
    response = render(request, f"predictions/{name}", dict(context))
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response
