"""``manage.py rollback``: give the word back to the previous primary model."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import services


class Command(BaseCommand):
    help = (
        "Give the word back to the last primary model whose files are whole; the one"
        " that loses it is rejected."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = services.roll_back(reason=options["reason"])
        except services.PromotionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Primary: {version}")
