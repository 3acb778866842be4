"""Errors of the API: always ``{"detail": …, "code": …}``."""

from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give every error one shape; field errors stand under ``fields``."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = {
            "detail": "The request does not fit.",
            "code": "invalid",
            "fields": response.data,
        }
        return response
    detail = getattr(error, "detail", None)
    code = getattr(detail, "code", None) or "not_found"
    response.data = {"detail": str(detail or error), "code": code}
    return response
