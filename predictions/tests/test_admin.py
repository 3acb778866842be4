"""Forecasts, ratings and models in the admin: to look at, never to change."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import SpentRefresh
from f1site.base.models import DataChange, JobRun, Message
from ingestion.models import Driver, Team, TeamEra
from predictions import registry
from predictions.models import (
    Forecast,
    ForecastInputs,
    ModelEvent,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
)
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from ratings.models import DriverRanking, RatedRace, RatingChange, RatingRun

READ_ONLY = [
    DriverRanking,
    Forecast,
    ForecastInputs,
    JobRun,
    Message,
    ModelEvent,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
    RatedRace,
    RatingChange,
    RatingRun,
]


@pytest.fixture
def cast(db: None) -> Cast:
    cast = api_cast.make()
    score = api_cast.score(api_cast.issue(cast, cast.vegas))
    ForecastInputs.objects.create(forecast=score.forecast, frame="{}", cars=[])
    registry.note(cast.lightgbm, "promoted")
    RatingRun.objects.create(through=cast.vegas, data_hash="0" * 64)
    JobRun.objects.create(name="rate")
    Message.objects.create(task="ratings.tasks.replay_ratings_task")
    return cast


def pages(model: Any, page: str, *args: Any) -> str:
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


def test_every_table_is_in_the_admin() -> None:
    for app in ("base", "ratings", "predictions", "accounts"):
        for model in apps.get_app_config(app).get_models():
            if model not in (DataChange, SpentRefresh):  # nothing to be read
                assert model in admin.site._registry, model


@pytest.mark.parametrize("model", READ_ONLY)
def test_it_can_be_looked_at(model: Any, cast: Cast, admin_client: Client) -> None:
    row = model.objects.first()
    listed = pages(model, "changelist")

    assert admin_client.get(pages(model, "change", row.pk)).status_code == 200
    for query in ("", "?q=2024", "?season=2024"):
        answer = admin_client.get(listed + query, follow=True)
        assert answer.status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_it_cannot_be_changed(model: Any, cast: Cast, admin_client: Client) -> None:
    row = model.objects.first()
    count = model.objects.count()

    for page in ("change", "delete"):
        url = pages(model, page, row.pk)
        assert admin_client.post(url, {"post": "yes"}).status_code == 403
    assert admin_client.get(pages(model, "add")).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin_client.post(pages(model, "changelist"), action)

    assert model.objects.count() == count


def test_predictions_are_listed_at_the_same_cost(
    cast: Cast, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for day in range(2, 8):
        api_cast.issue(cast, cast.melbourne, day=day)

    with django_assert_max_num_queries(6):
        admin_client.get(pages(Prediction, "changelist"))


@pytest.mark.parametrize("model", [Driver, Team])
def test_lists_of_the_record_tell_ratings_at_the_same_cost(
    model: Any,
    cast: Cast,
    admin_client: Client,
    settings: Any,
    django_assert_max_num_queries: Any,
) -> None:
    settings.F1_NOW = datetime(2025, 3, 10, tzinfo=UTC)
    model.objects.create(slug="new", name="New")
    with django_assert_max_num_queries(7):
        page = admin_client.get(pages(model, "changelist") + "?o=-8.-6").content

    rated = re.findall(r'"field-rating">([^<]*)<', page.decode())
    assert {"1540", "–"} <= {*rated} and len(rated) == model.objects.count()
    row = model.objects.get(slug="new")
    assert admin_client.get(pages(model, "change", row.pk)).status_code == 200


def test_a_list_of_teams_tells_what_they_were_called(
    cast: Cast, admin_client: Client
) -> None:
    brawn = Team.objects.create(slug="brawn", name="Brawn", full_name="Brawn GP")
    TeamEra.objects.create(
        team=brawn, lineage="mercedes", first_year=1940, last_year=1949
    )
    page = admin_client.get(pages(Team, "changelist")).content.decode()

    before = re.findall(r'"field-predecessor[^>]*>([^<]*)<', page)
    after = re.findall(r'"field-successor[^>]*>([^<]*)<', page)
    assert (before, after) == (["–", "–", "Brawn"], ["Mercedes", "–", "–"])


def test_sprints_are_told_from_races(cast: Cast, admin_client: Client) -> None:
    api_cast.issue(cast, cast.vegas, day=2, kind="sprint")
    for model, path in ((Forecast, "kind"), (Prediction, "forecast__kind")):
        query = {f"{path}__exact": "sprint"}
        page = admin_client.get(pages(model, "changelist"), query).content.decode()
        assert '<td class="field-kind">sprint</td>' in page
        assert '<td class="field-kind">race</td>' not in page


def test_the_admin_bears_the_name_of_the_site(
    admin_client: Client, settings: Any
) -> None:
    assert settings.APP_NAME in admin_client.get("/admin/").content.decode()


def test_a_scheduled_job_has_a_form_without_inline_script(
    admin_client: Client,
) -> None:
    page = admin_client.get(reverse("admin:django_celery_beat_periodictask_add"))

    assert page.status_code == 200
    assert "periodic-task-overrides" not in page.content.decode()
