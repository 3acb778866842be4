"""What the frame of every page shows: the clock, the version, where the record ends."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from f1site.base import clock
from ingestion import queries as record
from predictions.views.parts import race_label
from predictions.views.presenters.frame import RecordEnd, SiteContext

UPDATE_HINT = "./run manage ingest_archive"


def site(request: HttpRequest) -> dict[str, Any]:
    """The ``site`` of every template; read from the database only when printed."""
    return {"site": SimpleLazyObject(_site)}


def _site() -> SiteContext:
    now = clock.now()
    last, upcoming = record.record_until(), record.next_race()
    return SiteContext(
        name=settings.APP_NAME,
        now=now,
        is_clock_stopped=settings.F1_NOW is not None,
        version=settings.VERSION,
        record_until=RecordEnd(label=race_label(last), date=last.starts_on)
        if last
        else None,
        is_stale=last is None or (upcoming is not None and not upcoming.is_future_race),
        update_hint=UPDATE_HINT,
    )
