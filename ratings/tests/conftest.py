"""Two mini-seasons, and what is stored of their ratings."""

from typing import Any

import pytest

from ingestion.tests.factories import MiniSeason, mini_season
from ratings.models import RatedRace, RatingChange
from ratings.store import COLUMNS

Stored = list[tuple[Any, ...]]


def two_seasons() -> list[MiniSeason]:
    """2023 and 2024, three races each, and a race ahead in both."""
    return [mini_season(2023), mini_season(2024)]


@pytest.fixture
def seasons(db: None) -> list[MiniSeason]:
    return two_seasons()


def stored() -> Stored:
    """Everything that ratings are, without the keys of rows."""
    order = ("sequence", "kind", "driver_id", "team_id")
    return [
        *RatingChange.objects.order_by(*order).values_list(*COLUMNS),
        *RatedRace.objects.values_list("race_id", "sequence", "digest"),
    ]
