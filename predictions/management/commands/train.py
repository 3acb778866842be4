"""``manage.py train``: fit the models on everything before now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from f1site.base import clock
from predictions import pipeline, services
from predictions.features import Knowledge
from predictions.forecasting.models import MODELS
from predictions.management.console import chosen, console, progress


class Command(BaseCommand):
    help = (
        "Fit the models on all results before now. A model that was fitted to the"
        " same data in the same way is not fitted again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", default="", help=f"of {', '.join(MODELS)}; all unless told"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = chosen(options["model"], MODELS, "model") or list(MODELS)
        on = console(self.stdout)
        with progress(on) as bar:
            task = bar.add_task("reading the record", total=len(names) + 1)

            def tell(name: str) -> None:
                bar.update(task, description=f"fitting {name}", advance=1)

            pipeline.rate()
            try:
                trained = services.train_models(
                    knowledge=Knowledge(clock.now()), names=names, progress=tell
                )
            except services.NoInputsError as error:
                raise CommandError(str(error)) from error
        for one in trained:
            version = one.version
            state = "new" if one.is_new else "stands"
            on.print(f"{version!s:<16} {state:<7} up to {version.cutoff}")
        on.print(f"Primary: {services.primary_version()}")
