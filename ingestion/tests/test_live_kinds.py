"""Kinds of the live source that are read alone, or at the same time."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from f1site.base import jobs
from ingestion.models import Entry, QualifyingResult, RaceResult, ResultVersion
from ingestion.services import corrections, import_live
from ingestion.services.edits import Edit
from ingestion.services.record import LOCK
from ingestion.sources.jolpica import KINDS
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.live_season import SEASON, LiveSeason
from ingestion.tests.live_server import LiveServer, serving

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


@pytest.fixture
def season() -> LiveSeason:
    return LiveSeason()


@pytest.fixture
def server(season: LiveSeason, settings: Any) -> Iterator[LiveServer]:
    settings.LIVE_PER_SECOND, settings.LIVE_FRESH_S = 1000, 0
    settings.F1_NOW = datetime(2023, 5, 1, tzinfo=UTC)
    seed_aliases()
    with serving(season.answer) as source:
        settings.LIVE_URL = source.url
        yield source


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_record_reads_it_afterwards(
    server: LiveServer, season: LiveSeason
) -> None:
    del season.results[3][5]  # was in qualifying only
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


# --- versions -----------------------------------------------------------------------
def standings(kind: str) -> list[str]:
    rows = ResultVersion.objects.filter(race__round=3, kind=kind).order_by("number")
    return list(rows.values_list("standing", flat=True))


@pytest.mark.django_db
def test_what_was_not_read_is_not_confirmed(server: LiveServer, settings: Any) -> None:
    import_live(season=SEASON)
    settings.F1_NOW = datetime(2023, 5, 3, tzinfo=UTC)

    import_kind("results")
    assert standings("race") == ["provisional", "final"]
    assert standings("sprint") == ["provisional"]

    import_kind("sprint")
    assert standings("sprint") == ["provisional", "final"]


@pytest.mark.django_db
@pytest.mark.parametrize("kinds", [["results"], KINDS])
def test_what_becomes_of_qualifying_does_not_amend_a_result(
    kinds: list[str], server: LiveServer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2023, 5, 3, tzinfo=UTC)
    import_live(season=SEASON)
    row = QualifyingResult.objects.get(race__round=3, position=1)
    edit = Edit.change(row, position=None, display_order=7)
    corrections.correct(edits=[edit], author=None, reason="underweight")

    import_live(season=SEASON, round=3, kinds=kinds)
    assert standings("race") == ["final"]


@pytest.mark.django_db
def test_qualifying_that_comes_late_does_not_amend_a_result(
    server: LiveServer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2023, 5, 3, tzinfo=UTC)
    import_kind("results")
    assert not RaceResult.objects.filter(qualifying_position=1).exists()
    import_live(season=SEASON)
    assert RaceResult.objects.get(race__round=3, qualifying_position=1).has_pole
    assert standings("race") == ["final"]
