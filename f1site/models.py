"""What the roof keeps of itself: samples of its own service."""

from django.db import models
from django.db.models import F, Q


class ServiceSample(models.Model):
    """What the web processes answered in one stretch of time, all of them together.

    A stretch without a row is one in which no process of the site was at work.
    """

    slot = models.DateTimeField(
        primary_key=True, help_text="UTC, its beginning, by the real clock"
    )
    n_requests = models.PositiveIntegerField(
        default=0, help_text="answered, but for those that ask for health and metrics"
    )
    n_failed = models.PositiveIntegerField(
        default=0, help_text="of them with a fault of ours, 5xx"
    )
    n_api = models.PositiveIntegerField(default=0, help_text="of them below /api/")
    n_api_fast = models.PositiveIntegerField(
        default=0, help_text="of those within 500 ms"
    )

    class Meta:
        ordering = ["slot"]
        constraints = [
            models.CheckConstraint(
                name="service_sample_counts_in_order",
                condition=Q(n_failed__lte=F("n_requests"))
                & Q(n_api__lte=F("n_requests"))
                & Q(n_api_fast__lte=F("n_api")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:%M}: {self.n_requests} requests"
