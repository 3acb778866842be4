"""Seasons, circuits, races and sessions in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest

from f1site.base.admin import ReferenceAdmin, SeasonFilter, ShownInline
from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.admin.correcting import CorrectingAdmin
from ingestion.admin.grid import GridMixin
from ingestion.admin.weather import WeatherInline
from ingestion.models import Circuit, CircuitLayout, Race, Season, Session
from ingestion.services.changes import mark_changed

#: A change of these moves a race in the order of replay, or in or out of it.
ORDERS_REPLAY = {"status", "starts_on", "starts_at"}


@admin.register(Season)
class SeasonAdmin(ReferenceAdmin[Season]):
    """Championship years."""

    list_display = ["year"]
    search_fields = ["year"]
    ordering = ["-year"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Season | None = None
    ) -> list[str]:
        return ["year"] if obj else []


class LayoutInline(ShownInline[CircuitLayout]):
    model = CircuitLayout


@admin.register(Circuit)
class CircuitAdmin(CorrectingAdmin[Circuit], ReferenceAdmin[Circuit]):
    """Tracks and their layouts."""

    list_display = ["name", "place", "country", "kind", "length_km", "turns", "slug"]
    list_filter = ["kind", "country"]
    search_fields = ["name", "full_name", "place", "country", "slug"]
    inlines = [LayoutInline]


@admin.register(CircuitLayout)
class CircuitLayoutAdmin(CorrectingAdmin[CircuitLayout], ReferenceAdmin[CircuitLayout]):
    """Shapes of circuits through the years."""

    list_display = ["slug", "circuit", "length_km", "turns"]
    list_select_related = ["circuit"]
    autocomplete_fields = ["circuit"]
    search_fields = ["slug", "circuit__name"]


class RaceSeasonFilter(SeasonFilter):
    race_key = "id"


class SessionInline(ShownInline[Session]):
    model = Session


@admin.register(Race)
class RaceAdmin(GridMixin, CorrectingAdmin[Race], ReferenceAdmin[Race]):
    """Races. The key is given once and never changes, the round may."""

    change_form_template = "admin/ingestion/race/race_change_form.html"

    list_display = ["name", "season", "round", "starts_on", "circuit", "status"]
    list_filter = [RaceSeasonFilter, "status", "sprint_format"]
    list_select_related = ["season", "circuit"]
    autocomplete_fields = ["season", "circuit", "layout"]
    search_fields = ["name", "season__year", "grand_prix", "circuit__name"]
    date_hierarchy = "starts_on"
    ordering = ["-starts_on", "-id"]
    inlines = [SessionInline, WeatherInline]
    fieldsets = [
        (None, {"fields": ["id", "season", "round", "grand_prix", "name"]}),
        (None, {"fields": ["official_name", "status"]}),
        ("Where and when", {"fields": ["circuit", "layout", "starts_on", "starts_at"]}),
        ("Format", {"fields": ["qualifying_format", "sprint_format"]}),
        ("Distance", {"fields": ["laps", "scheduled_laps", "course_length_km"]}),
        ("Provenance", {"fields": ["results_changed_at"]}),
    ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Race | None = None
    ) -> list[str]:
        fixed = {"id", "results_changed_at"} | ({"season"} if obj else set())
        return sorted(fixed | {*super().get_readonly_fields(request, obj)})

    def save_model(
        self, request: HttpRequest, obj: Race, form: Any, change: bool
    ) -> None:
        if not change:
            obj.pk = next_key(obj.season_id)
        super().save_model(request, obj, form, change)

    def type_in(self, request: HttpRequest, obj: Race, form: Any, change: bool) -> None:
        super().type_in(request, obj, form, change)
        if ORDERS_REPLAY & set(form.changed_data):
            mark_changed([obj.pk])


def next_key(year: int) -> int:
    """The first race key of a season that was never given, so far as rows tell."""
    last: int | None = Race.objects.filter(season_id=year).aggregate(m=Max("pk"))["m"]
    return (last or year * KEYS_PER_SEASON) + 1


@admin.register(Session)
class SessionAdmin(CorrectingAdmin[Session]):
    """Timed outings of race weekends."""

    list_display = ["race", "kind", "starts_on", "starts_at"]
    list_filter = [SeasonFilter, "kind"]
    list_select_related = ["race"]
    autocomplete_fields = ["race"]
    search_fields = ["race__name", "race__season__year", "kind"]
    date_hierarchy = "starts_on"
    ordering = ["-starts_on", "-id"]
