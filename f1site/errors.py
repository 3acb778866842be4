"""What a request gets that failed: a page, or below /api/ the errors of the API."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.views import defaults

from predictions.api.errors import DATABASE_AWAY, Unavailable

API = "/api/"
FAILED = "This failed, and it is noted. Try again later, or ask for something else."
BAD = "The request is not one that can be answered. Look at its address and headers."


def failed(request: HttpRequest) -> HttpResponse:
    """503 while the database is out of reach, else 500; no answer asks it."""
    is_away = isinstance(sys.exc_info()[1], DATABASE_AWAY)
    if request.path_info.startswith(API):
        detail = Unavailable.default_detail if is_away else FAILED
        code = Unavailable.default_code if is_away else "error"
        response = _told(detail, code, 503 if is_away else 500)
    elif is_away:
        response = HttpResponse(get_template("503.html").render(), status=503)
    else:
        return defaults.server_error(request)
    response["Cache-Control"] = "no-store"
    if is_away:
        response["Retry-After"] = str(Unavailable.wait)
    return response


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, of a request that no view has seen."""
    if request.path_info.startswith(API):
        return _told(BAD, "bad_request", 400)
    return defaults.bad_request(request, exception)


def _told(detail: str, code: str, status: int) -> HttpResponse:
    response = JsonResponse({"detail": str(detail), "code": code}, status=status)
    response["Cache-Control"] = "no-store"
    return response
