"""One view, one text: the whole page, or the part of it that HTMX asks for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    htmx: HtmxDetails


def render_part(
    request: HtmxHttpRequest, page: str, part: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The fragment ``_part.html`` for a swap, else ``page.html`` which includes it."""
    swap = request.htmx and not request.htmx.history_restore_request
    name = f"_{part}.html" if swap else f"{page}.html"
    response = render(request, f"predictions/{name}", dict(context))
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response
