"""The public page of how the site is: now, and over the last 1, 7 and 30 days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from f1site import health
from f1site.base import clock
from f1site.monitoring import levels
from f1site.monitoring.direct import look
from f1site.monitoring.levels import Level, Share
from predictions.charts import words

NOT_MEASURED: Final = "not measured"
#: Key of a level → what is promised, what is counted, and what n is of.
PROMISES: Final = {
    "answered": (
        "Answered without a fault of ours",
        "requests without an error 5xx; 99.9 of 100 at least",
        "requests",
    ),
    "at-work": (
        "The site was at work",
        "stretches of five minutes in which a web process left its mark; 99.9 of 100"
        " at least",
        "stretches",
    ),
    "fast": (
        "The API answered within half a second",
        "95 of 100 at least",
        "answers of the API",
    ),
    "winner": (
        "The winner was among our first three",
        "races whose forecast was sealed in time; 70 of 100 at least",
        "races",
    ),
    "in-time": (
        "Results were here within six hours",
        "of the end of qualifying, sprint or race; all of them",
        "sessions",
    ),
}
#: Check of ``/health`` → its name, and what its states mean to a reader.
PARTS: Final = {
    "database": ("Database", {"ok": "answers", "down": "does not answer"}),
    "redis": (
        "Cache and queue",
        {"ok": "answer", "down": "do not answer: pages are slower, jobs wait"},
    ),
    "beat": (
        "Schedule",
        {
            "ok": "at work",
            "silent": "silent: nothing is begun by itself",
            "unknown": "no sign of life yet",
        },
    ),
    "worker": (
        "Background work",
        {
            "ok": "at work",
            "silent": "silent: forecasts and data wait",
            "unknown": "no sign of life yet",
        },
    ),
    "queues": (
        "Queues",
        {
            "ok": "served, all of them",
            "unserved": "not served: {}",
            "unknown": "no sign of life yet",
        },
    ),
}


class Part(NamedTuple):
    name: str
    state: str
    is_well: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A level over one window, in words."""

    days: int
    text: str
    n: str
    is_kept: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str
    note: str
    kept: list[Kept]


class Day(NamedTuple):
    """A day on the strip: how it was, in a tone and in words."""

    on: date
    tone: str
    reading: str


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    found, by_day = look(lambda direct: _measured(direct, now)) or ([], {})
    database, data, forecast = health.database_and_data()
    parts = _parts(database)
    context = {
        "lead": _lead(parts),
        "parts": parts,
        "ages": _ages(data, forecast),
        "rows": [_row(level) for level in found],
        "windows": levels.DAYS,
        "days": _days(by_day),
        "measures": settings.ENABLE_METRICS,
        "at": datetime.now(UTC),
    }
    return render(request, "monitoring/status.html", context)


def _measured(
    direct: Any, now: datetime
) -> tuple[list[Level], dict[date, levels.DayOf]]:
    return levels.measured(direct, now), levels.by_day(direct)


# --- now ----------------------------------------------------------------------
def _parts(database: health.Check) -> list[Part]:
    checks = {
        "database": database,
        "redis": health.redis_server(),
        "worker": health.worker(),
        "queues": health.queues(),
        "beat": health.beat(),
    }
    found = []
    for key, check in checks.items():
        name, states = PARTS[key]
        is_well = check.status == "ok"
        state = states.get(check.status, check.status)
        unserved = ", ".join(check.details.get("unserved", ()))
        found.append(Part(name, state.format(unserved), is_well))
    return found


def _lead(parts: list[Part]) -> str:
    ill = [part for part in parts if not part.is_well]
    if not ill:
        return "Everything is at work."
    faults = "; ".join(f"{part.name.lower()} {part.state}" for part in ill)
    return f"Not all is at work: {faults}."


def _ages(data: health.Check, forecast: health.Check) -> list[Part]:
    return [
        Part("Last good import", _ago(data), data.status == "ok"),
        Part("Last forecast", _ago(forecast), forecast.status == "ok"),
    ]


def _ago(check: health.Check) -> str:
    seconds = check.details.get("age_s")
    if seconds is None:
        return "none yet"
    return f"{words.span(timedelta(seconds=seconds))} ago"


# --- levels -------------------------------------------------------------------
def _row(level: Level) -> Row:
    label, note, of = PROMISES[level.key]
    kept = [
        Kept(
            days=days,
            text=share_text(share),
            n=f"n = {share.of:,}" if share.of else f"no {of}",
            is_kept=level.is_kept(days),
        )
        for days, share in level.kept.items()
    ]
    return Row(label=label, note=note, kept=kept)


def share_text(share: Share) -> str:
    """Never rounded up: what was not all of them is not 100 %."""
    if not share.of:
        return NOT_MEASURED
    hundredths = share.good * 10_000 // share.of
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return f"{text}{words.THIN}%"


def _days(found: dict[date, levels.DayOf]) -> list[Day]:
    """The last 30 days, the oldest first; without a sample a day is not measured."""
    today = datetime.now(UTC).date()
    every = [today - timedelta(days=n) for n in reversed(range(max(levels.DAYS)))]
    return [_day(on, found.get(on)) for on in every]


def _day(on: date, known: levels.DayOf | None) -> Day:
    name = f"{on.day} {on:%b %Y}"
    if known is None:
        return Day(on, "off", f"{name}: {NOT_MEASURED}")
    hours = f"measured {known.at_work.good * 5 / 60:.1f} h"
    answered = known.answered
    if not answered.of:
        return Day(on, "idle", f"{name}: nobody asked; {hours}")
    failed = answered.of - answered.good
    tone = "none" if failed > answered.of / 1000 else "part" if failed else "full"
    told = f"{failed:,} of {answered.of:,} answers failed" if failed else "none failed"
    reading = f"{name}: {share_text(answered)} answered, {told}; {hours}"
    return Day(on, tone, reading)
