"""What the frame of every page shows: the clock, the version, where the record ends."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from f1site.base import changes, clock, kept
from ingestion import condition
from ingestion import queries as record
from ingestion.models.calendar import FIRST_SEASON
from predictions.views.parts import race_label
from predictions.views.presenters.frame import RecordEnd, SiteContext

Known = tuple[RecordEnd | None, int, bool, str, datetime | None]

KIND = "site"
UPDATE_HINT = "./run manage ingest_archive"


def site(request: HttpRequest) -> dict[str, Any]:
    """The ``site`` of every template; read once, and only when printed."""
    known = getattr(request, "site_context", None)
    if known is None:
        known = request.site_context = SimpleLazyObject(_site)  # type: ignore[attr-defined]
    return {"site": known}


def _site() -> SiteContext:
    record_until, record_since, is_stale, grade, changed_at = _record()
    now = clock.now()
    is_stopped = settings.F1_NOW is not None
    return SiteContext(
        name=settings.APP_NAME,
        now=now,
        as_of=now if is_stopped else changed_at or now,
        is_clock_stopped=is_stopped,
        version=settings.VERSION,
        record_until=record_until,
        record_since=record_since,
        is_stale=is_stale,
        grade=grade,
        update_hint=UPDATE_HINT,
    )


def _record() -> Known:
    """Where the record ends and begins, what it lacks, its grade, its last change."""
    era = kept.era()
    known: Known | None = kept.find(KIND, era) if era else None
    if known is not None:
        return known
    last, upcoming = record.record_until(), record.next_race()
    until = RecordEnd(label=race_label(last), date=last.starts_on) if last else None
    is_stale = last is None or (upcoming is not None and not upcoming.is_future_race)
    grade = condition.grade(is_stale=is_stale).value if last else ""
    changed_at = None if settings.F1_NOW else changes.last_change()
    since = record.record_since() or FIRST_SEASON
    known = until, since, is_stale, grade, changed_at
    if era:
        kept.keep(KIND, era, era, known)
    return known
