"""The record in the admin: where editors correct it."""

from ingestion.admin import (
    calendar,
    corrections,
    entrants,
    findings,
    provenance,
    results,
    weather,
)

__all__ = [
    "calendar",
    "corrections",
    "entrants",
    "findings",
    "provenance",
    "results",
    "weather",
]
