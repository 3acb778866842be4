"""``manage.py rate``: bring the ratings up to date."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingestion.management.console import progress_bar, race_of
from ratings import services


class Command(BaseCommand):
    help = (
        "Rate drivers and teams, in races and in qualifying. Begins at the first race"
        " whose results are no longer those that were rated; does nothing when there"
        " is none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="begin at the first race on record"
        )
        parser.add_argument(
            "--since",
            metavar="SEASON-ROUND",
            help="begin at this race at the latest, such as 2014-5",
        )

    def handle(self, *, full: bool, since: str | None, **options: Any) -> None:
        race = race_of(since) if since else None
        began = time.perf_counter()
        try:
            with progress_bar() as progress:
                rated = services.replay_ratings(
                    since=race, full=full, progress=progress
                )
        except ValueError as error:
            raise CommandError(str(error)) from error
        spent = time.perf_counter() - began
        self.stdout.write(f"{rated} ({spent:.1f} s, engine {rated.seconds:.2f} s)")
