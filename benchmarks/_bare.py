"""The reference of `benchmarks.pages`: views that return a constant, nothing else."""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ENABLE_METRICS=False,  # as nobody would look at them
    LOGGING_CONFIG=None,
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a benchmark",  # noqa: S106
)
django.setup()

CONSTANTS = {size: b"x" * size for size in map(int, os.environ["SIZES"].split())}


def constant(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(CONSTANTS[size])


urlpatterns = [path("<int:size>", constant)]
application = get_wsgi_application()
