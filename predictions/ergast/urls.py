"""All of /ergast/f1: what is asked for stands in the address, in any combination."""

from django.urls import path

from predictions.ergast.views import Ergast

urlpatterns = [
    path("f1", Ergast.as_view(), name="ergast-root"),
    path("f1.json", Ergast.as_view(), name="ergast-root-json"),
    path("f1/", Ergast.as_view(), name="ergast-all"),
    path("f1/<path:asked>", Ergast.as_view(), name="ergast"),
]
