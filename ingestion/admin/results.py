"""Classifications in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet, URLField
from django.http import HttpRequest

from f1site.base import clock
from f1site.base.admin import ReadOnlyAdmin, RecordAdmin, SeasonFilter
from ingestion import queries
from ingestion.admin.correcting import CorrectingAdmin
from ingestion.admin.disqualifying import DisqualifyingAdmin
from ingestion.models import (
    DriverStanding,
    GridPenalty,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    RaceResult,
    ResultVersion,
    SprintResult,
    TeamStanding,
)

Part = tuple[str | None, Any]

OF_DRIVER = ["driver__name", "team__name", "race__name", "race__season__year"]
FINISH_COLUMNS = ["race", "position", "driver", "team", "grid", "status", "points"]
WHERE: Part = (None, {"fields": ["race", "driver", "team", "car_number"]})
FINISH: Part = (
    "Finish",
    {
        "fields": [
            ("display_order", "position", "is_classified"),
            ("status", "reason"),
            "points",
        ]
    },
)
START: Part = ("Start", {"fields": [("grid", "from_pit_lane"), "qualifying_position"]})
TIMES: Part = (
    "Time",
    {"fields": [("laps", "time_ms"), ("gap_ms", "gap_laps", "penalty_ms")]},
)


@admin.register(RaceResult)
class RaceResultAdmin(DisqualifyingAdmin[RaceResult]):
    """Results of races. Saving one makes the ratings replay from its race on."""

    autocomplete_fields = ["race", "driver", "team"]
    list_select_related = ["race", "driver", "team"]
    list_display = [*FINISH_COLUMNS]
    list_filter = [SeasonFilter, "status", "has_pole", "has_fastest_lap"]
    search_fields = OF_DRIVER
    ordering = ["-race_id", "display_order"]
    fieldsets = [
        WHERE,
        FINISH,
        START,
        TIMES,
        (
            "Marks",
            {
                "fields": [
                    ("has_pole", "has_fastest_lap", "is_shared_car"),
                    ("best_lap_ms", "pit_stops"),
                ]
            },
        ),
    ]


@admin.register(SprintResult)
class SprintResultAdmin(DisqualifyingAdmin[SprintResult]):
    """Results of sprints."""

    autocomplete_fields = ["race", "driver", "team"]
    list_select_related = ["race", "driver", "team"]
    list_display = [*FINISH_COLUMNS]
    list_filter = [SeasonFilter, "status"]
    search_fields = OF_DRIVER
    ordering = ["-race_id", "display_order"]
    fieldsets = [WHERE, FINISH, START, TIMES]


@admin.register(QualifyingResult)
class QualifyingResultAdmin(CorrectingAdmin[QualifyingResult]):
    """Qualifying, for races and sprints; the qualifying ratings come from here."""

    autocomplete_fields = ["race", "driver", "team"]
    list_select_related = ["race", "driver", "team"]
    list_display = ["race", "kind", "position", "driver", "team", "status"]
    list_filter = [SeasonFilter, "kind", "status"]
    search_fields = OF_DRIVER
    ordering = ["-race_id", "kind", "display_order"]


class OfRaceAdmin(CorrectingAdmin[GridSlot | PracticeResult]):
    """Rows of a race that no rating is made of."""

    autocomplete_fields = ["race", "driver", "team"]
    list_select_related = ["race", "driver", "team"]
    search_fields = OF_DRIVER
    ordering = ["-race_id", "kind", "display_order"]


@admin.register(GridSlot)
class GridSlotAdmin(OfRaceAdmin):
    """Starting orders."""

    list_display = ["race", "kind", "position", "driver", "team", "penalty"]
    list_filter = [SeasonFilter, "kind", "from_pit_lane"]


@admin.register(GridPenalty)
class GridPenaltyAdmin(RecordAdmin[GridPenalty]):
    """Penalties that were announced for the grid."""

    list_display = [
        "race",
        "driver",
        "places",
        "from_back",
        "from_pit_lane",
        "announced_at",
        "reason",
    ]
    list_filter = [SeasonFilter]
    list_select_related = ["race", "driver"]
    autocomplete_fields = ["race", "driver"]
    search_fields = ["driver__name", "race__name", "race__season__year"]
    ordering = ["-race_id", "id"]

    formfield_overrides: ClassVar[dict[Any, Any]] = {
        URLField: {"assume_scheme": "https"}
    }

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Of the next race, known from now on: both may be changed."""
        race = queries.next_race()
        known = {"announced_at": clock.now(), "race": race and race.pk}
        return known | super().get_changeform_initial_data(request)


@admin.register(ResultVersion)
class ResultVersionAdmin(ReadOnlyAdmin[ResultVersion]):
    """Classifications as they stood."""

    list_display = ["race", "kind", "number", "standing", "known_at", "source"]
    list_filter = [SeasonFilter, "standing", "source"]
    list_select_related = ["race"]
    search_fields = ["race__name", "race__season__year"]
    ordering = ["-race_id", "kind", "-number"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResultVersion]:
        """A hundred lists of rows are much to read for a page of dates."""
        return super().get_queryset(request).defer("rows")


@admin.register(PracticeResult)
class PracticeResultAdmin(OfRaceAdmin):
    """Best laps of practice."""

    list_display = ["race", "kind", "position", "driver", "team", "time_ms", "laps"]
    list_filter = [SeasonFilter, "kind"]


@admin.register(DriverStanding)
class DriverStandingAdmin(CorrectingAdmin[DriverStanding]):
    """The drivers' championship after each race."""

    list_display = ["race", "position", "driver", "points", "is_champion"]
    list_filter = [SeasonFilter, "is_champion"]
    list_select_related = ["race", "driver"]
    autocomplete_fields = ["race", "driver"]
    search_fields = ["driver__name", "race__name", "race__season__year"]
    ordering = ["-race_id", "display_order"]


@admin.register(TeamStanding)
class TeamStandingAdmin(CorrectingAdmin[TeamStanding]):
    """The constructors' championship after each race."""

    list_display = ["race", "position", "team", "engine", "points", "is_champion"]
    list_filter = [SeasonFilter, "is_champion"]
    list_select_related = ["race", "team"]
    autocomplete_fields = ["race", "team"]
    search_fields = ["team__name", "engine", "race__name", "race__season__year"]
    ordering = ["-race_id", "display_order"]
