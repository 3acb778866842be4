"""Two imports at the same time: the second reads what the first has written."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from f1site.base import jobs
from ingestion.models import Entry, RaceResult
from ingestion.services import import_live
from ingestion.services.record import LOCK
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.live_season import SEASON, LiveSeason
from ingestion.tests.live_server import serving

WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
"""
PATIENCE_S = 10


def import_kind(kind: str) -> None:
    import_live(season=SEASON, round=3, kinds=[kind])


def import_elsewhere(kind: str) -> None:
    try:
        import_kind(kind)
    finally:
        connection.close()


def wait_for_the_other() -> None:
    for _ in range(100 * PATIENCE_S):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone() == (1,):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for the record")


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_record_reads_it_afterwards(settings: Any) -> None:
    settings.LIVE_PER_SECOND, settings.LIVE_FRESH_S = 1000, 0
    settings.F1_NOW = datetime(2023, 5, 1, tzinfo=UTC)
    seed_aliases()
    season = LiveSeason()
    del season.results[3][5]  # was in qualifying only
    with serving(season.answer) as server:
        settings.LIVE_URL = server.url
        other = threading.Thread(target=import_elsewhere, args=["results"])
        with jobs.exclusive(LOCK):
            other.start()
            wait_for_the_other()
            import_kind("qualifying")
        other.join()

    rows = RaceResult.objects.order_by("position")
    places = rows.values_list("qualifying_position", flat=True)
    assert list(places) == [3, 2, 1, 6, 4]
    assert Entry.objects.filter(race__round=3).count() == 6
