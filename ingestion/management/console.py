"""How imports show themselves in a terminal."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingestion.errors import SourceError
from ingestion.models import Race
from ingestion.services import Import
from ingestion.services.record import Progress as Report

UNHARMED = "The record is as it was."
MOST_NAMED = 5


def run_import(command: BaseCommand, work: Callable[[Report], Import]) -> None:
    """Do the import under a progress bar, and say what it did or why it did nothing."""
    try:
        with progress_bar() as report:
            done = work(report)
    except SourceError as error:
        raise CommandError(f"{error}\n{UNHARMED}") from error
    command.stdout.write(summary(done))


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A bar on standard error; nothing at all when nobody is watching."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<42}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        tasks = {"": bar.add_task("Starting", total=None)}

        def report(step: str, done: int, total: int) -> None:
            bar.update(tasks[""], description=step, completed=done, total=total)

        yield report


def summary(done: Import) -> str:
    """A table of what changed, and whatever needs a human eye."""
    lines = [_counts(done)] if done.outcome.changes else []
    for name, slugs in done.outcome.kept.items():
        lines.append(f"Kept, though the source lacks them: {name} {_some(slugs)}")
    lines += done.outcome.notes
    if done.outcome.changes:
        lines.append(_verdict(done))
    return "\n".join(lines)


def _counts(done: Import) -> str:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    kinds = ("added", "changed", "unchanged", "removed")
    for kind in kinds:
        table.add_column(kind, justify="right")
    for name, change in done.outcome.changes.items():
        counts = change.as_counts()
        if any(counts.values()):
            label = name.replace("_", " ")
            table.add_row(label, *(f"{counts[kind]:,}" for kind in kinds))
    out = io.StringIO()
    Console(file=out, width=80).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _some(slugs: list[str]) -> str:
    more = len(slugs) - MOST_NAMED
    return ", ".join(slugs[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _verdict(done: Import) -> str:
    changes = done.outcome.changes.values()
    n_rows = sum(change.added + change.changed + change.unchanged for change in changes)
    checksum = f", sha256 {done.sha256[:12]}" if done.sha256 else ""
    what = "nothing changed" if done.outcome.is_unchanged else "stored"
    return (
        f"{done.source} {done.location}{checksum}: {n_rows:,} rows read,"
        f" none rejected, {what}."
    )


def race_of(label: str) -> Race:
    """The race of a season and round; an error that says what to write."""
    season, _, round_ = label.partition("-")
    if not (season.isdigit() and round_.isdigit()):
        raise CommandError(f"{label!r} is no race; write season and round as 2024-22")
    try:
        return Race.objects.by_round(int(season), int(round_))
    except Race.DoesNotExist:
        raise CommandError(f"there is no race {label} on record") from None
