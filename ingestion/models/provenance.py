"""Who says so: where rows came from, and what other sources call them."""

from django.db import models
from django.db.models import Q

from f1site.base import clock


class SourceFetch(models.Model):
    """One import: its source, its checksum and what it did."""

    class Outcome(models.TextChoices):
        DONE = "done"
        FAILED = "failed"

    source = models.CharField(max_length=30, help_text="archive, starter, weather …")
    location = models.CharField(max_length=500, help_text="address or file name")
    sha256 = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(default=clock.now, help_text="UTC")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    counts = models.JSONField(
        default=dict, help_text="per table: added, changed, unchanged, vanished"
    )
    rejected = models.JSONField(default=list, help_text="row and reason")
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "source fetches"
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="source_fetch_outcome_known",
                condition=Q(outcome__in=["done", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M} {self.outcome}"


class Alias(models.Model):
    """Another name under which a source knows a row of the record."""

    class Kind(models.TextChoices):
        CIRCUIT = "circuit"
        DRIVER = "driver"
        TEAM = "team"
        GRAND_PRIX = "grand_prix", "Grand Prix"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    alias = models.SlugField(max_length=100, help_text="what the source says")
    slug = models.SlugField(max_length=100, help_text="what the record says")
    first_season = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="of a Grand Prix that was renamed; empty: all seasons",
    )

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["kind", "alias"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "alias"], name="alias_unique"),
            models.CheckConstraint(
                name="alias_kind_known",
                condition=Q(kind__in=["circuit", "driver", "team", "grand_prix"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alias} is {self.slug}"
