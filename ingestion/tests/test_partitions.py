"""Partitions of seasons to come, and the strays that waited for them."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from f1site.base import partitions
from ingestion.models import RaceResult
from ingestion.tests.factories import make_driver, make_race, make_result, make_team

TABLE = "ingestion_raceresult"


def where(result: RaceResult) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM ingestion_raceresult WHERE id = %s",
            [result.pk],
        )
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_strays_move_into_the_partition_that_was_forgotten() -> None:
    race = make_race(2031, 1)
    first = make_result(race, make_driver("a-b"), make_team(), 1)
    second = make_result(race, make_driver("c-d"), make_team(), 2)
    assert where(first) == f"{TABLE}_default"
    before = list(RaceResult.objects.order_by("pk").values())

    out = StringIO()
    call_command("make_partitions", "--through", "2031", stdout=out)
    assert f"{TABLE}: 2027, 2028, 2029, 2030, 2031" in out.getvalue()
    assert "predictions_prediction: 2027" in out.getvalue()
    assert {where(first), where(second)} == {f"{TABLE}_2031"}
    assert list(RaceResult.objects.order_by("pk").values()) == before

    third = make_result(race, make_driver("e-f"), make_team(), 3)
    assert where(third) == f"{TABLE}_2031"
    assert third.pk > second.pk


@pytest.mark.django_db
def test_it_makes_each_partition_once() -> None:
    assert partitions.ensure(TABLE, [2026, 2040]) == [2040]
    assert partitions.ensure(TABLE, [2026, 2040]) == []
    out = StringIO()
    call_command("make_partitions", "--through", "2026", stdout=out)
    assert f"{TABLE}: none was missing" in out.getvalue()


@pytest.mark.django_db
def test_keys_may_still_move_within_the_transaction() -> None:
    """Making a partition must not leave deferred constraints immediate."""
    first, second = make_race(2050, 1), make_race(2050, 2)
    partitions.ensure(TABLE, [2050])
    first.round, second.round = 2, 1
    first.save()
    second.save()
