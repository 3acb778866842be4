"""App configuration."""

from django.apps import AppConfig

from f1site.base import partitions


class PredictionsConfig(AppConfig):
    name = "predictions"
    verbose_name = "Forecasts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from predictions import effects

        effects.register()
        partitions.register("predictions_prediction")
