"""Who took part, and classifications: races, sprints, qualifying, practice, grids."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ingestion.models import (
    Entry,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    RaceResult,
    ResultVersion,
    SessionKind,
    SprintResult,
)
from predictions.api.serializers.addresses import (
    Number,
    RaceRef,
    Row,
    Slug,
    Text,
    race_key,
    reverse,
)

WHO = ["driver", "driver_name", "code", "team", "team_name", "car_number"]
FINISH = [
    "display_order",
    "position",
    "is_classified",
    "status",
    "reason",
    *WHO,
    "grid",
    "from_pit_lane",
    "qualifying_position",
    "laps",
    "time_ms",
    "gap_ms",
    "gap_laps",
    "penalty_ms",
    "points",
]


class Who(Row):
    """Driver and team of a row, by key and by name."""

    driver = Slug()
    driver_name = Text(source="driver.name")
    code = Text(source="driver.code")
    team = Slug()
    team_name = Text(source="team.name")


class EntryRow(Who):
    class Meta:
        model = Entry
        fields = [*WHO, "is_practice_only"]


class EntryListRow(EntryRow):
    race = RaceRef()

    class Meta(EntryRow.Meta):
        fields = ["race", *EntryRow.Meta.fields]


class RaceResultRow(Who):
    """A row of a race's classification."""

    points = Number(help_text="points scored; halves and sevenths happened")

    class Meta:
        model = RaceResult
        fields = [
            *FINISH,
            "is_shared_car",
            "has_pole",
            "has_fastest_lap",
            "best_lap_ms",
            "pit_stops",
        ]


class ResultRow(RaceResultRow):
    """A row of a classification with its race."""

    race = RaceRef()

    class Meta(RaceResultRow.Meta):
        fields = ["race", *RaceResultRow.Meta.fields]


class SprintResultRow(Who):
    points = Number(help_text="points scored")

    class Meta:
        model = SprintResult
        fields = FINISH


class SprintListRow(SprintResultRow):
    race = RaceRef()

    class Meta(SprintResultRow.Meta):
        fields = ["race", *FINISH]


class VersionRow(serializers.ModelSerializer[ResultVersion]):
    """A version of a result. Needs ``is_newest``."""

    is_newest = serializers.BooleanField(help_text="what the record says now")
    url = serializers.SerializerMethodField(help_text="address of its rows")

    class Meta:
        model = ResultVersion
        fields = [
            "kind",
            "number",
            "standing",
            "known_at",
            "source",
            "content_hash",
            "is_newest",
            "url",
        ]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, version: ResultVersion) -> str:
        noun = "results" if version.kind == SessionKind.RACE else "sprint"
        request, key = self.context.get("request"), race_key(version.race)
        rows = reverse(f"api:race-{noun}", kwargs=key, request=request)
        return f"{rows}?version={version.number}"


class QualifyingRow(Who):
    best_time_ms = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="ms, of any part"
    )

    class Meta:
        model = QualifyingResult
        fields = [
            "kind",
            "display_order",
            "position",
            "status",
            *WHO,
            "q1_ms",
            "q2_ms",
            "q3_ms",
            "time_ms",
            "best_time_ms",
            "laps",
            "made_q2",
            "made_q3",
            "is_pole",
            "front_row",
        ]

    made_q2 = serializers.BooleanField(read_only=True)
    made_q3 = serializers.BooleanField(read_only=True)
    is_pole = serializers.BooleanField(
        read_only=True, help_text="first of qualifying; the grid may differ"
    )
    front_row = serializers.BooleanField(read_only=True)


class QualifyingListRow(QualifyingRow):
    race = RaceRef()

    class Meta(QualifyingRow.Meta):
        fields = ["race", *QualifyingRow.Meta.fields]


class GridRow(Who):
    class Meta:
        model = GridSlot
        fields = [
            "kind",
            "display_order",
            "position",
            "from_pit_lane",
            *WHO,
            "qualifying_position",
            "penalty_places",
            "penalty",
        ]


class PracticeRow(Who):
    class Meta:
        model = PracticeResult
        fields = ["kind", "display_order", "position", *WHO, "time_ms", "laps"]


class PracticeListRow(PracticeRow):
    race = RaceRef()

    class Meta(PracticeRow.Meta):
        fields = ["race", *PracticeRow.Meta.fields]
