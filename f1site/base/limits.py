"""How much one caller may ask of the API: 429 with the time to wait, else headers.

Who shows nothing of himself is counted by his address before anything else, so that
kept answers count as well; who shows a session or a token is counted by REST
framework, once it knows who he is. What does not get so far, such as a guessed token,
counts for its address.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from f1site.base import buckets
from f1site.base.buckets import Bucket, Taken
from f1site.base.client_address import client_address

View = Callable[[HttpRequest], HttpResponse]

LIMITED: Final = ("/api/", "/ergast/")
API, LOGIN, EXPENSIVE = "api", "login", "expensive"


def limit_requests(get_response: View) -> View:
    """Refuse whom the bucket of the API refuses; say to all what is left of it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(LIMITED):
            return get_response(request)
        bucket, address = buckets.bucket(API), f"at:{client_address(request)}"
        if _shows_nothing(request):
            taken = buckets.take(bucket, address)
            request.is_counted = True  # type: ignore[attr-defined]
            if taken and not taken.is_allowed:
                return _with_headers(refused(taken), taken)
            return _with_headers(get_response(request), taken)
        return _of_who_shows_something(request, bucket, f"stray-{address}")

    def _of_who_shows_something(
        request: HttpRequest, bucket: Bucket, stray: str
    ) -> HttpResponse:
        """What ends before it is known whose it is counts for the address, apart."""
        left = buckets.take(bucket, stray, n=0)
        if left and not left.is_allowed:
            return _with_headers(refused(left), left)
        response = get_response(request)
        taken = getattr(request, "taken", None) or buckets.take(bucket, stray)
        return _with_headers(response, taken)

    return answer


def refused(taken: Taken) -> HttpResponse:
    response = JsonResponse(
        {"detail": sentence(taken.retry_after), "code": "throttled"}, status=429
    )
    response["Retry-After"] = str(taken.retry_after)
    response["Cache-Control"] = "no-store"
    return response


def sentence(wait: float) -> str:
    return f"Too many requests. Ask again in {wait:.0f} s."


def _shows_nothing(request: HttpRequest) -> bool:
    return (
        settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "HTTP_AUTHORIZATION" not in request.META
    )


def _with_headers(response: HttpResponse, taken: Taken | None) -> HttpResponse:
    if taken:
        response["X-RateLimit-Limit"] = str(taken.limit)
        response["X-RateLimit-Remaining"] = str(taken.remaining)
        response["X-RateLimit-Reset"] = str(taken.reset)
    return response


def caller(request: Any) -> str:
    """Who is counted together: a person, else an address."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return f"at:{client_address(request)}"


class CallerLimit(BaseThrottle):
    """The bucket of the API, for who was not counted on the way in."""

    name = API
    _taken: Taken | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        if self.name == API and getattr(request._request, "is_counted", False):
            return True
        self._taken = buckets.take(buckets.bucket(self.name), self.who(request))
        if self._taken is None:
            return True
        if self.name == API or not self._taken.is_allowed:
            request._request.taken = self._taken  # type: ignore[attr-defined]
        return self._taken.is_allowed

    def who(self, request: Request) -> str:
        return caller(request)

    def wait(self) -> float | None:
        return self._taken.retry_after if self._taken else None


class ExpensiveLimit(CallerLimit):
    """A bucket of its own for what takes the server seconds."""

    name = EXPENSIVE


class LoginLimit(CallerLimit):
    """Attempts to sign in, by address whoever one says to be."""

    name = LOGIN

    def who(self, request: Request) -> str:
        return f"at:{client_address(request)}"
