"""What follows from a correction: ratings, forecasts and scores, and the way back."""

import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from celery import current_app
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from f1site.base.models import Message
from ingestion import effects as record_effects
from ingestion.models import Correction, Race, RaceResult
from ingestion.services import corrections, import_archive
from ingestion.services.edits import Edit
from ingestion.services.reading import read
from ingestion.services.tables import TABLES
from ingestion.tests.conftest import Importer, seed_aliases
from ingestion.tests.fingerprint import fingerprint
from ingestion.tests.mini_archive import MiniArchive
from ingestion.tests.test_admin_corrections import confirm, edited, logged_in
from predictions import effects, pipeline, sealing, services
from predictions.models import Forecast, Prediction, PredictionAccuracy
from predictions.tests import forecast_cast as cast
from ratings.models import RatingChange, RatingRun
from ratings.services import replay_ratings
from ratings.tests.conftest import Stored, stored

pytestmark = pytest.mark.django_db

#: By place in the order of time.
Changes = dict[int, list[tuple[Any, ...]]]
NUMBERS = ("kind", "driver", "team", "before", "expected_score", "k_factor", "after")


@pytest.fixture
def editor(client: Client, django_user_model: Any) -> Client:
    return logged_in(client, django_user_model, "editor")


@pytest.fixture
def ingest(tmp_path: Path) -> Importer:
    seed_aliases()
    release = str(MiniArchive().write_folder(tmp_path / "release"))
    return lambda: import_archive(location=release)


def ratings() -> Stored:
    replay_ratings()
    return stored()


def changes() -> Changes:
    found: Changes = defaultdict(list)
    rows = RatingChange.objects.order_by("kind", "driver", "team")
    for sequence, *numbers in rows.values_list("sequence", *NUMBERS):
        found[sequence].append(tuple(numbers))
    return found


def record_rows() -> list[str]:
    """All rows of the record; versions and the log are history, and grow."""
    return [repr(row) for table in TABLES for row in read(table, Q())]


def tell(editor: Client, race: Race, again: Callable[[], object]) -> None:
    """Disqualify the last of a race in the admin, import again, undo."""
    record, before, rated = record_rows(), ratings(), changes()
    row = RaceResult.objects.filter(race=race, is_classified=True).latest("position")
    url, sent = edited(editor, row, status="disqualified", position="", points="0")
    sent.pop("is_classified")
    assert confirm(editor, url, sent).status_code == 302

    again()
    row.refresh_from_db()
    assert (row.status, row.position) == ("disqualified", None)
    replay_ratings()
    place = race.rated.sequence
    moved = [n for n, then in changes().items() if then != rated[n]]
    assert min(moved) == place
    run = RatingRun.objects.latest("id")
    assert (run.since_id, run.n_races) == (race.pk, len(rated) - place)
    assert max(moved) == max(rated)

    correction = Correction.objects.get()
    address = reverse("admin:ingestion_correction_undo", args=[correction.pk])
    assert confirm(editor, address, {}).status_code == 302
    assert ratings() == before
    again()
    assert ratings() == before
    assert record_rows() == record


def test_a_correction_moves_what_comes_after_it_and_undo_takes_it_back(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    tell(editor, Race.objects.get(season=2023, grand_prix="great-britain"), ingest)


def test_a_correction_of_2014_in_the_whole_archive(
    archive: Path, editor: Client
) -> None:
    def again() -> None:
        import_archive(location=str(archive))

    again()
    tell(editor, Race.objects.by_round(2014, 12), again)


# --- the queue ----------------------------------------------------------------------
@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a broker that takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def warned(editor: Client) -> list[str]:
    """Correct a result in the admin; the warnings on the next page."""
    row = RaceResult.objects.filter(is_classified=True).latest("race_id", "position")
    url, sent = edited(editor, row, reason="miscounted")
    assert confirm(editor, url, sent).status_code == 302
    page = editor.get(reverse("admin:ingestion_correction_changelist"))
    said = get_messages(page.wsgi_request)
    return [message.message for message in said if message.level_tag == "warning"]


@pytest.mark.django_db(transaction=True)
def test_an_editor_is_not_warned_of_a_queue_that_works(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    assert warned(editor) == []


@pytest.mark.django_db(transaction=True)
def test_an_editor_is_warned_when_the_queue_is_away(
    ingest: Importer, editor: Client, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest()
    monkeypatch.setattr(current_app.conf, "broker_url", silent)
    assert warned(editor) == [effects.WAITS]
    for address in (silent, "redis://127.0.0.1:9/0"):
        monkeypatch.setattr(current_app.conf, "broker_url", address)
        began = time.monotonic()
        with record_effects.heard() as warnings:
            effects.refresh_soon([])
        assert warnings == [effects.WAITS]
        assert time.monotonic() - began < 1
    assert Message.objects.filter(sent_at=None).count() == 3


# --- forecasts ----------------------------------------------------------------------
@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    """Round 1 of 2025, nine days ahead, and forecast."""
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cache.clear()
    race = cast.store()
    pipeline.refresh()
    return race


def last_race() -> Race:
    return Race.objects.held().latest("starts_on")


def swap(race: Race) -> list[Edit]:
    """The first two change places."""
    first, second = race.results.order_by("display_order")[:2]
    names = ("display_order", "position", "points", "time_ms", "gap_ms")
    return [
        Edit.change(row, **{name: getattr(other, name) for name in names})
        for row, other in ((first, second), (second, first))
    ]


def issued() -> list[Any]:
    forecasts = Forecast.objects.order_by("id").values_list()
    return [*forecasts, *Prediction.objects.order_by("id").values_list()]


def test_a_look_at_a_correction_leaves_nothing_behind(ahead: Race) -> None:
    before = (fingerprint(), ratings(), issued(), RatingRun.objects.count())
    effects = corrections.preview(edits=swap(last_race()))
    assert (fingerprint(), ratings(), issued(), RatingRun.objects.count()) == before
    assert not Correction.objects.exists()
    assert "alone is rated again" in effects["ratings"].note
    assert effects["ratings"].rows
    forecast = effects["next forecast"]
    assert ahead.name in forecast.note
    assert forecast.rows
    # The cache must not think that what was only looked at has been forecast.
    assert str(pipeline.refresh()) == "nothing was missing"


def test_the_next_race_is_forecast_anew_and_what_was_issued_stays(ahead: Race) -> None:
    effects = corrections.preview(edits=swap(last_race()))
    then = {name: chance for name, _, chance in effects["next forecast"].rows}
    before = issued()
    n_forecasts = Forecast.objects.count()

    corrections.correct(edits=swap(last_race()), author=None, reason="a protest")
    report = pipeline.refresh()

    assert {forecast.race for forecast in report.forecasts} == {ahead}
    kept = Forecast.objects.order_by("id")[:n_forecasts]
    rows = Prediction.objects.filter(forecast__in=list(kept)).order_by("id")
    assert [*kept.values_list(), *rows.values_list()] == before
    assert list(sealing.faults()) == []
    primary = next(each for each in report.forecasts if each.is_primary)
    said = {
        row.driver.name: f"{row.p_win:.1%}"
        for row in Prediction.objects.filter(forecast=primary).select_related("driver")
    }
    assert then == {name: said[name] for name in then}


def test_scores_follow_a_correction_and_its_end(
    ahead: Race, settings: Settings
) -> None:
    happened = cast.weekend(np.random.default_rng(3))
    cast.store_weekend(ahead, happened)
    cast.store_result(ahead, happened, dict.fromkeys(cast.DRIVERS, 0))
    settings.F1_NOW = datetime(2025, 3, 25, 12, tzinfo=UTC)
    ahead.refresh_from_db()
    first = {score.forecast_id: score for score in services.score_race(race=ahead)}
    assert first

    made = corrections.correct(edits=swap(ahead), author=None, reason="a protest")
    second = services.score_race(race=ahead)
    assert {
        score.result_version.number for score in second if score.result_version
    } == {2}
    assert any(score.log_loss != first[score.forecast_id].log_loss for score in second)

    corrections.undo(correction=made, author=None)
    third = services.score_race(race=ahead)
    for score in third:
        assert score.log_loss == first[score.forecast_id].log_loss
    current = PredictionAccuracy.objects.filter(is_current=True)
    assert {score.pk for score in current} == {score.pk for score in third}
    assert PredictionAccuracy.objects.count() == 3 * len(first)
