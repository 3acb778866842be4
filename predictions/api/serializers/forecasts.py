"""Ratings, models, forecasts and how they fared."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from predictions.api.serializers.addresses import (
    ModelAddress,
    ModelRef,
    RaceRef,
    Slug,
    Text,
)
from predictions.models import (
    CONFIDENCE,
    Forecast,
    ModelEvent,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
)
from ratings.models import DriverRanking, RatingChange, RatingKind
from ratings.queries import RatingRow


class ChangeRow(serializers.ModelSerializer[RatingChange]):
    """How one race moved one rating."""

    driver = Slug(allow_null=True)
    team = Slug(allow_null=True)
    race = RaceRef(help_text="the race that moved it")

    class Meta:
        model = RatingChange
        fields = [
            "kind",
            "driver",
            "team",
            "race",
            "before",
            "expected_score",
            "actual_score",
            "k_factor",
            "after",
            "deviation",
            "is_provisional",
        ]


class RatingQuery(serializers.Serializer[Any]):
    """Whose ratings, and as they stood when."""

    of = serializers.ChoiceField(["driver", "team"], default="driver")
    kind = serializers.ChoiceField(RatingKind.choices, default=RatingKind.RACE)
    as_of = serializers.DateField(
        required=False, help_text="at the end of that day, UTC; now unless told"
    )
    active = serializers.BooleanField(
        default=True, help_text="only who was rated in the newest season"
    )


class RatingOut(serializers.Serializer[RatingRow]):
    """A rating as the newest race left it. Needs ``of`` in the context."""

    rank = serializers.IntegerField(help_text="from 1; equal ratings share it")
    driver = serializers.SerializerMethodField(help_text="null: a team's rating")
    code = serializers.CharField()
    team = serializers.CharField(source="team_slug", help_text="driven for, or itself")
    name = serializers.CharField()
    rating = serializers.FloatField(help_text="Elo points")
    deviation = serializers.FloatField(help_text="standard deviation, Elo points")
    is_provisional = serializers.BooleanField(help_text="too little is known")
    peak = serializers.FloatField(
        allow_null=True, help_text="the highest that was not provisional, Elo points"
    )
    change = serializers.FloatField(help_text="by the newest race, Elo points")
    n_races = serializers.IntegerField(help_text="that moved the rating")
    last_season = serializers.IntegerField(help_text="of the newest race")

    def get_driver(self, row: RatingRow) -> str | None:
        return row.slug if self.context.get("of") == "driver" else None


class RankingRow(serializers.ModelSerializer[DriverRanking]):
    """A driver's rating in races and career, as of the newest rated race."""

    driver = serializers.CharField(source="slug")
    team = serializers.CharField(source="team_slug", help_text="driven for last")
    points = serializers.FloatField(help_text="in races and sprints")
    peak_race = RaceRef(allow_null=True)
    three_year_race = RaceRef(allow_null=True, help_text="last of those years")
    record_since = serializers.SerializerMethodField(
        help_text="season from which on starts, wins, podiums and points are counted"
    )
    as_of_race = RaceRef(help_text="newest race that was rated")

    class Meta:
        model = DriverRanking
        fields = [
            "rank",
            "active_rank",
            "driver",
            "name",
            "code",
            "team",
            "rating",
            "deviation",
            "qualifying_rating",
            "peak",
            "peak_deviation",
            "peak_race",
            "three_year_rank",
            "three_year_peak",
            "three_year_deviation",
            "three_year_race",
            "n_rated",
            "starts",
            "wins",
            "podiums",
            "points",
            "first_season",
            "latest_season",
            "record_since",
            "as_of_race",
        ]

    def get_record_since(self, row: DriverRanking) -> int | None:
        since: int | None = self.context.get("record_since")
        return since


class EventRow(serializers.ModelSerializer[ModelEvent]):
    """What happened to a version, why, and what the gate went by."""

    what = serializers.ChoiceField(ModelEvent.What.choices)
    evidence = serializers.DictField(help_text="per stage; empty: none was asked for")

    class Meta:
        model = ModelEvent
        fields = ["at", "what", "reason", "evidence"]


class ModelRow(serializers.ModelSerializer[ModelVersion]):
    """A fitted model: what it saw and how good it was."""

    cutoff = RaceRef(allow_null=True, help_text="last race seen in training")
    metrics = serializers.DictField(help_text="of its training")
    last_event = serializers.SerializerMethodField(help_text="what came last")
    url = ModelAddress()

    class Meta:
        model = ModelVersion
        fields = [
            "name",
            "version",
            "status",
            "trained_at",
            "cutoff",
            "data_hash",
            "metrics",
            "last_event",
            "url",
        ]

    @extend_schema_field(EventRow(allow_null=True))
    def get_last_event(self, version: ModelVersion) -> Any:
        last = next(iter(version.events.all()), None)
        return EventRow(last).data if last else None


class ModelDetail(ModelRow):
    features = serializers.DictField(help_text="names per stage")
    parameters = serializers.DictField()
    files = serializers.DictField(child=serializers.CharField(), help_text="SHA-256")
    events = EventRow(many=True, help_text="the newest first")

    class Meta(ModelRow.Meta):
        fields = [
            *ModelRow.Meta.fields,
            "features",
            "parameters",
            "files",
            "events",
        ]


class PredictionRow(serializers.ModelSerializer[Prediction]):
    """The chances of one driver."""

    driver = Slug()
    team = Slug()
    code = Text(source="driver.code")
    positions = serializers.ListField(
        child=serializers.FloatField(), help_text="chance of each place, from the first"
    )
    confidence_category = serializers.ChoiceField(
        [*(name for _, name in CONFIDENCE), "very_low"],
        read_only=True,
        help_text="p_win from 0.4, 0.3, 0.2, 0.1, and less",
    )

    class Meta:
        model = Prediction
        fields = [
            "driver",
            "code",
            "team",
            "grid",
            "p_win",
            "p_podium",
            "p_points",
            "p_dnf",
            "expected_position",
            "low",
            "high",
            "positions",
            "confidence_category",
            "is_favorite",
        ]


class Gaps(serializers.ListField):
    """What was missing, in short words."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        text = "what its stage should have known and did not"
        super().__init__(help_text=text, read_only=True, **options)


class DataGrade(serializers.ChoiceField):
    """How much was missing, in a letter."""

    def __init__(self, **options: Any) -> None:
        text = "A: nothing noted; B: one gap; C: more; D: the result of an earlier race"
        super().__init__(list("ABCD"), help_text=text, read_only=True, **options)


class ForecastRow(serializers.ModelSerializer[Forecast]):
    """What one model said of one race, and when."""

    race = RaceRef()
    model = ModelRef(source="model_version")
    gaps = Gaps()
    data_grade = DataGrade()
    url = serializers.HyperlinkedIdentityField(
        view_name="api:forecast", lookup_field="content_hash"
    )

    class Meta:
        model = Forecast
        fields = [
            "race",
            "kind",
            "stage",
            "model",
            "as_of",
            "issued_at",
            "late",
            "is_primary",
            "knew",
            "gaps",
            "data_grade",
            "seed",
            "data_hash",
            "content_hash",
            "previous_hash",
            "url",
        ]


class ForecastDetail(ForecastRow):
    predictions = PredictionRow(many=True)

    class Meta(ForecastRow.Meta):
        fields = [*ForecastRow.Meta.fields, "predictions"]


class GroupPart(serializers.Serializer[Any]):
    """What a group of facts does to a chance to win."""

    group = serializers.CharField()
    log_odds = serializers.FloatField(help_text="natural log, against the field")
    points = serializers.FloatField(help_text="share of 1 that it adds or takes")


class FactPart(serializers.Serializer[Any]):
    """What a single fact does to the log odds of the win."""

    fact = serializers.CharField()
    group = serializers.CharField()
    log_odds = serializers.FloatField(help_text="natural log, against the field")


class ReasonsRow(serializers.Serializer[Any]):
    """One driver's chance to win, taken apart."""

    driver = serializers.CharField()
    p_win = serializers.FloatField()
    groups = GroupPart(many=True)
    facts = FactPart(many=True)


class Explanation(serializers.Serializer[Any]):
    """Why a forecast gives its chances to win."""

    race = RaceRef(source="forecast.race")
    kind = serializers.CharField(source="forecast.kind", help_text="race or sprint")
    stage = serializers.CharField(source="forecast.stage")
    model = ModelRef(source="forecast.model_version")
    content_hash = serializers.CharField(source="forecast.content_hash")
    even_chance = serializers.FloatField(
        source="why.even_chance", help_text="1 / drivers, where all begin"
    )
    drivers = ReasonsRow(source="why.drivers", many=True)


class RacePredictions(serializers.ModelSerializer[Forecast]):
    """The forecast of one race as a client wants it."""

    race = RaceRef()
    model = ModelRef(source="model_version")
    withdrawn = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="with `starters`: drivers of the forecast who take no part any more",
    )
    predictions = PredictionRow(many=True)

    class Meta:
        model = Forecast
        fields = [
            "race",
            "stage",
            "model",
            "issued_at",
            "late",
            "withdrawn",
            "predictions",
        ]


class AccuracyRow(serializers.ModelSerializer[PredictionAccuracy]):
    """How one forecast fared."""

    race = RaceRef(source="forecast.race")
    kind = Text(source="forecast.kind")
    stage = Text(source="forecast.stage")
    model = ModelRef(source="forecast.model_version")
    issued_at = serializers.DateTimeField(source="forecast.issued_at")
    late = serializers.BooleanField(source="forecast.late")
    result_version = serializers.IntegerField(
        source="result_version.number",
        default=None,
        allow_null=True,
        help_text="number of the version of the result that it was scored against",
    )

    class Meta:
        model = PredictionAccuracy
        fields = [
            "race",
            "kind",
            "stage",
            "model",
            "issued_at",
            "late",
            "scored_at",
            "result_version",
            "n_starters",
            "log_loss",
            "brier",
            "rps",
            "winner_hit",
            "winner_in_top3",
            "podium_overlap",
            "podium_brier",
            "points_brier",
            "rank_correlation",
            "kendall",
            "coverage",
            "mates_hit",
            "n_mates",
        ]
