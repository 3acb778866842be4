"""Sessions of all races: who took part, what came of it, in which weather."""

from ingestion.models import (
    Entry,
    PracticeResult,
    QualifyingResult,
    RaceResult,
    SprintResult,
    WeatherData,
)
from predictions.api import filters, schema
from predictions.api.examples import races as examples
from predictions.api.serializers import record, results
from predictions.api.views.base import ReadList

WHO = ("race", "driver", "team")
NAMES = ["driver__name", "team__name", "race__name"]
NEWEST_FIRST = ["-race__starts_on", "race_id"]
STARTS_ON = {"starts_on": "race__starts_on"}
FINISH = {
    **STARTS_ON,
    "position": "position",
    "grid": "grid",
    "points": "points",
    "laps": "laps",
}


@schema.a_list("results", "Results of all races", examples.RESULT, results.ResultRow)
class Results(ReadList[RaceResult]):
    """Rows of every classification since 1950, the newest race first."""

    serializer_class = results.ResultRow
    filterset_class = filters.ResultFilter
    queryset = RaceResult.objects.select_related(*WHO)
    search_fields = NAMES
    orderings = FINISH
    default_ordering = [*NEWEST_FIRST, "display_order"]


@schema.a_list(
    "results", "Results of all sprints", examples.SPRINT_OF, results.SprintListRow
)
class Sprints(ReadList[SprintResult]):
    """Rows of the classification of every sprint, the newest first."""

    serializer_class = results.SprintListRow
    filterset_class = filters.SprintFilter
    queryset = SprintResult.objects.select_related(*WHO)
    search_fields = NAMES
    orderings = FINISH
    default_ordering = [*NEWEST_FIRST, "display_order"]


@schema.a_list(
    "results",
    "Qualifying for all races",
    examples.QUALIFYING_OF,
    results.QualifyingListRow,
)
class Qualifying(ReadList[QualifyingResult]):
    """Rows of every qualifying for a race, or with ``kind`` for a sprint, the newest
    first."""

    serializer_class = results.QualifyingListRow
    filterset_class = filters.QualifyingsFilter
    queryset = QualifyingResult.objects.select_related(*WHO)
    search_fields = NAMES
    orderings = {
        **STARTS_ON,
        "position": "position",
        "q1_ms": "q1_ms",
        "q2_ms": "q2_ms",
        "q3_ms": "q3_ms",
        "time_ms": "time_ms",
    }
    default_ordering = [*NEWEST_FIRST, "display_order"]


@schema.a_list(
    "results",
    "Best laps of all practice",
    examples.PRACTICE_OF,
    results.PracticeListRow,
)
class Practice(ReadList[PracticeResult]):
    """Best laps of every practice session, the newest weekend first."""

    serializer_class = results.PracticeListRow
    filterset_class = filters.PracticesFilter
    queryset = PracticeResult.objects.select_related(*WHO)
    search_fields = NAMES
    orderings = {
        **STARTS_ON,
        "position": "position",
        "time_ms": "time_ms",
        "laps": "laps",
    }
    default_ordering = [*NEWEST_FIRST, "kind", "display_order"]


@schema.a_list("races", "Entries of all races", examples.ENTRY_OF, results.EntryListRow)
class Entries(ReadList[Entry]):
    """Who was, or is to be, entered for which race in which car, the newest first."""

    serializer_class = results.EntryListRow
    filterset_class = filters.EntryFilter
    queryset = Entry.objects.select_related(*WHO)
    search_fields = NAMES
    orderings = {**STARTS_ON, "driver": "driver__last_name", "team": "team__name"}
    default_ordering = [
        *NEWEST_FIRST,
        "is_practice_only",
        "team__name",
        "driver__last_name",
    ]


@schema.a_list(
    "races", "Weather of all races", examples.WEATHER_OF, record.WeatherListRow
)
class Weather(ReadList[WeatherData]):
    """The weather in the windows of all sessions, observed or foreseen, the newest
    race first."""

    serializer_class = record.WeatherListRow
    filterset_class = filters.WeathersFilter
    queryset = WeatherData.objects.select_related("race")
    search_fields = ["race__name"]
    orderings = {
        **STARTS_ON,
        "air_temp_c": "air_temp_c",
        "humidity_pct": "humidity_pct",
        "wind_kmh": "wind_kmh",
        "rain_mm": "rain_mm",
    }
    default_ordering = [*NEWEST_FIRST, "kind", "is_forecast", "source"]
