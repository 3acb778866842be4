"""The job ledger (what ran, when, how it ended) and the ledger of changes."""

from typing import Any

from django.db import models

from f1site.base import clock


class JobRun(models.Model):
    """One run of one job, kept for operators."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    name = models.CharField(max_length=100)
    started_at = models.DateTimeField(default=clock.now, help_text="UTC")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    outcome = models.CharField(
        max_length=8, choices=Outcome.choices, default=Outcome.RUNNING
    )
    counts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    slot = models.DateTimeField(
        null=True, blank=True, help_text="UTC, the turn of the schedule it took"
    )

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["name", "-started_at"], name="job_run_recent")]
        constraints = [
            models.CheckConstraint(
                name="job_run_outcome_known",
                condition=models.Q(outcome__in=["running", "done", "failed"]),
            ),
            models.UniqueConstraint(fields=["name", "slot"], name="job_run_slot_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M} {self.outcome}"

    def finish(self, outcome: str, *, error: str = "", **counts: Any) -> None:
        self.outcome, self.error, self.finished_at = outcome, error, clock.now()
        self.counts = {**self.counts, **counts}
        self.save(update_fields=["outcome", "error", "finished_at", "counts"])


class DataChange(models.Model):
    """A transaction that changed what pages show; see `f1site.base.changes`."""

    token = models.DecimalField(
        max_digits=40, decimal_places=0, help_text="random; their sum is the version"
    )
    at = models.DateTimeField(help_text="UTC, by the database's own clock")

    def __str__(self) -> str:
        return f"change of {self.at:%Y-%m-%d %H:%M}"
