"""Import weather: from a table, of past seasons, of a race, or what is due."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingestion import services
from ingestion.management.console import race_of, run_import
from ingestion.models.calendar import FIRST_SEASON
from ingestion.services import Import
from ingestion.services.record import Progress


class Command(BaseCommand):
    help = (
        "Bring weather up to date: without an option that of the next race and of the"
        " last days. One option at most. A provider that is away is no error: what is"
        " missing is asked for next time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument(
            "--from",
            dest="path",
            type=Path,
            metavar="FILE.csv",
            help="past races from a table of season, round, air_temp_c, humidity_pct,"
            " wind_ms, precip_mm, wet",
        )
        ways.add_argument(
            "--seasons",
            metavar="2016-2024",
            help="races of these seasons that were not observed yet, from the archive"
            " of the provider; it may be stopped and begun again",
        )
        ways.add_argument("--race", metavar="2024-22", help="all sessions of this race")

    def handle(self, *, path: Path, seasons: str, race: str, **options: Any) -> None:
        run_import(self, lambda progress: self._import(path, seasons, race, progress))

    def _import(
        self, path: Path | None, seasons: str, race: str, progress: Progress
    ) -> Import:
        if path is not None:
            return services.import_weather(path=path, progress=progress)
        if seasons is not None:
            years = years_of(seasons)
            return services.import_weather_history(seasons=years, progress=progress)
        if race is not None:
            return services.import_session_weather(
                race=race_of(race), progress=progress
            )
        return services.import_recent_weather(progress=progress)


def years_of(text: str) -> range:
    """``2016-2024``, or one year."""
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    first, last = (
        (int(year or match[1]) for year in match.groups()) if match else (0, 0)
    )
    if not FIRST_SEASON <= first <= last:
        raise CommandError(f"{text!r} are no seasons; write them as 2016-2024")
    return range(first, last + 1)
