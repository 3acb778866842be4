"""Partitions of the predictions are sealed like their table, new ones too."""

import pytest
from django.db import IntegrityError, connection, transaction

from f1site.base import partitions

TABLE = "predictions_prediction"


@pytest.mark.django_db
@pytest.mark.parametrize("season", ["2024", "default", "2031"])
def test_no_partition_can_be_truncated(season: str) -> None:
    partitions.ensure(TABLE, [2031])
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="sealed: TRUNCATE"),
        transaction.atomic(),
    ):
        cursor.execute("SET LOCAL f1.test_database = 'off'")
        cursor.execute(f"TRUNCATE {TABLE}_{season}")
