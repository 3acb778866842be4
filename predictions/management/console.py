"""What the commands on forecasts share: a console, spans of seasons, names."""

from collections.abc import Collection
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn
from rich.progress import TextColumn as Text
from rich.progress import TimeElapsedColumn as Elapsed

#: Columns where the output is no terminal.
WIDTH = 128


def console(stdout: OutputWrapper) -> Console:
    """A console on the output of a command."""
    out: Any = stdout
    width = None if out.isatty() else WIDTH
    return Console(file=out._out, highlight=False, width=width)


def progress(on: Console) -> Progress:
    columns = (SpinnerColumn(), BarColumn(bar_width=24), MofNCompleteColumn())
    return Progress(
        *columns, Text("{task.description}"), Elapsed(), console=on, transient=True
    )


def seasons(text: str) -> list[int]:
    """``2022-2024``, ``2019`` or ``2015-2019,2024`` as years."""
    years: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise CommandError(f"seasons are {text!r}; write them as 2022-2024")
        if int(first) > int(last or first):
            raise CommandError(f"seasons are {text!r}; write the earlier one first")
        years |= set(range(int(first), int(last or first) + 1))
    return sorted(years)


def chosen(text: str, known: Collection[str], what: str) -> list[str]:
    """Names separated by commas, each of them known and taken once."""
    asked = (name.strip() for name in text.split(","))
    names = [name for name in dict.fromkeys(asked) if name]
    for name in names:
        if name not in known:
            raise CommandError(f"no {what} {name!r}; there is {', '.join(known)}")
    return names


def percent(chance: float) -> str:
    return f"{100 * chance:.1f} %"
