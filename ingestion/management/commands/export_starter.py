"""Write the starter record."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingestion import services


class Command(BaseCommand):
    help = "Write seasons of the record as the starter that this project ships."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seasons", default="2010-2025", help="such as 2010-2025")
        parser.add_argument(
            "--to", dest="folder", type=Path, default=settings.STARTER_DIR
        )

    def handle(self, *, seasons: str, folder: Path, **options: Any) -> None:
        first, _, last = seasons.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            raise CommandError(f"--seasons is {seasons!r}; write it as 2010-2025")
        counts = services.export_starter(
            first=int(first), last=int(last or first), folder=folder
        )
        size = sum(file.stat().st_size for file in folder.glob("*.csv.gz"))
        self.stdout.write(
            f"{sum(counts.values()):,} rows in {size / 1000:,.0f} kB: {folder}"
        )
