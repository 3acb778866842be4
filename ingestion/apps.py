"""App configuration."""

from django.apps import AppConfig

from f1site.base import partitions


class IngestionConfig(AppConfig):
    name = "ingestion"
    verbose_name = "Record"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ingestion import effects, history, points
        from ingestion.services.findings import recheck

        partitions.register("ingestion_raceresult")
        history.register()
        points.register()
        effects.register_after(recheck)
