"""What happens around the requests of editors."""

from collections.abc import Callable

from auditlog.middleware import AuditlogMiddleware
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from ingestion import effects

View = Callable[[HttpRequest], HttpResponse]


READS = ("GET", "HEAD", "OPTIONS")


def name_editors(get_response: View) -> View:
    """Have the history of edits say who edits; who only reads is not asked for."""
    named: View = AuditlogMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponse:
        return (get_response if request.method in READS else named)(request)

    return middleware


def warn_editors(get_response: View) -> View:
    """Show an editor the warnings of those who follow his correction."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with effects.heard() as warnings:
            response = get_response(request)
        for warning in warnings:
            messages.warning(request, warning)
        return response

    return middleware
