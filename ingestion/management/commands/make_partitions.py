"""Make the partitions of seasons to come."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from f1site.base import clock, partitions
from ingestion.models.calendar import FIRST_SEASON


class Command(BaseCommand):
    help = "Make the partitions that are missing, and move stray rows into them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--through",
            type=int,
            metavar="YEAR",
            default=clock.now().year + 1,
            help="last season to make one for (%(default)s)",
        )

    def handle(self, *, through: int, **options: Any) -> None:
        made = partitions.ensure_all(range(FIRST_SEASON, through + 1))
        for table, years in made.items():
            names = ", ".join(str(year) for year in years) or "none was missing"
            self.stdout.write(f"{table}: {names}")
