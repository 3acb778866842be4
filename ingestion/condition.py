"""How the sources are: when they were last heard, asked, and are asked again."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import PurePath

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from f1site.base import clock, signs
from ingestion.models import (
    CorrectedFigure,
    Finding,
    Provenance,
    Race,
    RaceResult,
    Source,
    SourceFetch,
    SourceRequest,
)
from ingestion.origins import source_label
from ingestion.services.provenance import public_address

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: An import takes minutes: one that runs longer was killed.
LONGEST_RUN = timedelta(hours=1)
MOST_IMPORTS, MOST_FINDINGS, MOST_RACES = 12, 50, 40
#: Source → the most requests it gets in an hour, and the task that asks it.
BUDGETS = {Source.LIVE: settings.LIVE_PER_HOUR}
TASKS = {
    Source.ARCHIVE: "ingestion.tasks.import_archive_task",
    Source.LIVE: "ingestion.tasks.import_calendar_task",
    Source.WEATHER: "ingestion.tasks.import_weather_task",
}
#: Sheets whose age is told, and what they are called where it is.
FRESHNESS = {
    "results": "race_results",
    "qualifying_results qualifying": "qualifying",
    "weather": "weather",
    "races": "calendar",
}
ADDRESS = re.compile(r"\b[a-z][a-z0-9+]*://\S+")
PATH = re.compile(r"(?<![\w:/.])(?:/[\w.+-]+){2,}/?")
MOST_OF_AN_ERROR = 200


@dataclass(frozen=True)
class SourceState:
    """One source: moments are of the site's clock, requests of the real one."""

    source: str
    label: str
    good_at: datetime | None = None
    tried_at: datetime | None = None
    outcome: str = ""
    n_requests: int = 0
    budget: int | None = None
    shut_until: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class ImportRun:
    """One import and what it did."""

    pk: int
    label: str
    source: str
    location: str
    started_at: datetime
    outcome: str
    added: int
    changed: int
    removed: int
    error: str = ""


class Grade(StrEnum):
    """How far the record can be relied upon, and why no further."""

    A = "A, nothing open"
    B = "B, figures or names in question"
    C = "C, results are missing"


@dataclass(frozen=True)
class Findings:
    """What is open, the newest first, and how much there is of it."""

    n_disagreements: int = 0
    n_unknown: int = 0
    shown: list[Finding] = field(default_factory=list)


# --- sources ----------------------------------------------------------------------
def sources() -> list[SourceState]:
    """Every source that was ever heard or is to be asked, in a known order."""
    now = timezone.now()
    good, last = _good(), _last()
    ledger = _ledger(now)
    due = _due()
    unasked = {Source.STARTER} | (
        set() if settings.PRACTICE_SOURCE else {Source.OPENF1}
    )
    known = [str(source) for source in Source if source not in unasked]
    names = [*known, *sorted({*last, *ledger} - set(known))]
    return [
        SourceState(
            source=name,
            label=source_label(name),
            good_at=good.get(name),
            tried_at=last[name].started_at if name in last else None,
            outcome=outcome_of(last[name]) if name in last else "",
            n_requests=ledger.get(name, (0, None))[0],
            budget=BUDGETS.get(name),  # type: ignore[call-overload] # text choices
            shut_until=ledger.get(name, (0, None))[1],
            due_at=due.get(name),
        )
        for name in names
    ]


def heard() -> dict[str, datetime | None]:
    """Kind: when a source last said of any race that it is as the record has it."""
    told = Provenance.objects.filter(sheet__in=FRESHNESS).order_by()
    newest = dict(told.values_list("sheet").annotate(Max("confirmed_at")))
    return {kind: newest.get(sheet) for sheet, kind in FRESHNESS.items()}


def outcome_of(fetch: SourceFetch) -> str:
    """Done, failed, running, or killed: what runs too long does not run any more."""
    is_running = fetch.outcome == SourceFetch.Outcome.RUNNING
    if is_running and fetch.started_at < clock.now() - LONGEST_RUN:
        return "killed"
    return fetch.outcome


def _good() -> dict[str, datetime]:
    done = SourceFetch.objects.filter(outcome=SourceFetch.Outcome.DONE)
    rows = done.order_by().values_list("source").annotate(Max("finished_at"))
    return dict(rows)


def _last() -> dict[str, SourceFetch]:
    rows = SourceFetch.objects.order_by("source", "-started_at", "-id")
    return {
        fetch.source: fetch
        for fetch in rows.distinct("source").only("source", "started_at", "outcome")
    }


def _ledger(now: datetime) -> dict[str, tuple[int, datetime | None]]:
    """Requests of the last hour, and until when a source rests."""
    rows = (
        SourceRequest.objects.filter(sent_at__gt=now - DAY)
        .order_by("source")
        .values_list("source")
        .annotate(
            n=Count("pk", filter=Q(sent_at__gt=now - HOUR)),
            until=Max("retry_at", filter=Q(retry_at__gt=now)),
        )
    )
    # Of the providers of weather one is asked at a time.
    return {name: (n, until) for name, n, until in rows}


def _due() -> dict[str, datetime]:
    """When the scheduler asks each source next."""
    entries = {entry.task: next_turn(entry) for entry in on_schedule(TASKS.values())}
    due = {str(source): entries.get(task) for source, task in TASKS.items()}
    return {source: at for source, at in due.items() if at}


def on_schedule(tasks: Collection[str]) -> QuerySet[PeriodicTask]:
    """The entries of the schedule that send for some tasks."""
    entries: QuerySet[PeriodicTask] = PeriodicTask.objects.filter(
        task__in=tasks, enabled=True
    )
    return entries.select_related("crontab", "interval", "solar", "clocked")


def next_turn(entry: PeriodicTask) -> datetime | None:
    """When an entry is due; only of a scheduler that lives, or ran within a day."""
    now, last = timezone.now(), entry.last_run_at
    silence_s = signs.age_s(signs.BEAT) if last is None else None
    if silence_s is not None and silence_s < DAY.total_seconds():
        last = now  # it waits for its first turn
    if last is None or last < now - DAY:
        return None
    due: datetime = now + entry.schedule.remaining_estimate(last)
    return due


# --- imports, findings, corrections ------------------------------------------------
def imports() -> list[ImportRun]:
    """The last ones."""
    rows = SourceFetch.objects.order_by("-started_at", "-id")[:MOST_IMPORTS]
    return [
        ImportRun(
            pk=fetch.pk,
            label=source_label(fetch.source),
            source=fetch.source,
            location=public(fetch.location),
            started_at=fetch.started_at,
            outcome=outcome_of(fetch),
            added=_total(fetch, "added"),
            changed=_total(fetch, "changed"),
            removed=_total(fetch, "removed"),
            error=public(fetch.error),
        )
        for fetch in rows
    ]


def _total(fetch: SourceFetch, what: str) -> int:
    return sum(counts.get(what, 0) for counts in fetch.counts.values())


def public(text: str) -> str:
    """The first line of a text for everybody: no query, no secret, no folder."""
    line = text.strip().split("\n", 1)[0]
    line = ADDRESS.sub(lambda found: public_address(found[0]), line)
    line = PATH.sub(lambda found: PurePath(found[0]).name, line)
    short = len(line) <= MOST_OF_AN_ERROR
    return line if short else line[: MOST_OF_AN_ERROR - 1] + "…"


def findings() -> Findings:
    """Open ones: unknown names before figures."""
    standing = Finding.objects.filter(resolved_at=None)
    kinds = dict(standing.order_by().values_list("kind").annotate(Count("pk")))
    rows = standing.select_related("race").order_by("-kind", "-last_seen_at", "-pk")
    return Findings(
        kinds.get(Finding.Kind.DISAGREEMENT, 0),
        kinds.get(Finding.Kind.UNKNOWN, 0),
        list(rows[:MOST_FINDINGS]) if kinds else [],
    )


def corrections() -> tuple[int, int]:
    """Figures in force, and those of which the source changed its mind."""
    figures = CorrectedFigure.objects.aggregate(
        in_force=Count("pk", filter=Q(state__in=CorrectedFigure.IN_FORCE)),
        conflicts=Count("pk", filter=Q(state=CorrectedFigure.State.CONFLICT)),
    )
    return figures["in_force"], figures["conflicts"]


def without_result(since: date = date.min) -> Sequence[Race]:
    """Races whose day has passed, that nobody moved, and that have no result."""
    has_result = RaceResult.objects.values("race")
    past = Race.objects.filter(
        status=Race.Status.SCHEDULED,
        starts_on__gte=since,
        starts_on__lt=clock.now().date(),
    )
    return list(past.exclude(pk__in=has_result).order_by("starts_on")[:MOST_RACES])


# --- all of it in a word ------------------------------------------------------------
def grade(*, is_stale: bool) -> Grade:
    """Of a record that lacks a race, or does not. A query at most."""
    if is_stale:
        return Grade.C
    is_open = Finding.objects.filter(resolved_at=None).exists()
    return Grade.B if is_open else Grade.A
