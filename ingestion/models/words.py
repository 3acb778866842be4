"""What the live source says and no other table has a field for."""

from django.db import models
from django.db.models import Q


class LiveWords(models.Model):
    """Words of the live source, for those who ask for answers in its shape.

    Each word is kept with what the record took it for, ``{"said": …, "read": […]}``:
    once the record says something else, the word speaks of something else.
    """

    class Kind(models.TextChoices):
        CIRCUIT = "circuit"
        DRIVER = "driver"
        TEAM = "team"
        RACE = "race"
        RESULTS = "results", "rows of the result"
        SPRINT = "sprint", "rows of the sprint"
        QUALIFYING = "qualifying", "rows of qualifying"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(
        max_length=110, help_text="a slug; of races season and Grand Prix, 2024/monaco"
    )
    words = models.JSONField(help_text="by name; of rows by driver and car number")

    class Meta:
        verbose_name_plural = "live words"
        ordering = ["kind", "key"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="live_words_unique"),
            models.CheckConstraint(
                name="live_words_kind_known",
                condition=Q(
                    kind__in=[
                        "circuit",
                        "driver",
                        "team",
                        "race",
                        "results",
                        "sprint",
                        "qualifying",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
