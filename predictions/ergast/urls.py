"""All of /ergast/f1: what is asked for stands in the address, in any combination."""

from django.urls import re_path

from predictions.ergast.views import Ergast

urlpatterns = [
    re_path(r"^f1(?P<path>(?:\.json|/.*)?)$", Ergast.as_view(), name="ergast"),
]
