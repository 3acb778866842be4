"""What a correction does above the record: looked at, and then done."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from ingestion import effects
from ingestion.models import Correction, Race, RaceResult
from ingestion.services import corrections
from ingestion.services.corrections import Edit
from ingestion.services.disqualify import disqualify
from predictions import pipeline, sealing
from predictions.effects import refresh_soon
from predictions.models import Forecast, ModelVersion
from predictions.tests import forecast_cast as cast
from ratings.models import RatedRace, RatingChange, RatingRun
from ratings.services import replay_ratings
from ratings.tests.conftest import stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    """Round 1 of 2025, nine days ahead, with a forecast of it."""
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    # Not that of the other workers, who clear it.
    local = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": local}}
    cache.clear()
    race = cast.store()
    assert pipeline.refresh().forecasts
    return race


def winner(race: int = 2024003) -> RaceResult:
    return RaceResult.objects.get(race=race, position=1)


def correct(*edits: Edit) -> Correction:
    return corrections.correct(edits=edits, author=None, reason="underweight")


def samples() -> dict[str, float]:
    return {
        f"{sample.name}{sample.labels}": sample.value
        for metric in REGISTRY.collect()
        if metric.name.startswith(("f1_elo", "f1_pred", "f1_ml", "f1_feature"))
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


def state() -> list[Any]:
    """All that a preview could leave behind."""
    models = (Forecast, ModelVersion, RatingRun, Correction)
    fingerprint = cache.get(pipeline.FINGERPRINT.format(race=2025001))
    counts = [model._default_manager.count() for model in models]
    return [stored(), counts, fingerprint, samples(), RaceResult.objects.count()]


def test_a_preview_tells_what_follows_and_leaves_nothing(ahead: Race) -> None:
    before = state()
    found = corrections.preview(edits=disqualify(winner(), move_points=True))
    assert list(found) == ["points", "ratings", "next forecast"]
    ratings, forecast = found["ratings"], found["next forecast"]
    name = winner().driver.name
    assert ratings.note == "4 races are rated again, from 2024 Grand Prix 3 on."
    assert name in {row[0] for row in ratings.rows}
    assert all(row[-1][0] in "+-" for row in ratings.rows)
    assert forecast.columns == ("driver", "chance to win", "then")
    assert forecast.rows
    assert "against what was issued at 10 Mar 12:00 UTC" in forecast.note
    assert state() == before


def test_a_preview_says_where_nothing_follows(ahead: Race) -> None:
    found = corrections.preview(edits=[Edit.change(winner(), pit_stops=3)])
    assert found["ratings"].note == "No rating moves."
    assert found["next forecast"].note.startswith("No chance to win moves")


def test_ratings_move_from_that_race_on_and_come_back(ahead: Race) -> None:
    before = stored()
    place = RatedRace.objects.get(race=2024003).sequence
    earlier = RatingChange.objects.filter(sequence__lt=place)
    kept = list(earlier.order_by("pk").values_list())
    preview = corrections.preview(edits=disqualify(winner()))["ratings"]
    made = correct(*disqualify(winner()))
    replay_ratings()
    assert stored() != before
    assert list(earlier.order_by("pk").values_list()) == kept
    assert RatingRun.objects.latest("id").since_id == 2024003
    newest = RatingChange.objects.filter(kind="race", driver__isnull=False)
    for name, kind, _, then, _ in preview.rows:
        if kind == "race":
            last = newest.filter(driver__name=name).latest("sequence")
            assert f"{last.after:.1f}" == then
    corrections.undo(correction=made, author=None)
    replay_ratings()
    assert stored() == before


def test_the_next_race_gets_a_new_forecast_and_issued_ones_stay(ahead: Race) -> None:
    issued = list(Forecast.objects.order_by("pk").values_list())
    assert not pipeline.refresh().forecasts
    told = corrections.preview(edits=disqualify(winner(2024006)))["next forecast"]
    made = correct(*disqualify(winner(2024006)))
    new = pipeline.refresh().forecasts
    assert {forecast.race_id for forecast in new} == {ahead.pk}
    primary = next(forecast for forecast in new if forecast.is_primary)
    chances = {p.driver.name: f"{p.p_win:.1%}" for p in primary.predictions.all()}
    assert {name: then for name, _, then in told.rows}.items() <= chances.items()
    kept = Forecast.objects.filter(pk__lte=issued[-1][0])
    assert list(kept.order_by("pk").values_list()) == issued
    assert not pipeline.refresh().forecasts
    corrections.undo(correction=made, author=None)
    assert pipeline.refresh().forecasts
    assert not list(sealing.faults())


def test_a_correction_asks_for_a_refresh(
    ahead: Race, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with current_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("celery")
        queue.clear()
        with django_capture_on_commit_callbacks(execute=True):
            correct(Edit.change(winner(), laps=49))
        message = queue.get(timeout=5)
        message.ack()
        assert message.headers["task"] == "predictions.tasks.refresh_task"
        queue.close()


def test_a_lost_broker_does_not_lose_the_correction(
    ahead: Race,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        correct(Edit.change(winner(), laps=49))
    assert winner().laps == 49
    assert "waits for the beat" in caplog.text
    assert refresh_soon in effects._after


def test_without_a_race_ahead_there_is_nothing_to_compare(ahead: Race) -> None:
    Race.objects.filter(pk=ahead.pk).update(status="cancelled")
    found = corrections.preview(edits=[Edit.change(winner(), pit_stops=3)])
    assert found["next forecast"].note == "There is no next forecast to compare."
