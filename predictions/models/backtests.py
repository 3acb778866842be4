"""Backtests: forecasts of the past made afterwards. Never issued, never sealed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from f1site.base import clock
from ingestion.models import Race
from predictions.models.forecasts import Stage
from predictions.models.scores import RaceScores


class Backtest(models.Model):
    """A walk-forward over some seasons: what went into it, and what came out.

    The same seasons, stages and models of the same record by the same code are the
    same numbers, so that one that was broken off can be gone on with.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    seasons = ArrayField(models.PositiveSmallIntegerField())
    stages = ArrayField(models.CharField(max_length=15))
    model_names = ArrayField(models.CharField(max_length=30))
    as_of = models.DateTimeField(help_text="UTC; nothing later was known")
    cutoff = models.ForeignKey(
        Race,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="last race that it saw",
    )
    data_hash = models.CharField(max_length=64, help_text="SHA-256 of the frame")
    code_hash = models.CharField(
        max_length=64, help_text="SHA-256 of the code and the libraries that computed"
    )
    parameters_hash = models.CharField(
        max_length=64, help_text="SHA-256 of features, parameters and seed"
    )
    asked_by = models.CharField(max_length=60, help_text="who asked, or by what way")
    created_at = models.DateTimeField(default=clock.now, help_text="UTC")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    n_races = models.PositiveIntegerField(default=0)
    n_scores = models.PositiveIntegerField(default=0)
    tables = models.JSONField(
        default=list, blank=True, help_text="a table of each stage, once all is done"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="backtest_state_known", condition=Q(state__in=["running", "done"])
            ),
            models.CheckConstraint(
                name="backtest_done_is_finished",
                condition=Q(state="running") | Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        years = f"{self.seasons[0]}–{self.seasons[-1]}"
        stages = ", ".join(stage.replace("_", " ") for stage in self.stages)
        return f"backtest {self.pk} of {years}, {stages}"


class BacktestChunk(models.Model):
    """Some seasons at one stage: what one process takes on at once."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    backtest = models.ForeignKey(
        Backtest, on_delete=models.CASCADE, related_name="chunks"
    )
    stage = models.CharField(max_length=15, choices=Stage.choices)
    seasons = ArrayField(models.PositiveSmallIntegerField())
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    n_begun = models.PositiveSmallIntegerField(default=0, help_text="times taken on")
    started_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    n_steps = models.PositiveIntegerField(
        default=0, help_text="seasons of models that were done at the last heartbeat"
    )
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["backtest", "stage", "seasons"], name="backtest_chunk_unique"
            ),
            models.CheckConstraint(
                name="backtest_chunk_state_known",
                condition=Q(state__in=["waiting", "running", "done", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.seasons[0]}-{self.seasons[-1]}"


class BacktestScore(RaceScores):
    """One race as one model would have forecast it, and how that fared."""

    backtest = models.ForeignKey(
        Backtest, on_delete=models.CASCADE, related_name="scores"
    )
    race = models.ForeignKey(
        Race, on_delete=models.CASCADE, related_name="backtest_scores"
    )
    stage = models.CharField(max_length=15, choices=Stage.choices)
    model = models.CharField(max_length=30)
    season = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField(help_text="as the frame had it")
    drivers = ArrayField(models.CharField(max_length=100), help_text="slugs, sorted")
    places = ArrayField(
        models.PositiveSmallIntegerField(), help_text="by driver; 0: did not start"
    )
    positions = ArrayField(
        ArrayField(models.FloatField()), help_text="chances, driver × place"
    )

    class Meta:
        ordering = ["race", "model"]
        constraints = [
            models.UniqueConstraint(
                fields=["backtest", "stage", "model", "race"],
                name="backtest_score_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.stage} {self.season}-{self.round}"
