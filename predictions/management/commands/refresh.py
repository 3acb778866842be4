"""``manage.py refresh``: rate, score and forecast what is due."""

from typing import Any

from django.core.management.base import BaseCommand

from predictions import pipeline


class Command(BaseCommand):
    help = (
        "Rate what changed, score what is over, forecast the next race at every"
        " stage whose inputs are there. Running it again repeats nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = pipeline.refresh()
        self.stdout.write(report.rated)
        for forecast in report.forecasts:
            self.stdout.write(f"issued {forecast}")
        self.stdout.write(str(report))
