"""Writes to these tables are noted, so that pages drawn before are drawn anew."""

from django.db import migrations

from f1site.base import changes


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0003_data_changes"),
        ("predictions", "0012_forecast_kind"),
    ]

    operations = [
        changes.watch(
            "predictions_modelversion",
            "predictions_forecast",
            "predictions_prediction",
            "predictions_predictionaccuracy",
            "predictions_backtest",
            "predictions_backtestscore",
            "predictions_modelevent",
        )
    ]
