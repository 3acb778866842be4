"""Ratings in the admin: to look at, never to edit."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from f1site.base.admin import ReadOnlyAdmin, SeasonFilter
from ratings.models import RatedRace, RatingChange, RatingRun


class SubjectFilter(admin.SimpleListFilter):
    """Changes of drivers, or of teams."""

    title = "of"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("driver", "drivers"), ("team", "teams")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"driver", "team"}:
            return queryset
        return queryset.filter(**{f"{self.value()}__isnull": False})


@admin.register(RatingChange)
class RatingChangeAdmin(ReadOnlyAdmin[RatingChange]):
    """What each race moved."""

    list_display = [
        "race",
        "kind",
        "driver",
        "team",
        "before",
        "expected_score",
        "actual_score",
        "k_factor",
        "after",
    ]
    list_filter = [SeasonFilter, "kind", SubjectFilter]
    list_select_related = ["race", "driver", "team"]
    search_fields = ["driver__name", "team__name", "race__name"]
    search_help_text = "driver, team or race"
    ordering = ["-race_id", "kind", "-after"]


@admin.register(RatingRun)
class RatingRunAdmin(ReadOnlyAdmin[RatingRun]):
    """Replays, with their parameters."""

    list_display = ["started_at", "since", "through", "n_races", "n_changes"]
    list_select_related = ["since", "through"]
    search_fields = ["data_hash", "since__name", "through__name"]
    date_hierarchy = "started_at"


@admin.register(RatedRace)
class RatedRaceAdmin(ReadOnlyAdmin[RatedRace]):
    """What the ratings made use of."""

    list_display = ["sequence", "race", "digest"]
    list_filter = [SeasonFilter]
    list_select_related = ["race"]
    search_fields = ["race__name", "race__season__year", "digest"]
    ordering = ["-sequence"]
