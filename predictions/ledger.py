"""What the site does by itself: the last run of each job, and when its turn is next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from f1site.base.models import JobRun
from f1site.base.tasks import sweep_task
from ingestion import condition
from predictions import tasks
from predictions.services.backtesting import CHUNK

#: Names of the ledger by the name of the task.
OF_SCHEDULE = {task.name: name for name, task in tasks.NIGHTLY.items()} | {
    tasks.tick_task.name: "tick",
    tasks.notify_task.name: tasks.NOTIFY,
    sweep_task.name: "sweep",
}
#: What is done when somebody asks for it.
ASKED_FOR = {
    tasks.ASKED_FOR: "Begin a backtest that was asked for",
    CHUNK: "Compute a chunk of a backtest",
    "refresh": "Rate, forecast and score after a correction",
    "rate": "Rate anew",
}


#: Where in the chain of seals something was, which is no number of anything.
PLACES = ("first", "last")


@dataclass(frozen=True)
class JobState:
    """A job, how its last run went, and when the next is due."""

    label: str
    at: datetime | None = None
    outcome: str = ""
    did: str = ""
    error: str = ""
    due_at: datetime | None = None


def labels() -> dict[str, str]:
    """Name of the ledger → what the schedule calls the job, of those that are on."""
    entries = condition.on_schedule(OF_SCHEDULE).order_by("-name")
    return {OF_SCHEDULE[entry.task]: entry.name for entry in entries}


def states() -> list[JobState]:
    """Of every entry of the schedule, and of what was asked for at least once."""
    entries = condition.on_schedule(OF_SCHEDULE).order_by("name")
    names = [*OF_SCHEDULE.values(), *ASKED_FOR]
    rows = JobRun.objects.with_state().filter(name__in=names)
    newest = rows.order_by("name", "-started_at", "-id").distinct("name")
    runs = {run.name: run for run in newest}
    found = [
        _state(
            entry.name, runs.get(OF_SCHEDULE[entry.task]), condition.next_turn(entry)
        )
        for entry in entries
    ]
    asked = [_state(words, runs.get(name)) for name, words in ASKED_FOR.items()]
    return found + [state for state in asked if state.at]


def _state(label: str, run: JobRun | None, due: datetime | None = None) -> JobState:
    if run is None:
        return JobState(label, due_at=due)
    return JobState(
        label=label,
        at=run.started_at,
        outcome=run.state,
        did=", ".join(_in_words(run.counts)),
        error=condition.public(run.error),
        due_at=due,
    )


def _in_words(counts: dict[str, Any]) -> Iterator[str]:
    """Numbers with what they are of; lists by their length, tables by their sums."""
    for name, said in counts.items():
        if said == "" or name in PLACES:
            continue
        what = name.replace("_", " ")
        if isinstance(said, dict):
            yield from _in_words({f"{what} {key}": n for key, n in said.items() if n})
        elif isinstance(said, list):
            yield _number(len(said), what)
        elif isinstance(said, str):
            yield said
        else:
            yield _number(said, what)


def _number(n: float, what: str) -> str:
    """What is counted is named in the plural."""
    if n == 1 and what.endswith("s"):
        what = f"{what[:-3]}y" if what.endswith("ies") else what[:-1]
    return f"{n} {what}"
