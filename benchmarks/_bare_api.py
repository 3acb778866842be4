"""The reference of `benchmarks.api`: a view of REST framework and nothing else.

The rows of one race in one query, by a ModelSerializer of all their columns; settings
of its own, no middleware, the database connection kept open as the site keeps its own.
"""

import os

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": environ.Env.db_url_config(os.environ["DATABASE_URL"])
        | {"CONN_MAX_AGE": 60}
    },
    INSTALLED_APPS=["rest_framework"],
    ENABLE_METRICS=False,  # as nobody would look at them
    LOGGING_CONFIG=None,
    MIDDLEWARE=[],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a benchmark",  # noqa: S106
    USE_TZ=True,
)
django.setup()

from django.db import models  # noqa: E402 - once there are settings
from django.urls import path  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class Result(models.Model):
    """The columns of a classification."""

    race_id = models.IntegerField()
    driver_id = models.IntegerField()
    team_id = models.IntegerField()
    car_number = models.CharField(max_length=3)
    display_order = models.IntegerField()
    position = models.IntegerField(null=True)
    is_classified = models.BooleanField()
    status = models.CharField(max_length=15)
    reason = models.CharField(max_length=100)
    grid = models.IntegerField(null=True)
    from_pit_lane = models.BooleanField()
    qualifying_position = models.IntegerField(null=True)
    laps = models.IntegerField(null=True)
    time_ms = models.IntegerField(null=True)
    gap_ms = models.IntegerField(null=True)
    gap_laps = models.IntegerField(null=True)
    penalty_ms = models.IntegerField(null=True)
    points = models.DecimalField(max_digits=5, decimal_places=2)
    is_shared_car = models.BooleanField()
    has_pole = models.BooleanField()
    has_fastest_lap = models.BooleanField()
    best_lap_ms = models.IntegerField(null=True)
    pit_stops = models.IntegerField(null=True)

    class Meta:
        app_label = "bare"
        managed = False
        db_table = "ingestion_raceresult"

    def __str__(self) -> str:
        return f"{self.race_id}: {self.position}"


class ResultSerializer(serializers.ModelSerializer[Result]):
    class Meta:
        model = Result
        fields = "__all__"


class Results(generics.ListAPIView[Result]):
    serializer_class = ResultSerializer

    def get_queryset(self) -> models.QuerySet[Result]:
        race = self.kwargs["race"]
        return Result._default_manager.filter(race_id=race).order_by("display_order")


urlpatterns = [path("<int:race>/", Results.as_view())]
application = get_wsgi_application()
