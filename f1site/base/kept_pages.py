"""Whole answers for readers who are nobody in particular, from the cache.

The views that draw public pages mark their answers with `publish`. A reader with a
session is never answered from here. Without Redis every page is drawn: slower, not
broken.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from f1site.base import kept

View = Callable[[HttpRequest], HttpResponse]

KIND: Final = "page"
#: Where everything is about the caller, or has a cache of its own.
NEVER: Final = ("/admin/", "/api/", "/account", "/health", "/log", "/metrics")
#: The parts of a request that a public page may depend on, beside its address.
HEADERS: Final = ("HTTP_HX_REQUEST", "HTTP_HX_HISTORY_RESTORE_REQUEST")
#: What would make the answer a 304 before it could be kept.
CONDITIONS: Final = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


class Kept(NamedTuple):
    """An answer with status 200."""

    headers: dict[str, str]
    body: bytes
    view_name: str


def publish(response: HttpResponse) -> HttpResponse:
    """Mark an answer as the same for everybody who is not signed in."""
    response.is_public = True  # type: ignore[attr-defined]
    return response


def keep_pages(get_response: View) -> View:
    """Answer from the cache where the data are what they were."""

    def answer(request: HttpRequest) -> HttpResponse:
        try:
            era = kept.era() if _is_anybody(request) else None
        except Error as error:  # the view need not wait for it once more
            request.database_error = error  # type: ignore[attr-defined]
            era = None
        if era is None:
            return get_response(request)
        key = _key(request, era)
        found = kept.find(KIND, key)
        if found is not None:
            return _again(request, Kept(*found))
        asked = {name: request.META.pop(name, None) for name in CONDITIONS}
        response = get_response(request)
        request.META |= {name: value for name, value in asked.items() if value}
        if _may_keep(response):
            name = request.resolver_match.view_name if request.resolver_match else ""
            value = Kept(dict(response.items()), response.content, name)
            kept.keep(KIND, era, key, tuple(value))
        return _conditional(request, response)

    return answer


def _is_anybody(request: HttpRequest) -> bool:
    """Whether the answer can be one for all: nobody is signed in, nothing is sent."""
    return (
        request.method == "GET"
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "messages" not in request.COOKIES
        and "HTTP_AUTHORIZATION" not in request.META
        and not request.path_info.startswith(NEVER)
    )


def _key(request: HttpRequest, era: str) -> str:
    parts: list[Any] = [era, request.scheme, request.get_host(), request.path_info]
    parts.append(request.META.get("QUERY_STRING", ""))
    parts.append("gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""))
    parts += [name in request.META for name in HEADERS]
    return " ".join(map(str, parts))


def _may_keep(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and getattr(response, "is_public", False)
        and not response.cookies
    )


def _again(request: HttpRequest, found: Kept) -> HttpResponse:
    request.resolver_match = SimpleNamespace(  # type: ignore[assignment]
        view_name=found.view_name
    )
    return _conditional(request, HttpResponse(found.body, headers=found.headers))


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A 304 where the reader has this very answer."""
    answer = get_conditional_response(
        request, etag=response.get("ETag"), response=response
    )
    return answer if isinstance(answer, HttpResponse) else response
