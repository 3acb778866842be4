"""``manage.py promote``: make a version the primary model, through the gate."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import services
from predictions.forecasting.entrant import STAGES
from predictions.management.console import chosen, console
from predictions.services import promoting


class Command(BaseCommand):
    help = (
        "Make a version the primary model, if on the same races it was better than the"
        " primary and every baseline and its chances can be trusted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "model", metavar="NAME[-VERSION]", help="newest unless told"
        )
        parser.add_argument(
            "--stage",
            default="",
            help=f"of {', '.join(STAGES)}: those that must pass; every one with at"
            f" least {settings.GATE_LEAST_RACES} races unless told",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="whatever the gate says; needs a reason",
        )
        parser.add_argument("--reason", default="", help="kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        on = console(self.stdout)
        try:
            version = promoting.find(options["model"])
            examined = services.promote_version(
                version,
                stages=chosen(options["stage"], STAGES, "stage"),
                force=options["force"],
                reason=options["reason"],
            )
        except services.PromotionError as error:
            raise CommandError(str(error)) from error
        for one in examined:
            on.print(f"{one.stage}, {one.source}")
            for condition in one.verdict.conditions:
                on.print(f"  {'+' if condition.is_met else '-'} {condition.words}")
        on.print(f"Primary: {version}")
