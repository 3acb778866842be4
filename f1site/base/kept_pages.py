"""Whole answers for readers who are nobody in particular, from the cache.

The views that draw public pages mark their answers with `publish`, and so does the API.
A reader with a session is never answered from here. Without Redis every page is drawn:
slower, not broken. Whatever must see each request, such as a limit, stands before this
in MIDDLEWARE.
"""

import hashlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django_htmx.middleware import HtmxDetails

from f1site.base import changes, kept

View = Callable[[HttpRequest], HttpResponse]

KIND: Final = "page"
#: Where everything is about the caller, or has a cache of its own.
NEVER: Final = ("/admin/", "/account", "/health", "/log", "/metrics")
API: Final = "/api/"
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
        key, kind = _key(request, era), _kind(request)
        found = kept.find(kind, key)
        if found is not None:
            return _again(request, Kept(*found))
        seen = changes.recently() if _is_api(request) else None
        tag = _tag(request, seen) if seen else ""
        if tag in _known(request):
            return HttpResponseNotModified(headers={"ETag": tag})
        asked = {name: request.META.pop(name, None) for name in CONDITIONS}
        response = get_response(request)
        request.META |= {name: value for name, value in asked.items() if value}
        if _may_keep(response):
            if seen:
                _stamp(response, tag, seen)
            name = request.resolver_match.view_name if request.resolver_match else ""
            value = Kept(dict(response.items()), response.content, name)
            kept.keep(kind, era, key, tuple(value))
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


def _kind(request: HttpRequest) -> str:
    """Each has room of its own: made-up queries leave that of the plain addresses."""
    where = "api" if _is_api(request) else KIND
    return f"{where}-asked" if request.META.get("QUERY_STRING") else where


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)


def _key(request: HttpRequest, era: str) -> str:
    parts: list[Any] = [era, request.scheme, request.get_host(), request.path_info]
    parts.append(request.META.get("QUERY_STRING", ""))
    parts.append("gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""))
    swap = HtmxDetails(request)
    parts += [bool(swap), swap.history_restore_request]  # as the views read them
    if _is_api(request):
        parts.append(request.META.get("HTTP_ACCEPT", ""))
    return " ".join(map(str, parts))


def _tag(request: HttpRequest, seen: changes.Seen) -> str:
    """The ETag of an answer that the data alone could change; known unanswered."""
    key = _key(request, f"{settings.VERSION}:{seen.version}")
    return f'"{hashlib.sha256(key.encode()).hexdigest()}"'


def _known(request: HttpRequest) -> list[str]:
    """The ETags that the reader has answers for."""
    told = request.META.get("HTTP_IF_NONE_MATCH", "")
    return [tag.removeprefix("W/") for tag in parse_etags(told)]


def _stamp(response: HttpResponse, tag: str, seen: changes.Seen) -> None:
    response["ETag"] = tag
    if seen.changed_at:
        response["Last-Modified"] = http_date(seen.changed_at.timestamp())


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
        request,
        etag=response.get("ETag"),
        last_modified=parse_http_date_safe(response.get("Last-Modified", "")),
        response=response,
    )
    return answer if isinstance(answer, HttpResponse) else response
