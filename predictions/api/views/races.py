"""Races, what belongs to one race, and the calendar."""

from typing import Any, ClassVar

from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet
from django.utils.functional import cached_property
from rest_framework import serializers as rest

from ingestion import origins, queries
from ingestion.models import (
    Entry,
    GridSlot,
    PracticeResult,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    ResultVersion,
    SessionKind,
    SprintResult,
    WeatherData,
)
from predictions.api import filters, schema
from predictions.api.errors import NotFound
from predictions.api.examples import races as examples
from predictions.api.serializers import record, results
from predictions.api.views.base import M, ReadList, ReadOfRace, ReadOne, find_race

WHO = ("driver", "team")


@schema.a_list("races", "All races", examples.RACE, record.RaceRow)
class Races(ReadList[Race]):
    """Races held, planned and cancelled, the newest first."""

    follows_data = False  # a race starts by itself
    serializer_class = record.RaceRow
    filterset_class = filters.RaceFilter
    queryset = Race.objects.select_related("circuit")
    search_fields = ["name", "official_name", "circuit__name", "circuit__place"]
    orderings = {
        "starts_on": "starts_on",
        "season": "season_id",
        "round": "round",
        "name": "name",
    }
    default_ordering = ["-starts_on"]


@schema.one(
    "races",
    "One race",
    examples.RACE_DETAIL,
    record.RaceDetail,
    parameters=[schema.YEAR, schema.ROUND],
)
class RaceView(ReadOne[Race]):
    """A race, its sessions and where the rest of it is."""

    follows_data = False  # a race starts by itself
    serializer_class = record.RaceDetail
    queryset = Race.objects.all()

    def get_object(self) -> Race:
        return find_race(self.kwargs["year"], self.kwargs["round"])


@schema.of_race("Who is entered", examples.ENTRY, results.EntryRow)
class RaceEntries(ReadOfRace[Entry]):
    """The entry list: who, in which car."""

    serializer_class = results.EntryRow
    queryset = Entry.objects.select_related(*WHO).order_by(
        "is_practice_only", "team__name", "driver__last_name", "id"
    )


@schema.of_race("Best laps of practice", examples.PRACTICE, results.PracticeRow)
class RacePractice(ReadOfRace[PracticeResult]):
    """Best laps of the practice sessions."""

    serializer_class = results.PracticeRow
    filterset_class = filters.PracticeFilter
    queryset = PracticeResult.objects.select_related(*WHO).order_by(
        "kind", "display_order"
    )


@schema.of_race("Qualifying", examples.QUALIFYING, results.QualifyingRow)
class RaceQualifying(ReadOfRace[QualifyingResult]):
    """Qualifying for the race, or with ``kind`` for the sprint."""

    serializer_class = results.QualifyingRow
    filterset_class = filters.QualifyingFilter
    queryset = QualifyingResult.objects.select_related(*WHO).order_by(
        "kind", "display_order"
    )


@schema.of_race("Starting grid", examples.GRID, results.GridRow)
class RaceGrid(ReadOfRace[GridSlot]):
    """The starting order of the race, or with ``kind`` of the sprint."""

    serializer_class = results.GridRow
    filterset_class = filters.GridFilter
    queryset = GridSlot.objects.select_related(*WHO).order_by("kind", "display_order")


class WhichVersion(rest.Serializer[Any]):
    """Which version of a result is asked for."""

    version = rest.IntegerField(
        required=False, min_value=1, max_value=9_999, help_text="the newest unless told"
    )


class Versioned(ReadOfRace[M]):
    """A classification: the newest, or with ``version`` as it once stood."""

    kind: ClassVar[str]

    def filter_queryset(self, queryset: Any) -> Any:
        if "version" not in self.request.query_params:
            return super().filter_queryset(queryset)
        asked = WhichVersion(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        number = asked.validated_data["version"]
        race = self.race()
        version = queries.versions_of(race, self.kind).filter(number=number).first()
        if version is None:
            raise NotFound(f"The {race} has no version {number} of its {self.kind}.")
        return queries.rows_of(version)


@schema.of_race(
    "Result of the sprint",
    examples.SPRINT,
    results.SprintResultRow,
    parameters=[WhichVersion],
)
class RaceSprint(Versioned[SprintResult]):
    """The classification of the sprint."""

    kind = SessionKind.SPRINT
    serializer_class = results.SprintResultRow
    queryset = results.SprintResultRow.columns_of(
        SprintResult.objects.order_by("display_order")
    )


@schema.of_race(
    "Result of the race",
    examples.RACE_RESULT,
    results.RaceResultRow,
    parameters=[WhichVersion],
)
class RaceResults(Versioned[RaceResult]):
    """The classification of the race."""

    kind = SessionKind.RACE
    serializer_class = results.RaceResultRow
    queryset = results.RaceResultRow.columns_of(
        RaceResult.objects.order_by("display_order")
    )


@schema.of_race(
    "Versions of the results",
    examples.VERSION,
    results.VersionRow,
    text="How the results of race and sprint stood, and since when: provisional within"
    " 48 hours of the flag, then final, and amended whenever they changed after that."
    " Equal rows have equal hashes.",
)
class RaceVersions(ReadOfRace[ResultVersion]):
    """The versions of the results of race and sprint, the newest first."""

    serializer_class = results.VersionRow
    filterset_class = filters.VersionFilter
    newer = ResultVersion.objects.filter(
        race=OuterRef("race"), kind=OuterRef("kind"), number__gt=OuterRef("number")
    )
    queryset = (
        ResultVersion.objects.annotate(is_newest=~Exists(newer))
        .select_related("race")
        .defer("rows")
        .order_by("kind", "-number")
    )


@schema.of_race(
    "Sources of a race",
    examples.SOURCE,
    record.SourceRow,
    text="Which source has the rows of each kind, when they became what they are, when"
    " the source last said so, and how many of their figures are an editor's.",
)
class RaceSources(ReadOfRace[Any]):
    """Where the figures of a race came from."""

    follows_data = False  # sources confirm what they said before
    serializer_class = record.SourceRow
    queryset = Provenance.objects.all()

    def filter_queryset(self, queryset: Any) -> Any:
        return origins.of_race(self.race())


@schema.of_race("Weather", examples.WEATHER, record.WeatherRow)
class RaceWeather(ReadOfRace[WeatherData]):
    """The weather in the windows of the sessions, observed or foreseen.

    Where several sources speak of a session, pages show what an editor typed in, then
    readings, then what only judged the track.
    """

    serializer_class = record.WeatherRow
    filterset_class = filters.WeatherFilter
    queryset = WeatherData.objects.order_by("kind", "is_forecast", "source", "id")


@schema.a_list("calendar", "A season's calendar", examples.CALENDAR, record.CalendarRow)
class Calendar(ReadList[Race]):
    """The rounds of a season in order, with sessions and winners."""

    serializer_class = record.CalendarRow
    filterset_class = filters.CalendarFilter
    queryset = Race.objects.all()
    orderings = {"starts_on": "starts_on"}
    default_ordering = ["starts_on"]

    def filter_queryset(self, queryset: QuerySet[Race, Any]) -> QuerySet[Race, Any]:
        rows = super().filter_queryset(queryset)
        if not self.request.query_params.get("season"):
            rows = rows.filter(season=self.present_season())
        winners = RaceResult.objects.filter(position=1).select_related("driver")
        return rows.select_related("circuit").prefetch_related(
            "sessions",
            Prefetch("results", winners.order_by("display_order"), to_attr="won"),
        )

    def get_serializer_context(self) -> dict[str, Any]:
        coming = self.next_race
        return {**super().get_serializer_context(), "next_id": coming and coming.pk}

    @cached_property
    def next_race(self) -> Race | None:
        return queries.next_race()

    def present_season(self) -> int | None:
        """The season of the next race, or the newest of the record."""
        if self.next_race:
            return self.next_race.season_id
        newest: int | None = Race.objects.aggregate(last=Max("season_id"))["last"]
        return newest
