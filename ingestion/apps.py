"""App configuration."""

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    name = "ingestion"
    verbose_name = "Record"
    default_auto_field = "django.db.models.BigAutoField"
