"""The job ledger (what ran, when, how it ended), the outbox, troubles, changes."""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now

from f1site.base import clock

#: A run touches its row this often, and is missed after so long.
BEAT = timedelta(seconds=10)
SILENT = timedelta(seconds=30)
#: The first half of the lock that a run holds while its process lives.
RUNS = 8150
KEYS = 2**31 - 1
#: Whether nobody holds the lock of a run: who did is gone, however he went.
IS_FREE = """
NOT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND l.locktype = 'advisory'
    AND l.objsubid = 2 AND l.classid = %s
    AND l.objid::bigint = base_jobrun.id %% %s)
"""


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def with_state(self, silent_for: timedelta = SILENT) -> Self:
        """``is_gone``: says it runs, but is silent and its process is no more."""
        silent = models.Q(last_sign__lte=Now() - silent_for, outcome="running")
        return self.annotate(last_sign=Coalesce("heartbeat_at", "started_at")).annotate(
            is_gone=models.Case(
                models.When(silent, then=RawSQL(IS_FREE, [RUNS, KEYS])),  # noqa: S611 - a constant
                default=False,
                output_field=models.BooleanField(),
            )
        )


class JobRun(models.Model):
    """One run of one job, kept for operators."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        LOST = "lost", "lost: its process is gone"
        IDLE = "idle", "nothing to do"

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
    heartbeat_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, the last sign of life, by the database"
    )
    task_id = models.CharField(max_length=36, blank=True, help_text="of Celery")
    worker = models.CharField(max_length=100, blank=True, help_text="who did it")

    objects = JobRunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["name", "-started_at"], name="job_run_recent"),
            models.Index(
                fields=["task_id"],
                condition=models.Q(outcome="running"),
                name="job_run_at_work",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="job_run_outcome_known",
                condition=models.Q(
                    outcome__in=["running", "done", "failed", "lost", "idle"]
                ),
            ),
            models.UniqueConstraint(fields=["name", "slot"], name="job_run_slot_once"),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(outcome="idle"),
                name="job_run_idle_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def state(self) -> str:
        """The outcome; of one read ``with_state`` that is gone: lost."""
        return "lost" if getattr(self, "is_gone", False) else self.outcome

    def finish(self, outcome: str, *, error: str = "", **counts: Any) -> None:
        self.outcome, self.error, self.finished_at = outcome, error, clock.now()
        self.counts = {**self.counts, **counts}
        self.save(update_fields=["outcome", "error", "finished_at", "counts"])


class Message(models.Model):
    """A task to be sent, written along with what it follows from; see the outbox."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, help_text="its id at Celery as well"
    )
    task = models.CharField(max_length=200)
    queue = models.CharField(max_length=30)
    args = models.JSONField(default=list, blank=True)
    written_at = models.DateTimeField(db_default=Now(), help_text="UTC")
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when the queue took it last"
    )
    n_sent = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; its task ended, and is not done again"
    )
    error = models.TextField(blank=True, help_text="why it was not sent, or failed")

    class Meta:
        ordering = ["-written_at"]
        indexes = [
            models.Index(
                fields=["written_at"],
                condition=models.Q(settled_at=None),
                name="message_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.task.rpartition('.')[2]} {self.written_at:%Y-%m-%d %H:%M}"


class Trouble(models.Model):
    """Something wrong with the site, for operators to know of until it is over."""

    name = models.CharField(max_length=120, help_text="as programs call it")
    title = models.CharField(max_length=250)
    text = models.TextField(help_text="what is wrong, as it began")
    began_at = models.DateTimeField(db_default=Now(), help_text="UTC")
    over_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    is_mended = models.BooleanField(
        default=False, help_text="over and well again, not just looked at no more"
    )

    class Meta:
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(over_at=None),
                name="trouble_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DataChange(models.Model):
    """A transaction that changed what pages show; see `f1site.base.changes`."""

    token = models.DecimalField(
        max_digits=40, decimal_places=0, help_text="random; their sum is the version"
    )
    at = models.DateTimeField(help_text="UTC, by the database's own clock")

    def __str__(self) -> str:
        return f"change of {self.at:%Y-%m-%d %H:%M}"
