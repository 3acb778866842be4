"""Forecasts as issued: model versions, sealed forecasts, their scores."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from f1site.base import clock
from ingestion.models import Driver, Race, ResultVersion, Team
from predictions.models.scores import RaceScores

#: A forecast is stored within this after the moment that it bears.
CLOCK_TOLERANCE = timedelta(hours=1)

#: p_win from which a forecast is called very high, high, medium, low.
CONFIDENCE = ((0.40, "very_high"), (0.30, "high"), (0.20, "medium"), (0.10, "low"))

#: A gap that begins so says that a race before it has no result.
NO_RESULT = "no result of"


class Stage(models.TextChoices):
    """What was known when a forecast was made."""

    PRE_WEEKEND = "pre_weekend"
    POST_PRACTICE = "post_practice"
    POST_QUALIFYING = "post_qualifying"
    FINAL_GRID = "final_grid"


class ModelVersion(models.Model):
    """A fitted model: what it saw, what it is, how good it was."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate"
        SHADOW = "shadow"
        PRIMARY = "primary"
        RETIRED = "retired"
        REJECTED = "rejected"

    name = models.CharField(max_length=30)
    version = models.PositiveIntegerField()
    status = models.CharField(
        max_length=9, choices=Status.choices, default=Status.CANDIDATE
    )
    trained_at = models.DateTimeField(default=clock.now, help_text="UTC")
    cutoff = models.ForeignKey(
        Race,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="last race seen in training",
    )
    data_hash = models.CharField(max_length=64, help_text="SHA-256 of the training set")
    features = models.JSONField(default=dict, help_text="names per stage")
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    files = models.JSONField(default=dict, help_text="file name: SHA-256")

    class Meta:
        ordering = ["name", "-version"]
        permissions = [("promote_modelversion", "Can promote and roll back models")]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"], name="model_version_unique"
            ),
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status="primary"),
                name="model_version_one_primary",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(status="shadow"),
                name="model_version_one_shadow",
            ),
            models.CheckConstraint(
                name="model_version_status_known",
                condition=Q(
                    status__in=[
                        "candidate",
                        "shadow",
                        "primary",
                        "retired",
                        "rejected",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    def is_same_kind(self, other: "ModelVersion") -> bool:
        """Whether both are fits of one configuration: model, features, parameters."""
        kind = (self.name, self.features, self.parameters)
        return kind == (other.name, other.features, other.parameters)


class Forecast(models.Model):
    """What one model said of one race, and when. Sealed by the database."""

    race = models.ForeignKey(Race, on_delete=models.PROTECT)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT)
    stage = models.CharField(max_length=15, choices=Stage.choices)
    as_of = models.DateTimeField(help_text="UTC; nothing later was known")
    issued_at = models.DateTimeField(help_text="UTC")
    late = models.BooleanField(help_text="issued after lights out: never counted")
    is_primary = models.BooleanField(help_text="made by the primary model of its day")
    stored_at = models.DateTimeField(
        db_default=Now(),
        editable=False,
        help_text="UTC, by the clock of the database, which F1_NOW cannot stop",
    )
    seed = models.BigIntegerField()
    data_hash = models.CharField(max_length=64, help_text="SHA-256 of the inputs")
    knew = models.CharField(max_length=300, help_text="what the forecast knew")
    gaps = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="what its stage should have known and did not",
    )
    content_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of what is stored"
    )
    previous_hash = models.CharField(
        max_length=64, unique=True, help_text="content hash of the forecast before"
    )

    class Meta:
        default_related_name = "forecasts"
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="forecast_stage_known", condition=Q(stage__in=Stage.values)
            ),
            models.CheckConstraint(
                name="forecast_knew_no_future",
                condition=Q(as_of__lte=models.F("issued_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["race", "stage", "-issued_at"], name="forecast_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race} {self.stage} by {self.model_version}"

    @property
    def is_by_stopped_clock(self) -> bool:
        """Stored long after the moment that it bears: ``F1_NOW`` was set."""
        return self.stored_at - self.issued_at > CLOCK_TOLERANCE

    @property
    def data_grade(self) -> str:
        """A: nothing was missing; B: one thing; C: more; D: the result of a race."""
        if any(gap.startswith(NO_RESULT) for gap in self.gaps):
            return "D"
        return "ABC"[min(len(self.gaps), 2)]

    @property
    def is_sealed(self) -> bool:
        """Issued before lights out, so that it counts."""
        return not self.late


class ForecastInputs(models.Model):
    """What a forecast was made of. Sealed with it."""

    forecast = models.OneToOneField(
        Forecast, on_delete=models.PROTECT, primary_key=True, related_name="inputs"
    )
    frame = models.TextField(help_text="entrants and their facts, as JSON with NaN")
    cars = models.JSONField(help_text="driver, team, car number, known slot")

    class Meta:
        verbose_name_plural = "forecast inputs"

    def __str__(self) -> str:
        return f"inputs of forecast {self.pk}"


def _share(field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"prediction_{field}_in_0_1",
        condition=Q(**{f"{field}__gte": 0, f"{field}__lte": 1}),
    )


class Prediction(models.Model):
    """One driver's chances in one forecast; partitioned by race and sealed.

    Nothing may point at this table.
    """

    race = models.ForeignKey(Race, on_delete=models.PROTECT, db_index=False)
    forecast = models.ForeignKey(Forecast, on_delete=models.PROTECT, db_index=False)
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False)
    car_number = models.CharField(max_length=3, blank=True)
    grid = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="slot that the forecast knew"
    )
    p_win = models.FloatField()
    p_podium = models.FloatField()
    p_points = models.FloatField()
    p_dnf = models.FloatField()
    expected_position = models.FloatField()
    low = models.PositiveSmallIntegerField(help_text="80 % range, better end")
    high = models.PositiveSmallIntegerField(help_text="80 % range, worse end")
    positions = ArrayField(
        models.FloatField(), help_text="chance of each place, from the first"
    )
    is_favorite = models.BooleanField(help_text="the top of its forecast, ties too")
    created_at = models.DateTimeField(help_text="UTC, as the forecast")

    class Meta:
        default_related_name = "predictions"
        ordering = ["forecast", "-p_win", "expected_position"]
        constraints = [
            _share("p_win"),
            _share("p_podium"),
            _share("p_points"),
            _share("p_dnf"),
            models.CheckConstraint(
                name="prediction_range_in_order",
                condition=Q(low__gte=1, high__gte=models.F("low")),
            ),
            models.UniqueConstraint(
                fields=["race", "forecast", "driver"], name="prediction_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["driver", "race"], name="prediction_of_driver"),
            BrinIndex(fields=["created_at"], name="prediction_created_brin"),
        ]

    def __str__(self) -> str:
        return f"{self.forecast}: {self.driver} {self.p_win:.3f}"

    @property
    def confidence_category(self) -> str:
        return next(
            (name for least, name in CONFIDENCE if self.p_win >= least), "very_low"
        )


class PredictionAccuracy(RaceScores):
    """How one issued forecast fared against one version of the result."""

    forecast = models.ForeignKey(
        Forecast, on_delete=models.PROTECT, related_name="scores"
    )
    scored_at = models.DateTimeField(default=clock.now, help_text="UTC")
    result_version = models.ForeignKey(
        ResultVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="scores",
        help_text="the version of the result it was scored against;"
        " empty: scored before versions were kept",
    )
    is_current = models.BooleanField(default=True, help_text="of the newest result")

    class Meta:
        verbose_name_plural = "prediction accuracies"
        ordering = ["-scored_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["forecast", "result_version"],
                name="prediction_accuracy_unique",
            ),
            models.UniqueConstraint(
                fields=["forecast"],
                condition=Q(is_current=True),
                name="prediction_accuracy_one_current",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.forecast}: log loss {self.log_loss:.3f}"
