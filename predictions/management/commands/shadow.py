"""``manage.py shadow``: let a version forecast in the shadow, or no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import services
from predictions.services import placing, promoting


class Command(BaseCommand):
    help = (
        "Let a version forecast beside the primary model, sealed and scored like all"
        f" but never shown as ours; {placing.MOST_SHADOWS} at the most."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "model", metavar="NAME[-VERSION]", help="newest unless told"
        )
        parser.add_argument("--off", action="store_true", help="take it out")
        parser.add_argument("--reason", default="", help="kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        on = not options["off"]
        try:
            version = promoting.find(options["model"])
            services.set_shadow(version, on, reason=options["reason"])
        except services.PromotionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is {'in' if on else 'out of'} the shadow")
