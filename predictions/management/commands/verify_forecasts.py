"""``manage.py verify_forecasts``: is every forecast what was issued?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions import seals
from predictions.models import Forecast


class Command(BaseCommand):
    help = (
        "Walk the chain of forecasts from the first on and recompute every hash, also"
        " of the stored inputs;"
        " ends with an error when one was changed, taken out or put in between."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        check, faults = seals.checked()
        for fault in faults:
            self.stderr.write(f"forecast {fault.forecast} {fault.reason}")
        n = check.n_forecasts
        if faults:
            raise CommandError(f"{len(faults)} faults in the chain of {n} forecasts")
        self.stdout.write(f"{n} forecasts, an unbroken chain")
        n_without = Forecast.objects.filter(inputs=None).count()
        if n_without:
            self.stdout.write(f"{n_without} of them without stored inputs")
