"""The record in the admin: where editors correct it."""

from ingestion.admin import calendar, entrants, provenance, results, weather

__all__ = ["calendar", "entrants", "provenance", "results", "weather"]
