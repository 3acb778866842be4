"""The ledger of model versions: what became of each, why, and on what evidence."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from f1site.base import clock
from predictions.models.forecasts import ModelVersion


class ModelEvent(models.Model):
    """One thing that happened to a version.

    The database refuses any change, but that a deleted account is forgotten.
    """

    class What(models.TextChoices):
        TRAINED = "trained"
        SHADOWED = "shadowed", "put in the shadow"
        UNSHADOWED = "unshadowed", "taken out of the shadow"
        PROMOTED = "promoted"
        REFUSED = "refused", "refused by the gate"
        RETIRED = "retired"
        ROLLED_BACK = "rolled_back", "rolled back"
        HARMED = "harmed", "refused, a file is not whole"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="events"
    )
    what = models.CharField(max_length=11, choices=What.choices)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(
        default=dict, blank=True, help_text="what the gate went by, per stage"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="who decided; empty: the machine, or an operator on the console",
    )
    at = models.DateTimeField(default=clock.now, help_text="UTC")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="model_event_what_known",
                condition=Q(
                    what__in=[
                        "trained",
                        "shadowed",
                        "unshadowed",
                        "promoted",
                        "refused",
                        "retired",
                        "rolled_back",
                        "harmed",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.get_what_display()}"
