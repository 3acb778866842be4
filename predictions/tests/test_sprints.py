"""Sprints: forecast before they begin, scored when they are over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from ingestion.models import QualifyingResult, Race
from predictions import pipeline, queries, sealing, services
from predictions.features import Knowledge, open_stages, start_of
from predictions.models import Forecast, Stage
from predictions.services.reproducing import reproduce
from predictions.tests import forecast_cast as cast
from predictions.weekends import NoInputsError
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db
HAPPENED = cast.weekend(np.random.default_rng(5))


@pytest.fixture
def weekend(settings: Settings, tmp_path: Path) -> Race:
    """A sprint weekend, an hour before the sprint."""
    settings.MODEL_DIR = tmp_path / "models"
    cache.clear()
    race = cast.store()
    cast.store_sprint_weekend(race, HAPPENED)
    replay_ratings()
    settings.F1_NOW = start_of(race, "sprint") - timedelta(hours=1)
    return race


def sprint_of(race: Race) -> Forecast:
    shown = queries.latest_forecast(race, kind="sprint")
    assert shown
    return shown


def test_it_is_forecast_beside_the_race_and_scored_by_itself(weekend: Race) -> None:
    pipeline.refresh()
    sprint, race = sprint_of(weekend), queries.latest_forecast(weekend)
    assert race
    assert (sprint.stage, race.stage) == (Stage.FINAL_GRID, Stage.POST_PRACTICE)
    assert sprint.knew.startswith("for the sprint; ")
    assert sprint.gaps == ["grid derived from qualifying order"]
    assert str(pipeline.refresh()) == "nothing was missing"
    assert not list(sealing.faults())
    assert not reproduce(sprint).differences

    cast.store_sprint(weekend, HAPPENED)
    report = pipeline.refresh(start_of(weekend, "sprint") + timedelta(hours=2))
    assert {score.forecast.kind for score in report.scores} == {"sprint"}
    assert queries.scores_of_race(weekend, "sprint")
    assert not queries.scores_of_race(weekend)


def test_a_shorter_race_has_fewer_retirements(weekend: Race) -> None:
    for kind in ("race", "sprint"):
        services.forecast_race(race=weekend, kind=kind, stage="pre_weekend")
    sprint, race = (
        {row.driver_id: row.p_dnf for row in queries.predictions_of(forecast)}
        for forecast in (sprint_of(weekend), queries.latest_forecast(weekend))
        if forecast
    )
    for driver, p_dnf in sprint.items():
        assert (1 - p_dnf) ** 3 == pytest.approx(1 - race[driver])


def test_what_comes_after_its_start_does_not_move_it(weekend: Race) -> None:
    late = start_of(weekend) - timedelta(minutes=5)
    (before, *_) = services.forecast_race(race=weekend, kind="sprint", now=late)
    cast.store_sprint(weekend, HAPPENED)
    other = cast.weekend(np.random.default_rng(6))
    for n, driver in enumerate(cast.DRIVERS):
        row = QualifyingResult.objects.get(
            race=weekend, kind="sprint_qualifying", driver__slug=driver
        )
        row.pk, row.kind, row.q1_ms = None, "qualifying", other.qualifying_ms[n]
        row.save()
    (after, *_) = services.forecast_race(race=weekend, kind="sprint", now=late)
    assert before.forecast.late
    assert after.forecast.data_hash == before.forecast.data_hash


@pytest.mark.parametrize(
    ("hours", "stages"),
    [
        (60, ["pre_weekend"]),
        (50, ["pre_weekend"]),
        (47, ["pre_weekend", "post_practice"]),
        (44, ["pre_weekend", "post_practice", "post_qualifying"]),
        (29, ["pre_weekend", "post_practice", "post_qualifying", "final_grid"]),
    ],
)
def test_stages_open_with_its_own_sessions(
    weekend: Race, hours: int, stages: list[str]
) -> None:
    as_of = start_of(weekend) - timedelta(hours=hours)
    assert open_stages(weekend, as_of, "sprint") == stages


def test_qualifying_set_the_grid_of_the_first_sprints(weekend: Race) -> None:
    QualifyingResult.objects.filter(race=weekend).update(kind="qualifying")
    weekend.sessions.filter(kind="sprint_qualifying").delete()
    weekend.sessions.filter(kind="qualifying").update(
        starts_at=start_of(weekend) - timedelta(hours=46)
    )
    weekend.sprint_format = Race.SprintFormat.SETS_GRID_2022
    weekend.save()
    as_of = start_of(weekend, "sprint") - timedelta(hours=1)
    _, rows = Knowledge(as_of).rows_of(weekend, "final_grid", "sprint")
    assert rows.column("grid_slot").tolist() == [
        float(HAPPENED.grid[cast.DRIVERS.index(driver)]) for driver in rows.driver
    ]


def test_a_sprint_without_an_hour_is_over_when_its_day_is(weekend: Race) -> None:
    weekend.sessions.filter(kind="sprint").delete()
    midnight = start_of(weekend).replace(hour=0, minute=0)
    assert not services.is_late(weekend, midnight - timedelta(minutes=1), "sprint")
    assert services.is_late(weekend, midnight, "sprint")
    assert not services.is_late(weekend, midnight)


def test_a_weekend_without_a_sprint_says_so(weekend: Race) -> None:
    weekend.sprint_format = Race.SprintFormat.NONE
    weekend.save()
    with pytest.raises(NoInputsError, match="has no sprint"):
        services.forecast_race(race=weekend, kind="sprint")


def test_sprints_of_the_past_are_read_and_not_learnt_from(weekend: Race) -> None:
    past = Race.objects.by_round(2024, 3)
    past.practice_results.all().delete()
    cast.store_sprint_weekend(past, HAPPENED)
    later = datetime(2025, 4, 1, tzinfo=UTC)
    before = Knowledge(later)
    assert before.sprints is None
    cast.store_sprint(past, HAPPENED)
    after = Knowledge(later)
    assert after.sprints
    assert after.sprints.place.tolist() == HAPPENED.place
    assert after.frame.digest == before.frame.digest


def test_its_page_shows_forecast_and_then_result(weekend: Race, client: Client) -> None:
    address = "/races/2025/1/sprint/"
    assert "No forecast yet" in client.get(address).content.decode()
    pipeline.refresh()
    page = client.get(address).content.decode()
    assert "Grand Prix 1, sprint" in page
    assert "in the sprint in" in page
    assert sprint_of(weekend).content_hash[:8] in page
    assert f'href="{address}"' in client.get("/races/2025/1/").content.decode()
    cast.store_sprint(weekend, HAPPENED)
    pipeline.refresh(start_of(weekend, "sprint") + timedelta(hours=2))
    page = client.get(address).content.decode()
    assert 'id="result-title"' in page
    assert 'id="scores-title"' in page
    assert 'id="slope-title"' in page
    assert 'id="result-title"' not in client.get("/races/2025/1/").content.decode()
    assert client.get("/races/2024/1/sprint/").status_code == 404


def test_the_api_tells_race_and_sprint_apart(weekend: Race, client: Client) -> None:
    pipeline.refresh()
    address = "/api/v1/predictions/2025/1/"
    for kind, stage in (("race", "post_practice"), ("sprint", "final_grid")):
        assert client.get(address, {"kind": kind}).json()["stage"] == stage
        listed = client.get("/api/v1/forecasts/", {"kind": kind}).json()["results"]
        assert {row["kind"] for row in listed} == {kind}
    other = client.get("/api/v1/predictions/2024/1/", {"kind": "sprint"})
    assert other.status_code == 404
    assert other.json()["detail"].endswith("has no sprint.")
