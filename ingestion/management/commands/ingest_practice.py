"""Import the practice of a race from OpenF1."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ingestion import services
from ingestion.management.console import race_of, run_import


class Command(BaseCommand):
    help = (
        "Bring best laps of the practice sessions of a race that are over and of which"
        " nothing is known. Needs PRACTICE_SOURCE=openf1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--race", required=True, metavar="2024-22")

    def handle(self, *, race: str, **options: Any) -> None:
        found = race_of(race)
        run_import(
            self,
            lambda progress: services.import_practice(race=found, progress=progress),
        )
