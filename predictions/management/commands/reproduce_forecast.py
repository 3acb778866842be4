"""``manage.py reproduce_forecast``: does the same still come out?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.table import Table

from predictions import services
from predictions.inputs import NoStoredInputsError
from predictions.management.console import console
from predictions.models import Forecast
from predictions.registry import UnusableModelError

#: Numbers that are printed at the most.
SHOWN = 40


class Command(BaseCommand):
    help = (
        "Make a forecast again from its stored inputs, its seed and the files of its"
        " model version, and compare every number bit for bit; ends with an error when"
        " one differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("forecast", type=int, help="number of the forecast")

    def handle(self, *args: Any, **options: Any) -> None:
        made = _reproduced(options["forecast"])
        on = console(self.stdout)
        on.print(
            f"{made.forecast}, issued {made.forecast.issued_at:%Y-%m-%d %H:%M} UTC"
        )
        if not made.differences:
            on.print(f"identical: {made.n_numbers} numbers")
            return
        on.print(_table(made.differences[:SHOWN]))
        raise CommandError(
            f"{len(made.differences)} of {made.n_numbers} numbers differ"
        )


def _reproduced(key: int) -> services.Reproduction:
    forecasts = Forecast.objects.select_related("race", "model_version")
    forecast = forecasts.filter(pk=key).first()
    if forecast is None:
        raise CommandError(f"no forecast {key}; the admin and the API list them")
    try:
        return services.reproduce(forecast)
    except (NoStoredInputsError, UnusableModelError) as error:
        raise CommandError(str(error)) from error


def _table(differences: list[services.Difference]) -> Table:
    table = Table("Driver", "Number", "Stored", "Comes out")
    for one in differences:
        table.add_row(one.driver, one.name, repr(one.stored), repr(one.computed))
    return table
