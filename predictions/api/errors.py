"""Errors of the API: always ``{"detail": …, "code": …}``."""

from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from f1site.base.limits import sentence

#: What the driver and its pool raise while the database is away.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


class NotFound(exceptions.NotFound):
    """A 404 that says what was looked for."""


class NoForecast(exceptions.NotFound):
    """A race without a forecast, and what to do about it."""

    default_code = "no_forecast"


class NoExplanation(exceptions.NotFound):
    """A forecast whose reasons cannot be told, and why."""

    default_code = "no_explanation"


class NoChain(exceptions.NotFound):
    """Two drivers whom no team-mates link."""

    default_code = "no_chain"


class Unavailable(exceptions.APIException):
    """The database is out of reach."""

    status_code = 503
    default_detail = "The database is out of reach. Try again in a few seconds."
    default_code = "unavailable"
    wait = 5


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give every error one shape."""
    if isinstance(error, DATABASE_AWAY):
        error = Unavailable()
    elif isinstance(error, Http404):
        error = NotFound(*error.args)
    elif isinstance(error, exceptions.Throttled):
        wait = getattr(error, "wait", None) or 1
        error.detail = exceptions.ErrorDetail(sentence(wait), error.default_code)
    response = exception_handler(error, context)
    if response is None:
        return None
    tell_as_json(context["request"])
    response.data = {"detail": _sentence(response.data), "code": _code(error, response)}
    response["Cache-Control"] = "no-store"
    return response


def tell_as_json(request: Request | None) -> None:
    """One shape, also where the answer would have been a table or a file."""
    chosen = getattr(request, "accepted_renderer", None)
    if request and (chosen is None or chosen.format not in ("json", "api")):
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type


def _code(error: Exception, response: Response) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    detail = getattr(error, "detail", None)
    code = getattr(detail, "code", None)
    return str(code or getattr(error, "default_code", response.status_code))


def _sentence(data: Any) -> str:
    """Whatever REST framework says, as one line of text."""
    if isinstance(data, dict):
        if set(data) == {"detail"}:
            return str(data["detail"])
        return " ".join(f"{name}: {_sentence(what)}" for name, what in data.items())
    if isinstance(data, list):
        return " ".join(_sentence(item) for item in data)
    return str(data)
