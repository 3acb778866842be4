"""The main job: from an empty database to a forecast of the next race."""

import math
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from f1site.base.models import Message
from f1site.management.commands import prepare as command
from ingestion.models import Race
from predictions.models import Forecast


def prepare() -> str:
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.django_db
def test_it_goes_from_nothing_to_a_forecast_and_repeats_nothing(
    client: Client,
) -> None:
    said = prepare()
    assert "races loaded from the starter record" in said
    assert "password" in said
    assert User.objects.get().is_superuser

    body = client.get("/api/v1/predictions/next-race/").json()
    chances = [row["p_win"] for row in body["predictions"]]
    assert math.isclose(sum(chances), 1, abs_tol=1e-6)
    assert max(chances) > 2 / len(chances)
    assert "Australian Grand Prix" in client.get("/").content.decode()

    sent = Message.objects.values_list("task", flat=True)
    names = sorted(name.rpartition(".")[2] for name in sent)
    assert names == ["keep_backtest_task", "train_missing_task"]

    issued, races = Forecast.objects.count(), Race.objects.count()
    again = prepare()
    assert "nothing was missing" in again
    assert "password" not in again
    assert Message.objects.count() == len(names)
    assert (Forecast.objects.count(), Race.objects.count()) == (issued, races)


@pytest.mark.django_db
def test_in_production_no_password_gets_into_a_log(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "STEPS", command.STEPS[-1:])
    settings.PRODUCTION = True
    said = prepare()
    assert "manage.py create_admin --email" in said
    assert "password" not in said
    assert not User.objects.exists()
    call_command("create_admin", email="root@example.org", stdout=StringIO())
    assert "as they stand" in prepare()
