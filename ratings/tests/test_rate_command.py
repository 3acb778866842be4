"""``manage.py rate``, the job of the worker, and the editor who starts it all."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ingestion.tests.factories import MiniSeason
from ratings import services
from ratings.models import RatingChange, RatingRun
from ratings.tasks import replay_ratings_task
from ratings.tests.conftest import stored

Seasons = list[MiniSeason]


def rate(*arguments: str) -> str:
    out = StringIO()
    call_command("rate", *arguments, stdout=out)
    return out.getvalue()


def test_it_says_what_it_did(seasons: Seasons) -> None:
    assert rate().startswith("6 races rated from 2023-1 on, 108 changes (")
    assert rate().startswith("6 races rated before, nothing changed (")


def test_it_rates_from_a_race_on(seasons: Seasons) -> None:
    rate()
    assert rate("--since", "2024-2").startswith("2 races rated from 2024-2 on")
    assert rate("--full").startswith("6 races rated from 2023-1 on")


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("last", "'last' is no race; write season and round as 2024-22"),
        ("2024-99", "there is no race 2024-99 on record"),
        ("2024-4", "it is not among the races that are rated"),
    ],
)
def test_it_refuses_what_is_no_race(seasons: Seasons, label: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        rate("--since", label)
    assert not RatingRun.objects.exists()


def test_the_worker_does_the_same(seasons: Seasons) -> None:
    assert replay_ratings_task() == "6 races rated from 2023-1 on, 108 changes"


def test_a_correction_in_the_admin_is_rated_from_its_race_on(
    seasons: Seasons, admin_client: Client
) -> None:
    services.replay_ratings()
    result = seasons[1].races[0].results.get(position=4)
    url = reverse("admin:ingestion_raceresult_change", args=[result.pk])
    form = admin_client.get(url).context["adminform"].form
    data = {name: value or "" for name, value in form.initial.items()}
    data |= {"position": "", "status": "retired", "reason": "Accident"}
    data.pop("is_classified")  # an unticked box is not sent
    assert admin_client.post(url, data).status_code == 302

    assert rate().startswith("3 races rated from 2024-1 on, 54 changes")
    change = RatingChange.objects.get(
        race=result.race_id, kind="race", driver=result.driver_id
    )
    assert (change.actual_score, change.k_factor > 0) == (0, True)
    after = stored()
    rate("--full")
    assert stored() == after
