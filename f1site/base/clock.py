"""The one clock of the site. ``F1_NOW`` stops it at a moment of your choice."""

from datetime import UTC, datetime

from django.conf import settings


def now() -> datetime:
    """The present moment in UTC, or the one that the setting ``F1_NOW`` names."""
    fixed: datetime | None = settings.F1_NOW
    return fixed or datetime.now(UTC)
