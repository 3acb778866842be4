"""Import a table of weather."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ingestion import services
from ingestion.management.console import run_import


class Command(BaseCommand):
    help = (
        "Bring the weather of past races in line with a CSV file of season, round,"
        " air_temp_c, humidity_pct, wind_ms, precip_mm, wet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="path", type=Path, required=True)

    def handle(self, *, path: Path, **options: Any) -> None:
        run_import(
            self,
            lambda progress: services.import_weather(path=path, progress=progress),
        )
