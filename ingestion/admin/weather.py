"""Weather in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from f1site.base.admin import SeasonFilter, ShownInline
from ingestion.admin.correcting import CorrectingAdmin
from ingestion.models import EDITOR, WeatherData


class WeatherInline(ShownInline[WeatherData]):
    model = WeatherData
    fields = [
        "kind",
        "is_forecast",
        "source",
        "condition",
        "air_temp_c",
        "rain_mm",
        "wind_kmh",
        "humidity_pct",
        "known_at",
    ]


@admin.register(WeatherData)
class WeatherAdmin(CorrectingAdmin[WeatherData]):
    """Weather of sessions; an editor may type in what no source knows."""

    list_display = [
        "race",
        "kind",
        "condition",
        "air_temp_c",
        "rain_mm",
        "wind_kmh",
        "is_forecast",
        "source",
    ]
    list_filter = [SeasonFilter, "kind", "condition", "is_forecast", "source"]
    list_select_related = ["race"]
    autocomplete_fields = ["race"]
    search_fields = ["race__name", "race__season__year"]
    ordering = ["-race_id", "kind", "is_forecast", "source"]

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Any:
        """What is typed in has the editor for its source, unless told otherwise."""
        if db_field.name == "source":
            options["initial"] = EDITOR
        return super().formfield_for_dbfield(db_field, request, **options)
