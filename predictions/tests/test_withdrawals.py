"""Who withdraws after a forecast: shown shares move, sealed ones never do."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.models import Entry, Race, RaceResult
from predictions.forecasting.calibration import coherent, without
from predictions.models import Forecast, Prediction
from predictions.templatetags.f1 import percent
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast
from predictions.withdrawals import remaining

NOTE = "Lewis Hamilton withdrew after this forecast"


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(3, 8), st.data())
def test_the_order_of_withdrawals_hardly_matters(
    seed: int, n: int, data: st.DataObject
) -> None:
    """Chances to win do not know it at all; rows and columns sum to 1 either way."""
    matrix = coherent(np.random.default_rng(seed).random((n, n)) + 0.05)
    one, other = data.draw(st.permutations(range(n)))[:2]
    low, high = sorted((one, other))
    there = without(without(matrix, high), low)
    back = without(without(matrix, low), high - 1)
    assert there[:, 0] == pytest.approx(back[:, 0])
    assert there.sum(axis=0) == pytest.approx(1, abs=1e-6)
    assert there.sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.fixture
def cast(db: None) -> Cast:
    return api_cast.make()


def withdraw(race: Race, slug: str = "lewis-hamilton") -> None:
    Entry.objects.filter(race=race, driver__slug=slug).delete()


def told(client: Client, race: Race, query: str = "") -> Any:
    answer = client.get(f"/api/v1/predictions/{race.season_id}/{race.round}/{query}")
    assert answer.status_code == 200
    return answer.json()


def shares(rows: list[Any]) -> dict[str, float]:
    return {row["driver"]: row["p_win"] for row in rows}


def sealed_rows(forecast: Forecast) -> list[Any]:
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    return list(rows.order_by("id").values())


def test_before_the_start_the_entry_list_tells(cast: Cast, client: Client) -> None:
    race = cast.melbourne
    forecast = api_cast.issue(cast, race)
    before = sealed_rows(forecast)
    assert remaining(forecast).withdrawn == []
    assert "withdrew" not in client.get("/races/2025/1/").content.decode()
    withdraw(race)
    page = client.get("/races/2025/1/").content.decode()
    assert NOTE in page
    assert f"/api/v1/forecasts/{forecast.content_hash}/" in page
    # .4, .2 and .1 are left of 1
    assert percent(4 / 7) in page
    now = told(client, race, "?starters=true")
    assert now["withdrawn"] == ["lewis-hamilton"]
    assert shares(now["predictions"]) == pytest.approx(
        {"george-russell": 4 / 7, "carlos-sainz-jr": 2 / 7, "charles-leclerc": 1 / 7}
    )
    assert sealed_rows(forecast) == before


def test_the_api_gives_what_was_sealed_unless_asked(cast: Cast, client: Client) -> None:
    forecast = api_cast.issue(cast, cast.melbourne)
    sealed = told(client, cast.melbourne)["predictions"]
    withdraw(cast.melbourne)
    assert told(client, cast.melbourne)["predictions"] == sealed
    whole = client.get(f"/api/v1/forecasts/{forecast.content_hash}/").json()
    assert whole["predictions"] == sealed


def test_after_the_race_who_started_tells(cast: Cast, client: Client) -> None:
    forecast = api_cast.issue(cast, cast.vegas)
    rows = RaceResult.objects.filter(race=cast.vegas)
    rows.filter(driver__slug="lewis-hamilton").update(
        status="did_not_start", position=None, is_classified=False
    )
    now = remaining(forecast)
    assert [driver.slug for driver in now.withdrawn] == ["lewis-hamilton"]
    assert sum(row.p_win for row in now.rows) == pytest.approx(1)
    assert all(len(row.positions) == 3 for row in now.rows)
    assert all(1 <= row.low <= row.high <= 3 for row in now.rows)
    assert NOTE in client.get("/races/2024/22/").content.decode()


def test_who_was_never_entered_did_not_withdraw(cast: Cast, client: Client) -> None:
    forecast = api_cast.issue(cast, cast.melbourne, gaps=["line-up of the last race"])
    withdraw(cast.melbourne)
    assert remaining(forecast).withdrawn
    page = client.get("/races/2025/1/").content.decode()
    assert "withdrew" not in page
    assert "Without Lewis Hamilton: this forecast goes by the line-up of the" in page


def test_who_started_in_another_car_did_not_withdraw(cast: Cast) -> None:
    forecast = api_cast.issue(cast, cast.vegas)
    row = RaceResult.objects.get(race=cast.vegas, driver__slug="lewis-hamilton")
    row.pk, row.car_number, row.display_order, row.position = None, "99", 9, None
    row.status, row.is_classified = "did_not_start", False
    row.save()
    Race.objects.filter(pk=cast.vegas.pk).update(status="scheduled")
    forecast.race.refresh_from_db()
    assert remaining(forecast).withdrawn == []


def test_a_race_of_one_is_no_race(cast: Cast) -> None:
    forecast = api_cast.issue(cast, cast.melbourne)
    kept = Entry.objects.filter(race=cast.melbourne).first()
    assert kept
    Entry.objects.filter(race=cast.melbourne).exclude(pk=kept.pk).delete()
    assert remaining(forecast).withdrawn == []
