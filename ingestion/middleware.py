"""What happens around the requests of editors."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from ingestion import effects

View = Callable[[HttpRequest], HttpResponse]


def warn_editors(get_response: View) -> View:
    """Show an editor the warnings of those who follow his correction."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with effects.heard() as warnings:
            response = get_response(request)
        for warning in warnings:
            messages.warning(request, warning)
        return response

    return middleware
