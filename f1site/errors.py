"""The page of a request that failed."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.views.defaults import server_error

from predictions.api.errors import DATABASE_AWAY, Unavailable


def failed(request: HttpRequest) -> HttpResponse:
    """503 while the database is out of reach, else 500; neither page asks it."""
    if not isinstance(sys.exc_info()[1], DATABASE_AWAY):
        return server_error(request)
    response = HttpResponse(get_template("503.html").render(), status=503)
    response["Retry-After"] = str(Unavailable.wait)
    response["Cache-Control"] = "no-store"
    return response
