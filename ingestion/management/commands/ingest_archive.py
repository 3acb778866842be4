"""Import a release of F1DB."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ingestion import services
from ingestion.management.console import run_import


class Command(BaseCommand):
    help = "Bring the record in line with an F1DB release in the CSV format."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from",
            dest="location",
            metavar="PATH_OR_URL",
            default=settings.ARCHIVE_URL,
            help="a zip, its address, or a folder of its CSV files (%(default)s)",
        )

        parser.add_argument(
            "--allow-removals",
            action="store_true",
            help="accept a release that lacks rows which the record has",
        )

    def handle(self, *, location: str, allow_removals: bool, **options: Any) -> None:
        run_import(
            self,
            lambda progress: services.import_archive(
                location=location, allow_removals=allow_removals, progress=progress
            ),
        )
