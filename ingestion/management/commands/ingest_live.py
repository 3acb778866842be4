"""Import a season from the live source."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ingestion import services
from ingestion.management.console import run_import


class Command(BaseCommand):
    help = "Bring a season, or one race of it, in line with the live source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--season", type=int, required=True, metavar="YEAR")
        parser.add_argument("--round", type=int, metavar="N", help="one race only")
        asking = parser.add_mutually_exclusive_group()
        asking.add_argument(
            "--replay",
            action="store_true",
            help="read the answers that are kept; no network",
        )
        asking.add_argument(
            "--refresh",
            action="store_true",
            help="ask again, also what is fresh or finished",
        )

    def handle(
        self,
        *,
        season: int,
        round: int | None,
        replay: bool,
        refresh: bool,
        **options: Any,
    ) -> None:
        run_import(
            self,
            lambda progress: services.import_live(
                season=season,
                round=round,
                replay=replay,
                refresh=refresh,
                progress=progress,
            ),
        )
