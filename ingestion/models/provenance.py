"""Who says so: where rows came from, and what other sources call them."""

from django.db import models
from django.db.models import Q

from f1site.base import clock
from ingestion.models.calendar import Race


class Source(models.TextChoices):
    """Where facts come from."""

    ARCHIVE = "archive", "archive (F1DB)"
    STARTER = "starter", "starter record"
    LIVE = "live", "live source (Jolpica)"
    WEATHER = "weather"
    UPLOAD = "upload", "upload by an editor"
    OPENF1 = "openf1", "OpenF1 (practice)"


class SourceFetch(models.Model):
    """One import: its source, its checksum and what it did."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "under way, or killed"
        DONE = "done"
        FAILED = "failed"

    source = models.CharField(max_length=30, help_text="archive, starter, live …")
    location = models.CharField(max_length=500, help_text="address or file name")
    sha256 = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(default=clock.now, help_text="UTC")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    outcome = models.CharField(
        max_length=7, choices=Outcome.choices, default=Outcome.RUNNING
    )
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
                condition=Q(outcome__in=["running", "done", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M} {self.outcome}"


class RawPayload(models.Model):
    """What a source answered, word for word, so that it can be read again."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField(help_text="compressed by zlib")
    n_bytes = models.PositiveIntegerField(help_text="before compression")
    kept_at = models.DateTimeField(help_text="UTC")

    class Meta:
        ordering = ["-kept_at"]

    def __str__(self) -> str:
        return self.sha256[:12]


class SourceRequest(models.Model):
    """One request to a source, noted before it is sent: the ledger of our manners.

    All processes read it before they ask, so that pace and budget are shared, and
    times in it are real, whatever ``F1_NOW`` says.
    """

    source = models.CharField(max_length=30)
    address = models.CharField(max_length=500, help_text="path and query")
    sent_at = models.DateTimeField(help_text="UTC, its turn; never stopped")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="UTC")
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="of HTTP; empty: no answer"
    )
    error = models.CharField(max_length=300, blank=True)
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; not to be asked before"
    )
    payload = models.ForeignKey(
        RawPayload, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        default_related_name = "requests"
        ordering = ["-sent_at", "-id"]
        indexes = [
            models.Index(fields=["source", "-sent_at"], name="source_request_recent"),
            models.Index(
                fields=["source", "address", "-sent_at"],
                name="source_request_of_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.address} {self.status or self.error}"


class Alias(models.Model):
    """Another name under which a source knows a row of the record."""

    class Kind(models.TextChoices):
        CIRCUIT = "circuit"
        DRIVER = "driver"
        TEAM = "team"
        GRAND_PRIX = "grand_prix", "Grand Prix"

    source = models.CharField(
        max_length=10,
        choices=[
            (Source.ARCHIVE.value, Source.ARCHIVE.label),
            (Source.LIVE.value, Source.LIVE.label),
        ],
        default=Source.ARCHIVE,
        help_text="whose name it is",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    alias = models.SlugField(max_length=100, help_text="what the source says")
    slug = models.SlugField(max_length=100, help_text="what the record says")
    first_season = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="from which on it holds; empty: all seasons",
    )
    note = models.CharField(
        max_length=200, blank=True, help_text="how they were found to be the same"
    )

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["source", "kind", "alias"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "alias", "first_season"],
                nulls_distinct=False,
                name="alias_unique",
            ),
            models.CheckConstraint(
                name="alias_kind_known",
                condition=Q(kind__in=["circuit", "driver", "team", "grand_prix"]),
            ),
            models.CheckConstraint(
                name="alias_source_known",
                condition=Q(source__in=["archive", "live"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alias} is {self.slug}"


class Provenance(models.Model):
    """Which source the rows of one kind have for one race, and when it said so."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, db_index=False)
    sheet = models.CharField(
        max_length=40, help_text="kind of rows: races, sessions, results, entries …"
    )
    source = models.CharField(max_length=30)
    fetch = models.ForeignKey(
        SourceFetch,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        help_text="the import that brought them as they are",
    )
    n_rows = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(help_text="UTC, when they became what they are")
    confirmed_at = models.DateTimeField(help_text="UTC, when the source last said so")

    class Meta:
        default_related_name = "provenance"
        ordering = ["race", "sheet"]
        verbose_name_plural = "provenance"
        constraints = [
            models.UniqueConstraint(fields=["race", "sheet"], name="provenance_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.race} {self.sheet}: {self.source}"


class Finding(models.Model):
    """Something about the sources that a human eye should see."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", "unknown name"
        DISAGREEMENT = "disagreement", "sources disagree"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    source = models.CharField(max_length=30, help_text="who says so")
    race = models.ForeignKey(Race, on_delete=models.CASCADE, null=True, blank=True)
    sheet = models.CharField(max_length=40)
    subject = models.CharField(
        max_length=200, help_text="natural key of the row, or name of the newcomer"
    )
    field = models.CharField(max_length=40, blank=True)
    ours = models.CharField(max_length=200, blank=True, help_text="the record")
    theirs = models.CharField(max_length=200, blank=True, help_text="the source")
    first_seen_at = models.DateTimeField(default=clock.now, help_text="UTC")
    last_seen_at = models.DateTimeField(default=clock.now, help_text="UTC")
    resolved_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; empty: open"
    )
    resolution = models.CharField(max_length=200, blank=True)

    class Meta:
        default_related_name = "findings"
        ordering = ["-last_seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "race", "sheet", "subject", "field"],
                condition=Q(resolved_at__isnull=True),
                nulls_distinct=False,
                name="finding_open_once",
            ),
            models.CheckConstraint(
                name="finding_kind_known",
                condition=Q(kind__in=["unknown", "disagreement"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject} {self.field}".strip()
