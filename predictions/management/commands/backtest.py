"""``manage.py backtest``: how good would the forecasts have been?"""

from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from f1site.base import clock
from predictions import pipeline, services
from predictions.features import Knowledge
from predictions.forecasting.backtest import (
    Trial,
    paired_difference,
    summary,
    walk_forward,
)
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.exports import Exported, write_csv
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS
from predictions.management.console import chosen, console, percent, progress, seasons

Trials = dict[str, list[Trial]]
#: The baseline to beat: the one that knows most.
RIVALS = ("grid", "elo", "uniform")


class Command(BaseCommand):
    help = (
        "Forecast past seasons, each by models that saw only the seasons before it,"
        " and score that. Nothing is stored as a forecast."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seasons", required=True, metavar="2022-2024")
        parser.add_argument(
            "--stage", default="final_grid", help=f"of {', '.join(STAGES)}"
        )
        parser.add_argument("--models", default="", help="all unless told")
        parser.add_argument(
            "--export",
            type=Path,
            metavar="FILE",
            help="the primary model's forecasts of one stage as CSV",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        years = seasons(options["seasons"])
        stages = chosen(options["stage"], STAGES, "stage")
        names = chosen(options["models"], MODELS, "model") or list(MODELS)
        if options["export"] and len(stages) > 1:
            raise CommandError("--export holds one stage; name one with --stage")
        on = console(self.stdout)
        frame = _frame(on)
        _check(frame, years)
        for stage in stages:
            trials = _run(on, frame, names, stage, years)
            on.print(_table(trials, stage))
            if options["export"]:
                name = _exported_model(trials)
                n = write_csv(options["export"], map(_exported, trials[name]))
                on.print(f"{n} rows of {name} in {options['export']}")


def _frame(on: Console) -> Frame:
    with on.status("reading the record"):
        pipeline.rate()
        knowledge = Knowledge(clock.now())
        if not knowledge.races:
            raise CommandError("the record holds no result")
        return knowledge.frame


def _check(frame: Frame, years: list[int]) -> None:
    """Refuse seasons without one before them that models may learn from."""
    learnable = np.unique(frame.season[frame.place > 0]).tolist()
    if not learnable:
        raise CommandError("the record holds no result")
    first = learnable[1] if len(learnable) > 1 else learnable[0] + 1
    if years[0] < first:
        raise CommandError(
            f"seasons holds {years[0]}; forecasts begin with {first},"
            f" as models learn from {learnable[0]} on"
        )


def _run(
    on: Console, frame: Frame, names: list[str], stage: str, years: list[int]
) -> Trials:
    models = [MODELS[name] for name in names]
    n_steps = len(years) * sum(stage in model.stages for model in models)
    with progress(on) as bar:
        task = bar.add_task(stage, total=n_steps)

        def tell(name: str, year: int) -> None:
            bar.update(task, description=f"{stage} {year} {name}", advance=1)

        try:
            return walk_forward(
                frame, models, stage, years, seed=services.SEED, progress=tell
            )
        except ValueError as error:
            raise CommandError(str(error)) from error


def _exported_model(trials: Trials) -> str:
    """The primary model, or the last of those that were named."""
    primary = services.primary_name()
    return primary if primary in trials else list(trials)[-1]


def _exported(trial: Trial) -> Exported:
    field = trial.field
    return Exported(
        int(field.season[0]), int(field.round[0]), field.driver.tolist(), trial.outlook
    )


def _table(trials: Trials, stage: str) -> Table:
    """Models by rows; in the last column against a baseline on the same races."""
    summaries = {name: summary(of_model) for name, of_model in trials.items()}
    n_races = next(iter(summaries.values())).n_races
    rival = next((name for name in RIVALS if name in trials), "")
    table = Table(title=f"{stage}, n = {n_races} races")
    for column in ("Model", "Log loss", "95 %", "Brier", "RPS", "Winner", "Top 3"):
        table.add_column(column, justify="left" if column == "Model" else "right")
    table.add_column(f"against {rival}" if rival else "", justify="right")
    for name, of_model in sorted(
        summaries.items(), key=lambda item: item[1].means["log_loss"]
    ):
        means = of_model.means
        low, high = of_model.interval
        table.add_row(
            name,
            f"{means['log_loss']:.3f}",
            f"{low:.2f}–{high:.2f}",
            f"{means['brier']:.3f}",
            f"{means['rps']:.4f}",
            percent(means["winner_hit"]),
            percent(means["winner_in_top3"]),
            _difference(trials, name, rival),
        )
    return table


def _difference(trials: Trials, name: str, rival: str) -> str:
    if not rival or name == rival:
        return ""
    mean, low, high = paired_difference(trials[name], trials[rival])
    return f"{mean:+.3f} [{low:+.2f}, {high:+.2f}]"
