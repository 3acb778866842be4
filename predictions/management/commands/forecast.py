"""``manage.py forecast``: say who will win, and seal it."""

from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from ingestion import queries as record
from ingestion.management.console import race_of
from ingestion.models import Race
from predictions import pipeline, queries, services
from predictions.forecasting.entrant import RACE, SPRINT, STAGES
from predictions.forecasting.exports import Exported, write_csv
from predictions.forecasting.models import MODELS
from predictions.forecasting.outlook import Outlook
from predictions.management.console import chosen, console, percent
from predictions.models import Forecast, Prediction


class Command(BaseCommand):
    help = (
        "Forecast a race and seal what was said. What was said already of the same"
        " inputs is shown, not issued again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--next", action="store_true", help="the next race")
        which.add_argument("--race", metavar="YEAR-ROUND", help="such as 2024-22")
        parser.add_argument(
            "--sprint", action="store_true", help="the sprint of the weekend"
        )
        parser.add_argument(
            "--stage", choices=STAGES, help="the most informed one unless told"
        )
        parser.add_argument(
            "--model",
            default="",
            help=f"of {', '.join(MODELS)}; the primary and the baselines unless told",
        )
        parser.add_argument(
            "--export", type=Path, metavar="FILE", help="the first model's rows as CSV"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        race = _race(options["race"])
        names = chosen(options["model"], MODELS, "model")
        on = console(self.stdout)
        try:
            with on.status(f"forecasting {race}"):
                pipeline.rate()
                issued = services.forecast_race(
                    race=race,
                    kind=SPRINT if options["sprint"] else RACE,
                    stage=options["stage"],
                    names=names,
                )
        except services.NoInputsError as error:
            raise CommandError(str(error)) from error
        for one in issued:
            _tell(on, one)
        shown = issued[0].forecast
        rows = list(queries.predictions_of(shown))
        on.print(_table(shown, rows))
        if options["export"]:
            write_csv(options["export"], [_exported(race, rows)])


def _race(label: str | None) -> Race:
    if label is None:
        race = record.next_race()
        if race is None:
            raise CommandError("the record holds no race without a result")
        return race
    return race_of(label)


def _tell(on: Console, one: services.Issued) -> None:
    forecast = one.forecast
    what = "issued" if one.is_new else "stands since"
    seal = "late, never counted" if forecast.late else "sealed"
    on.print(
        f"{forecast.model_version!s:<14} {forecast.stage} {what}"
        f" {forecast.issued_at:%Y-%m-%d %H:%M} UTC, {seal},"
        f" {forecast.content_hash[:12]}"
    )


def _table(forecast: Forecast, rows: list[Prediction]) -> Table:
    table = Table(title=f"{forecast.race}: {forecast.model_version}, {forecast.knew}")
    for name in ("Driver", "Team"):
        table.add_column(name)
    for name in ("Grid", "Win", "Podium", "Points", "DNF", "Place", "80 %"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.driver.name,
            row.team.name,
            str(row.grid or ""),
            *(percent(p) for p in (row.p_win, row.p_podium, row.p_points, row.p_dnf)),
            f"{row.expected_position:.1f}",
            f"{row.low}–{row.high}",
        )
    return table


def _exported(race: Race, rows: list[Prediction]) -> Exported:
    ordered = sorted(rows, key=lambda row: row.driver.slug)
    outlook = Outlook(
        np.array([row.positions for row in ordered]),
        np.array([row.p_dnf for row in ordered]),
    )
    drivers = [row.driver.slug for row in ordered]
    return Exported(race.season_id, race.round or 0, drivers, outlook)
