"""Weather in the admin."""

from django.contrib import admin

from f1site.base.admin import SeasonFilter
from ingestion.admin.correcting import CorrectingAdmin
from ingestion.models import WeatherData


@admin.register(WeatherData)
class WeatherAdmin(CorrectingAdmin[WeatherData]):
    """Weather of races; an editor may type in what no source knows."""

    list_display = [
        "race",
        "condition",
        "air_temp_c",
        "rain_mm",
        "wind_kmh",
        "is_forecast",
        "source",
    ]
    list_filter = [SeasonFilter, "condition", "is_forecast", "source"]
    list_select_related = ["race"]
    autocomplete_fields = ["race"]
    search_fields = ["race__name", "race__season__year"]
    ordering = ["-race_id", "is_forecast", "source"]
