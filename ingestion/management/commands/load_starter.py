"""Load the starter record."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ingestion import services
from ingestion.management.console import run_import


class Command(BaseCommand):
    help = "Fill the record from the starter, unless it already holds as much."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, default=settings.STARTER_DIR
        )

    def handle(self, *, folder: Path, **options: Any) -> None:
        run_import(
            self,
            lambda progress: services.load_starter(folder=folder, progress=progress),
        )
