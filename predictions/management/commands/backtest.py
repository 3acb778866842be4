"""``manage.py backtest``: how good would the forecasts have been?"""

from getpass import getuser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from f1site.base import clock
from f1site.base.documents import write_between
from predictions import backtests, pipeline, services, spread
from predictions.charts import reliability
from predictions.forecasting.comparison import StageTable
from predictions.forecasting.entrant import STAGES
from predictions.forecasting.exports import write_csv
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS
from predictions.management.comparisons import (
    OF_PLACES,
    OF_WINNER,
    console_tables,
    markdown,
)
from predictions.management.console import chosen, console, progress, seasons
from predictions.models import Backtest

DOCS = Path(settings.BASE_DIR) / "docs"
#: Seasons of the second table in the docs.
RECENT = 3


class Command(BaseCommand):
    help = (
        "Forecast past seasons, each by models that saw only the seasons before it,"
        " and score that. Stored apart from forecasts, which it never becomes; one"
        " that was broken off is gone on with."
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
            help="forecasts of one model at one stage as CSV",
        )
        parser.add_argument(
            "--model", default="", metavar="NAME", help="to export; the primary if not"
        )
        parser.add_argument(
            "--sprints",
            action="store_true",
            help="of the sprints instead; these are few, and nothing of it is stored",
        )
        parser.add_argument(
            "--fresh", action="store_true", help="compute all again, use nothing stored"
        )
        parser.add_argument(
            "--workers",
            choices=("here", "celery"),
            default="here",
            help="who computes; with celery a task per chunk",
        )
        parser.add_argument(
            "--celery", dest="workers", action="store_const", const="celery"
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help="tables into docs/forecasting.md, the plot into docs/img",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        years = seasons(options["seasons"])
        stages = chosen(options["stage"], STAGES, "stage")
        if not stages:
            raise CommandError(f"--stage names none; there is {', '.join(STAGES)}")
        names = chosen(options["models"], MODELS, "model") or list(MODELS)
        for stage in stages:
            if not _there(names, stage):
                raise CommandError(f"{', '.join(names)}: nothing to go by at {stage}")
        on = console(self.stdout)
        if options["sprints"]:
            return _sprints(on, options, years, stages, names)
        exported = _exported_model(options, stages, names)
        as_of = clock.now()
        frame = _frame(on, as_of, years)
        begun = services.begin_backtest(
            frame=frame,
            seasons=years,
            stages=stages,
            names=names,
            as_of=as_of,
            asked_by=_who(),
            fresh=options["fresh"],
        )
        if begun.said:
            on.print(begun.said)
        if begun.backtest.state != Backtest.State.DONE:
            _run(on, begun.backtest, frame, options["workers"])
        begun.backtest.refresh_from_db()
        tables = [StageTable.load(table) for table in begun.backtest.tables]
        for table in tables:
            on.print(*console_tables(table))
        if options["export"]:
            rows = backtests.exported(begun.backtest, stages[0], exported)
            n = write_csv(options["export"], rows)
            on.print(f"{n} rows of {exported} in {options['export']}")
        if options["write"]:
            _write(on, begun.backtest, tables)


def _sprints(
    on: Console,
    options: dict[str, Any],
    years: list[int],
    stages: list[str],
    names: list[str],
) -> None:
    if options["export"]:
        raise CommandError("--export is of races; leave out --sprints")
    pipeline.rate()
    n_steps = len(years) * sum(len(_there(names, stage)) for stage in stages)
    try:
        with progress(on) as bar:
            task = bar.add_task("sprints", total=n_steps)
            tables = services.sprint_tables(
                as_of=clock.now(),
                seasons=years,
                stages=stages,
                names=names,
                progress=lambda name, year: bar.update(
                    task, description=f"sprints {year} {name}", advance=1
                ),
            )
    except (services.NoInputsError, ValueError) as error:
        raise CommandError(str(error)) from error
    for table in tables:
        on.print(*console_tables(table))
    if options["write"]:
        text = markdown(tables, [OF_WINNER, OF_PLACES])
        write_between(DOCS / "forecasting.md", "backtest, sprints", text)


def _exported_model(
    options: dict[str, Any], stages: list[str], names: list[str]
) -> str:
    """The model named, else the primary, else the last that is there at the stage."""
    if not options["export"]:
        return ""
    if len(stages) > 1:
        raise CommandError("--export holds one stage; name one with --stage")
    there = _there(names, stages[0])
    if options["model"] and options["model"] not in there:
        raise CommandError(
            f"--model is {options['model']!r}; {stages[0]} has {', '.join(there)}"
        )
    primary = services.primary_name()
    return options["model"] or (primary if primary in there else there[-1])


def _there(names: list[str], stage: str) -> list[str]:
    """Models that have something to go by at a stage."""
    return [name for name in names if stage in MODELS[name].stages]


def _who() -> str:
    try:
        return f"{getuser()} by command"[:60]
    except (KeyError, OSError):  # a container may know its user by number only
        return "by command"


def _frame(on: Console, as_of: Any, years: list[int]) -> Frame:
    with on.status("reading the record"):
        pipeline.rate()
        try:
            return services.frame_of(as_of, years)
        except (services.NoInputsError, ValueError) as error:
            raise CommandError(str(error)) from error


def _run(on: Console, backtest: Backtest, frame: Frame, workers: str) -> None:
    models = [MODELS[name] for name in backtest.model_names]
    n_steps = sum(
        len(chunk.seasons) * sum(chunk.stage in model.stages for model in models)
        for chunk in services.open_chunks(backtest)
    )
    with progress(on) as bar:
        task = bar.add_task("backtest", total=n_steps)

        def tell(name: str, year: int) -> None:
            bar.update(task, description=f"{year} {name}", advance=1)

        def tell_steps(n_done: int) -> None:
            bar.update(task, description="on the workers", completed=n_done)

        try:
            if workers == "celery":
                if spread.run_on_workers(backtest, tell_steps):
                    return
                on.print("No worker answers; the backtest is computed here.")
            services.run_backtest(backtest, frame, tell)
        except services.ChunkFailedError as error:
            raise CommandError(str(error)) from error


def _write(on: Console, backtest: Backtest, tables: list[StageTable]) -> None:
    """Tables over all seasons and the newest, and how reliable the primary model is."""
    recent = backtest.seasons[-RECENT:]
    newest = [backtests.table_of(backtest, t.stage, recent) for t in tables]
    document, years = DOCS / "forecasting.md", backtest.seasons
    about = (
        f"{years[0]}–{years[-1]}, made of results up to {backtest.cutoff}."
        f" In brackets 95 % of a bootstrap over races.\n\n"
    )
    try:
        write_between(document, "backtest", about + markdown(tables))
        write_between(document, "backtest, newest", markdown(newest, [OF_WINNER]))
    except ValueError as error:
        raise CommandError(str(error)) from error
    line = tables[-1].line(services.primary_name()) or tables[-1].lines[0]
    plot = DOCS / "img" / "reliability.svg"
    plot.write_text(reliability.standalone(line.win, line.podium, tables[-1].stage))
    on.print(f"written into {document} and {plot}")
