"""Seasons, circuits, teams, drivers and races."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from ingestion.models import (
    Circuit,
    CircuitLayout,
    Driver,
    Race,
    Season,
    Session,
    Team,
    TeamEra,
    WeatherData,
)
from ingestion.origins import SheetOrigin
from predictions.api.serializers.addresses import (
    Number,
    OwnAddress,
    RaceAddress,
    RaceRef,
    Slug,
    Text,
    reverse,
)


class SeasonRow(serializers.ModelSerializer[Season]):
    """A championship year. Needs ``n_races`` and ``n_held``."""

    n_races = serializers.IntegerField(help_text="planned, cancelled ones left out")
    n_held = serializers.IntegerField(help_text="run so far")
    url = OwnAddress("season", "year")
    races = serializers.SerializerMethodField(help_text="address of its races")

    class Meta:
        model = Season
        fields = ["year", "n_races", "n_held", "url", "races"]

    def get_races(self, season: Season) -> str:
        races = reverse("api:races", request=self.context.get("request"))
        return f"{races}?season={season.year}"


class CircuitRow(serializers.ModelSerializer[Circuit]):
    """A track. Needs ``n_races``, and ``recent`` for what the grid decided."""

    latitude = Number(allow_null=True, help_text="degrees north")
    longitude = Number(allow_null=True, help_text="degrees east")
    length_km = Number(allow_null=True, help_text="km")
    n_races = serializers.IntegerField(help_text="held here")
    n_recent_races = serializers.IntegerField(
        source="recent.n_races", default=0, read_only=True, help_text="since 2010"
    )
    pole_win_rate = Number(
        source="recent.pole_wins",
        allow_null=True,
        help_text="share of them won from the first slot",
    )
    overtaking_index = Number(
        source="recent.moved",
        allow_null=True,
        help_text="places between slot and flag, mean of classified cars in them",
    )
    url = OwnAddress("circuit")

    class Meta:
        model = Circuit
        fields = [
            "slug",
            "name",
            "full_name",
            "place",
            "country",
            "latitude",
            "longitude",
            "length_km",
            "turns",
            "kind",
            "is_clockwise",
            "time_zone",
            "n_races",
            "n_recent_races",
            "pole_win_rate",
            "overtaking_index",
            "url",
        ]


class LayoutRow(serializers.ModelSerializer[CircuitLayout]):
    length_km = Number(help_text="km")

    class Meta:
        model = CircuitLayout
        fields = ["slug", "length_km", "turns"]


class CircuitDetail(CircuitRow):
    layouts = LayoutRow(many=True)

    class Meta(CircuitRow.Meta):
        fields = [*CircuitRow.Meta.fields, "layouts"]


class Rating(Number):
    """Needs ``rating``."""

    def __init__(self) -> None:
        super().__init__(
            allow_null=True,
            help_text="in races, as the newest of them left it, Elo points;"
            " null: never rated",
        )


class TeamRow(serializers.ModelSerializer[Team]):
    """A constructor. Needs ``rating``, and ``chain`` where it was ever renamed."""

    rating = Rating()
    predecessor = Text(
        source="chain.predecessor.team.slug",
        allow_null=True,
        help_text="what it was called before",
    )
    successor = Text(
        source="chain.successor.team.slug",
        allow_null=True,
        help_text="what it was called after",
    )
    url = OwnAddress("team")

    class Meta:
        model = Team
        fields = [
            "slug",
            "name",
            "full_name",
            "country",
            "colour",
            "rating",
            "predecessor",
            "successor",
            "url",
        ]


class EraRow(serializers.ModelSerializer[TeamEra]):
    team = Slug()

    class Meta:
        model = TeamEra
        fields = ["team", "lineage", "first_year", "last_year"]


class TeamDetail(TeamRow):
    eras = EraRow(many=True, help_text="of this name")
    chain = EraRow(
        many=True,
        source="chain.eras",
        default=[],
        read_only=True,
        help_text="of all its names, the oldest first",
    )

    class Meta(TeamRow.Meta):
        fields = [*TeamRow.Meta.fields, "eras", "chain"]


class DriverRow(serializers.ModelSerializer[Driver]):
    rating = Rating()
    url = OwnAddress("driver")

    class Meta:
        model = Driver
        fields = [
            "slug",
            "name",
            "first_name",
            "last_name",
            "code",
            "permanent_number",
            "born_on",
            "died_on",
            "nationality",
            "country_code",
            "rating",
            "url",
        ]


class DriverDetail(DriverRow):
    age = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="completed years"
    )
    current_team = Slug(allow_null=True, help_text="team of the newest entry")

    class Meta(DriverRow.Meta):
        fields = [*DriverRow.Meta.fields, "age", "current_team"]


class SessionRow(serializers.ModelSerializer[Session]):
    class Meta:
        model = Session
        fields = ["kind", "starts_on", "starts_at"]


class RaceRow(serializers.ModelSerializer[Race]):
    season = serializers.IntegerField(source="season_id")
    circuit = Slug()
    circuit_name = Text(source="circuit.name")
    course_length_km = Number(allow_null=True, help_text="km")
    is_completed = serializers.BooleanField()
    is_future_race = serializers.BooleanField(help_text="not yet started")
    is_sprint_weekend = serializers.BooleanField()
    url = RaceAddress()

    class Meta:
        model = Race
        fields = [
            "season",
            "round",
            "grand_prix",
            "name",
            "official_name",
            "circuit",
            "circuit_name",
            "starts_on",
            "starts_at",
            "status",
            "is_completed",
            "is_future_race",
            "sprint_format",
            "is_sprint_weekend",
            "laps",
            "scheduled_laps",
            "course_length_km",
            "url",
        ]


class RaceLinks(serializers.Serializer[Race]):
    """Where everything about one race is."""

    entries = RaceAddress("race-entries")
    practice = RaceAddress("race-practice")
    qualifying = RaceAddress("race-qualifying")
    grid = RaceAddress("race-grid")
    sprint = RaceAddress("race-sprint")
    results = RaceAddress("race-results")
    sources = RaceAddress("race-sources")
    versions = RaceAddress("race-versions")
    weather = RaceAddress("race-weather")
    predictions = RaceAddress("predictions")


class RaceDetail(RaceRow):
    layout = Slug(allow_null=True)
    sessions = SessionRow(many=True)
    links = RaceLinks(source="*")

    class Meta(RaceRow.Meta):
        fields = [
            *RaceRow.Meta.fields,
            "layout",
            "qualifying_format",
            "results_changed_at",
            "sessions",
            "links",
        ]


class CalendarRow(serializers.ModelSerializer[Race]):
    """A round of a season as a visitor plans it. Needs ``next_id`` in the context."""

    season = serializers.IntegerField(source="season_id")
    circuit = Slug()
    circuit_name = Text(source="circuit.name")
    country = Text(source="circuit.country")
    local_start = serializers.SerializerMethodField(help_text="at the circuit")
    is_sprint_weekend = serializers.BooleanField()
    is_next = serializers.SerializerMethodField(help_text="the next race of all")
    winners = serializers.SerializerMethodField(help_text="two in a shared car")
    sessions = SessionRow(many=True)
    url = RaceAddress()

    class Meta:
        model = Race
        fields = [
            "season",
            "round",
            "grand_prix",
            "name",
            "circuit",
            "circuit_name",
            "country",
            "starts_on",
            "starts_at",
            "local_start",
            "status",
            "is_sprint_weekend",
            "is_next",
            "winners",
            "sessions",
            "url",
        ]

    def get_local_start(self, race: Race) -> datetime | None:
        """With the circuit's offset, which a plain field would turn into UTC."""
        return race.local_start

    def get_is_next(self, race: Race) -> bool:
        return race.pk == self.context.get("next_id")

    def get_winners(self, race: Race) -> list[str]:
        won: list[Any] = getattr(race, "won", [])
        return [result.driver.slug for result in won]


class WeatherRow(serializers.ModelSerializer[WeatherData]):
    is_wet = serializers.BooleanField()
    is_hot_weather = serializers.BooleanField(help_text="> 30 °C")
    is_cold_weather = serializers.BooleanField(help_text="< 15 °C")
    is_windy = serializers.BooleanField(help_text="> 20 km/h")
    weather_impact_score = serializers.IntegerField(
        help_text="how much it stirs a race, 0 to 10"
    )
    is_hot = serializers.BooleanField(
        source="is_hot_weather", help_text="the same, by its first name"
    )
    is_cold = serializers.BooleanField(
        source="is_cold_weather", help_text="the same, by its first name"
    )
    impact = serializers.IntegerField(
        source="weather_impact_score", help_text="the same, by its first name"
    )

    class Meta:
        model = WeatherData
        fields = [
            "kind",
            "is_forecast",
            "source",
            "air_temp_c",
            "track_temp_c",
            "humidity_pct",
            "wind_kmh",
            "rain_mm",
            "condition",
            "known_at",
            "is_wet",
            "is_hot_weather",
            "is_cold_weather",
            "is_windy",
            "weather_impact_score",
            "is_hot",
            "is_cold",
            "impact",
        ]


class WeatherListRow(WeatherRow):
    race = RaceRef()

    class Meta(WeatherRow.Meta):
        fields = ["race", *WeatherRow.Meta.fields]


class SourceRow(serializers.Serializer[SheetOrigin]):
    """Where the rows of one kind came from, for one race."""

    sheet = serializers.CharField(help_text="table, and session where it has several")
    source = serializers.CharField(  # type: ignore[assignment]  # a row has one, too
        help_text="empty: an editor's rows alone"
    )
    n_rows = serializers.IntegerField(help_text="that the source has")
    changed_at = serializers.DateTimeField(
        allow_null=True, help_text="when they became what they are"
    )
    confirmed_at = serializers.DateTimeField(
        allow_null=True, help_text="when the source last said so"
    )
    n_corrections = serializers.IntegerField(help_text="figures of editors in force")
