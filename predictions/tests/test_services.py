"""Issuing and scoring, and the pipeline that does both."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from f1site.base import metrics
from ingestion.models import Race, RaceResult
from ingestion.services.versions import note_versions
from predictions import pipeline, queries, sealing, services, tasks
from predictions.features import start_of
from predictions.forecasting.models import MODELS
from predictions.models import Forecast, ModelVersion, Prediction, PredictionAccuracy
from predictions.tests import forecast_cast as cast
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    """Round 1 of 2025, nine days ahead."""
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cache.clear()
    race = cast.store_rated()
    return race


def primary_of(issued: list[services.Issued]) -> Forecast:
    return next(one.forecast for one in issued if one.forecast.is_primary)


def finish(race: Race, *, seed: int = 3) -> None:
    """Hold the weekend and the race."""
    happened = cast.weekend(np.random.default_rng(seed))
    cast.store_weekend(race, happened)
    cast.store_result(race, happened, dict.fromkeys(cast.DRIVERS, 0))


def swap_first_two(race: Race) -> None:
    """An amendment: the winner is disqualified."""
    rows = RaceResult.objects.filter(race=race)
    rows.filter(display_order=1).update(
        status="disqualified", is_classified=False, position=None, display_order=50
    )
    for row in rows.filter(display_order__lt=50).order_by("display_order"):
        row.display_order -= 1
        row.position = row.position and row.position - 1
        row.save()
    note_versions([race.pk], source="archive")


def swap_drivers(race: Race, one: int, other: int) -> None:
    """A correction: two drivers change places; twice is none."""
    first, second = (race.results.get(display_order=n) for n in (one, other))
    first.driver, second.driver = second.driver, first.driver
    race.results.filter(pk__in=[first.pk, second.pk]).delete()
    RaceResult.objects.bulk_create([first, second])
    note_versions([race.pk], source="correction")


def test_a_forecast_in_time_is_sealed(ahead: Race) -> None:
    issued = services.forecast_race(race=ahead)
    names = [one.forecast.model_version.name for one in issued]
    assert names == ["ensemble", "uniform", "standings", "elo"]
    forecast = primary_of(issued)
    assert (forecast.stage, forecast.late) == ("pre_weekend", False)
    assert forecast.knew == (
        "line-up and circuit; 10 entrants; results up to Grand Prix 6 2024"
    )
    rows = list(queries.predictions_of(forecast))
    assert sum(row.p_win for row in rows) == pytest.approx(1)
    assert sum(row.p_podium for row in rows) == pytest.approx(3)
    assert rows[0].is_favorite
    assert rows[0].grid is None
    assert not list(sealing.faults())


def test_the_win_is_the_first_of_the_places(ahead: Race) -> None:
    forecast = primary_of(services.forecast_race(race=ahead))
    for row in queries.predictions_of(forecast):
        assert row.p_win == row.positions[0]
        assert row.p_podium == pytest.approx(sum(row.positions[:3]))
        assert sum(row.positions) == pytest.approx(1)
        assert 1 <= row.low <= row.high <= 10


def test_saying_it_twice_issues_nothing(ahead: Race) -> None:
    first = services.forecast_race(race=ahead)
    again = services.forecast_race(race=ahead, now=start_of(ahead) - timedelta(hours=1))
    assert not any(one.is_new for one in again)
    assert [one.forecast for one in again] == [one.forecast for one in first]


def test_an_earlier_result_moves_the_forecast(ahead: Race) -> None:
    before = primary_of(services.forecast_race(race=ahead))
    swap_first_two(Race.objects.by_round(2024, 6))
    replay_ratings()
    after = primary_of(services.forecast_race(race=ahead))
    assert after.pk != before.pk
    assert after.data_hash != before.data_hash


def test_undoing_a_correction_brings_back_what_was_shown(ahead: Race) -> None:
    def shown() -> dict[str, float]:
        forecast = queries.latest_forecast(ahead)
        assert forecast
        return {r.driver.slug: r.p_win for r in queries.predictions_of(forecast)}

    last = Race.objects.by_round(2024, 6)
    said = []
    for _ in range(3):
        pipeline.refresh()
        said.append(shown())
        swap_drivers(last, 1, 6)
    assert said[0] == said[2] != said[1]
    assert not list(sealing.faults())


def test_between_sessions_what_is_to_come_moves_no_forecast(ahead: Race) -> None:
    finish(ahead)
    cast.store_timetable(ahead)
    now = start_of(ahead) - timedelta(hours=48)
    before = services.forecast_race(race=ahead, now=now)
    assert {one.forecast.stage for one in before} == {"post_practice"}
    ahead.practice_results.exclude(kind="FP1").delete()
    ahead.qualifying_results.all().delete()
    ahead.grid_slots.all().delete()
    after = services.forecast_race(race=ahead, now=now)
    assert [one.forecast.pk for one in after] == [one.forecast.pk for one in before]


def test_a_session_that_ends_moves_the_forecast(ahead: Race) -> None:
    cast.store_weekend(ahead, cast.weekend(np.random.default_rng(3)))
    cast.store_timetable(ahead)
    start = start_of(ahead)
    assert pipeline.refresh(start - timedelta(hours=48)).forecasts
    assert not pipeline.refresh(start - timedelta(hours=46, minutes=1)).forecasts
    assert pipeline.refresh(start - timedelta(hours=46)).forecasts


def test_after_lights_out_it_is_late(ahead: Race) -> None:
    now = start_of(ahead) + timedelta(minutes=5)
    forecast = primary_of(services.forecast_race(race=ahead, now=now))
    assert forecast.late
    assert not forecast.is_sealed
    assert forecast.as_of == ahead.starts_at
    assert forecast.issued_at == now


def test_one_in_time_speaks_before_one_that_was_asked_for_too_late(
    ahead: Race,
) -> None:
    first = primary_of(services.forecast_race(race=ahead))
    after = start_of(ahead) + timedelta(hours=1)
    late = primary_of(services.forecast_race(race=ahead, now=after))
    assert late.late
    assert queries.latest_forecast(ahead) == first


def test_the_pipeline_says_nothing_late_where_it_was_in_time(ahead: Race) -> None:
    services.forecast_race(race=ahead)
    assert not pipeline.refresh(start_of(ahead) + timedelta(hours=1)).forecasts


def test_where_no_hour_is_known_the_day_counts(ahead: Race) -> None:
    ahead.starts_at = None
    day = datetime(2025, 3, 19, tzinfo=UTC)
    assert ahead.starts_on == day.date()
    assert not services.is_late(ahead, day + timedelta(hours=20))
    assert services.is_late(ahead, day + timedelta(days=1))


def test_a_past_race_is_forecast_by_who_had_not_seen_it(ahead: Race) -> None:
    services.forecast_race(race=ahead)
    past = Race.objects.by_round(2024, 3)
    issued = services.forecast_race(race=past)
    forecast = primary_of(issued)
    assert (forecast.stage, forecast.late) == ("final_grid", True)
    assert {one.forecast.model_version.name for one in issued} >= {"grid", "ensemble"}
    assert forecast.model_version.cutoff == Race.objects.by_round(2024, 2)
    assert forecast.as_of == past.starts_at
    standing = services.primary_version()
    assert standing
    assert standing.cutoff == Race.objects.by_round(2024, 6)
    slots = {row.grid for row in queries.predictions_of(forecast)}
    assert slots == set(range(1, 11))


def test_one_fit_serves_a_season(ahead: Race) -> None:
    services.forecast_race(race=Race.objects.by_round(2024, 1))
    n_versions = ModelVersion.objects.count()
    services.forecast_race(race=Race.objects.by_round(2024, 5), stage="pre_weekend")
    assert ModelVersion.objects.count() == n_versions


def test_a_stage_without_inputs_is_refused(ahead: Race) -> None:
    with pytest.raises(services.NoInputsError, match="there is pre_weekend"):
        services.forecast_race(race=ahead, stage="final_grid")


def test_an_empty_record_is_nothing_to_learn_from(ahead: Race) -> None:
    Race.objects.held().update(status="cancelled")
    with pytest.raises(services.NoInputsError, match="no result before"):
        services.forecast_race(race=ahead)


def test_reading_a_forecast_touches_one_partition(ahead: Race) -> None:
    forecast = primary_of(services.forecast_race(race=ahead))
    plan = queries.predictions_of(forecast).explain()
    assert "predictions_prediction_2025" in plan
    assert "predictions_prediction_2024" not in plan
    assert "predictions_prediction_default" not in plan
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM predictions_prediction_2025")
        assert cursor.fetchone() == (Prediction.objects.count(),)


def test_scores_are_made_once_and_again_after_an_amendment(ahead: Race) -> None:
    services.forecast_race(race=ahead)
    assert services.score_race(race=ahead) == []
    finish(ahead)
    scores = services.score_race(race=ahead)
    assert {score.forecast.model_version.name for score in scores} == {
        "ensemble",
        "uniform",
        "standings",
        "elo",
    }
    assert all(score.n_starters == 10 for score in scores)
    assert services.score_race(race=ahead) == []
    swap_first_two(ahead)
    assert len(services.score_race(race=ahead)) == 4
    kept = PredictionAccuracy.objects.all()
    assert (kept.count(), kept.filter(is_current=True).count()) == (8, 4)
    by_version = kept.values_list("result_version__number", "is_current").distinct()
    assert set(by_version.order_by()) == {(1, False), (2, True)}


def test_scores_that_lacked_some_are_filled_up(ahead: Race) -> None:
    services.forecast_race(race=ahead)
    finish(ahead)
    services.score_race(race=ahead)
    swap_first_two(ahead)
    services.score_race(race=ahead)
    later = ("kendall", "podium_brier", "points_brier", "coverage", "mates_hit")
    names = ("pk", "is_current", "log_loss", "n_mates", *later)
    before = list(PredictionAccuracy.objects.order_by("pk").values(*names))
    assert before[0]["n_mates"] == 5
    PredictionAccuracy.objects.update(n_mates=None, **dict.fromkeys(later))
    assert len(services.score_race(race=ahead)) == len(before)
    assert list(PredictionAccuracy.objects.order_by("pk").values(*names)) == before
    assert services.score_race(race=ahead) == []


def test_a_late_forecast_is_never_scored(ahead: Race) -> None:
    finish(ahead)
    services.forecast_race(race=ahead)
    assert services.score_race(race=ahead) == []


def test_a_starter_nobody_thought_of_counts_as_a_surprise(ahead: Race) -> None:
    ahead.entries.filter(driver__slug="driver-a").delete()
    forecast = primary_of(services.forecast_race(race=ahead))
    finish(ahead)
    winner = ahead.results.get(display_order=1)
    stranger = ahead.results.get(driver__slug="driver-a")
    ahead.results.filter(pk__in=[winner.pk, stranger.pk]).delete()
    winner.driver, stranger.driver = stranger.driver, winner.driver
    RaceResult.objects.bulk_create([winner, stranger])
    note_versions([ahead.pk], source="correction")
    services.score_race(race=ahead)
    score = forecast.scores.get()
    assert score.log_loss == pytest.approx(-np.log(1e-4), abs=0.01)
    assert score.n_starters == 10


def test_the_pipeline_does_what_is_missing_and_no_more(ahead: Race) -> None:
    report = pipeline.refresh()
    assert len(report.forecasts) == 4
    assert str(report) == "4 forecasts issued"
    assert str(pipeline.refresh()) == "nothing was missing"
    happened = cast.weekend(np.random.default_rng(3))
    cast.store_weekend(ahead, happened)
    now = start_of(ahead) - timedelta(minutes=10)
    report = pipeline.refresh(now)
    stages = {forecast.stage for forecast in report.forecasts}
    assert stages == {"post_practice", "post_qualifying", "final_grid"}
    cast.store_result(ahead, happened, dict.fromkeys(cast.DRIVERS, 0))
    report = pipeline.refresh(now + timedelta(hours=3))
    assert not report.forecasts
    assert len(report.scores) == Forecast.objects.count()
    assert "scored" in str(report)
    shown = queries.latest_forecast(ahead)
    assert shown
    assert shown.stage == "final_grid"
    assert list(queries.latest_by_stage(ahead)) == [
        "pre_weekend",
        "post_practice",
        "post_qualifying",
        "final_grid",
    ]
    best = queries.scores_of_race(ahead)
    assert len(best) == len(report.scores)


def test_without_the_cache_nothing_is_issued_twice(ahead: Race) -> None:
    pipeline.refresh()
    cache.clear()
    assert not pipeline.refresh().forecasts


def test_the_pipeline_waits_for_entrants(ahead: Race) -> None:
    from ingestion.models import Entry

    Entry.objects.all().delete()
    assert str(pipeline.refresh()) == "nothing was missing"


def test_tasks_call_the_pipeline(ahead: Race) -> None:
    assert tasks.refresh_race_task(2025, 1) == "4 forecasts issued"
    assert tasks.refresh_task() == "nothing was missing"
    finish(ahead)
    assert tasks.refresh_race_task(2025, 1) == "4 forecasts scored"


def test_figures_move(ahead: Race) -> None:
    def count() -> float:
        labels = {
            "model_type": "ensemble",
            "race_type": "grand_prix",
            "success": "success",
        }
        name = "f1_predictions_generated_total"
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = count()
    services.forecast_race(race=ahead)
    assert count() == before + 1


def test_inference_is_measured_as_a_decorator_too() -> None:
    @metrics.track_ml_inference("random_forest", "race_prediction")
    def infer() -> int:
        return 1

    assert infer() == 1
    labels = {"model_type": "random_forest", "stage": "race_prediction"}
    name = "f1_ml_inference_duration_seconds_count"
    assert REGISTRY.get_sample_value(name, labels) == 1


def test_models_that_are_missing_are_fitted_in_the_night(ahead: Race) -> None:
    services.forecast_race(race=ahead)
    fitted = set(ModelVersion.objects.values_list("name", flat=True))
    said = tasks.train_missing_task()
    assert {name.split()[0] for name in said.split(", ")} == set(MODELS) - fitted
    assert tasks.train_missing_task() == tasks.DONE
    assert services.train_missing() == []
    assert services.primary_name() == "ensemble"
