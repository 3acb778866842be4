"""Teams, drivers and entry lists in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from f1site.base.admin import ReferenceAdmin, SeasonFilter, ShownInline
from ingestion import queries
from ingestion.admin.correcting import CorrectingAdmin
from ingestion.models import Driver, Entry, Team, TeamEra


class EraInline(ShownInline[TeamEra]):
    model = TeamEra


class TeamList(ChangeList):
    """A page of teams, each with its chain."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = queries.with_chains(list(self.result_list))


@admin.register(Team)
class TeamAdmin(CorrectingAdmin[Team], ReferenceAdmin[Team]):
    """Constructors; a renamed team is a team of its own."""

    list_display = [
        "name",
        "full_name",
        "country",
        "colour",
        "predecessor",
        "successor",
        "slug",
    ]
    list_filter = ["country"]
    search_fields = ["name", "full_name", "slug"]
    inlines = [EraInline]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return TeamList

    @admin.display(empty_value="–")
    def predecessor(self, team: Any) -> Any:
        return team.chain and team.chain.predecessor and team.chain.predecessor.team

    @admin.display(empty_value="–")
    def successor(self, team: Any) -> Any:
        return team.chain and team.chain.successor and team.chain.successor.team


@admin.register(TeamEra)
class TeamEraAdmin(CorrectingAdmin[TeamEra]):
    """Chains of renamed teams."""

    list_display = ["team", "lineage", "first_year", "last_year"]
    list_select_related = ["team"]
    autocomplete_fields = ["team"]
    search_fields = ["team__name", "lineage"]


@admin.register(Driver)
class DriverAdmin(CorrectingAdmin[Driver], ReferenceAdmin[Driver]):
    """Drivers. Letters and numbers are shared through the years."""

    list_display = ["name", "code", "permanent_number", "nationality", "born_on"]
    list_filter = ["nationality"]
    search_fields = ["name", "code", "slug"]
    date_hierarchy = "born_on"
    fieldsets = [
        (None, {"fields": ["slug", "name", "first_name", "last_name"]}),
        (None, {"fields": ["code", "permanent_number"]}),
        ("Person", {"fields": ["born_on", "died_on", "nationality", "country_code"]}),
    ]


@admin.register(Entry)
class EntryAdmin(CorrectingAdmin[Entry]):
    """Who was entered for a race, in which car."""

    list_display = ["race", "driver", "team", "car_number", "is_practice_only"]
    list_filter = [SeasonFilter, "is_practice_only"]
    list_select_related = ["race", "driver", "team"]
    autocomplete_fields = ["race", "driver", "team"]
    search_fields = ["driver__name", "team__name", "race__name", "race__season__year"]
    ordering = ["-race_id", "id"]
