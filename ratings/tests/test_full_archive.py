"""The whole history since 1950; needs ``pytest --archive PATH``."""

from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from ingestion.models import STARTED, Correction, Race, RaceResult
from ingestion.services import import_archive
from ingestion.tests.conftest import empty_record
from ingestion.tests.test_admin_corrections import confirm, edited
from ingestion.tests.test_corrections import rows
from ratings import queries, services
from ratings.elo import win_probabilities
from ratings.models import RatedRace, RatingChange, RatingRun
from ratings.tests.conftest import stored

pytestmark = pytest.mark.django_db

#: Floor of a chance, as the trial had it.
LEAST = 1e-4


@pytest.fixture(scope="module")
def rated(
    archive: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Generator[services.Rated, None, None]:
    """The archive, imported and rated once for all tests of this module."""
    with django_db_blocker.unblock():
        import_archive(location=str(archive))
        yield services.replay_ratings()
        for model in (RatingChange, RatedRace, RatingRun):
            model._default_manager.all().delete()
        empty_record()


def test_all_races_but_indianapolis_are_rated(rated: services.Rated) -> None:
    assert rated.n_rated == 1125 - 11
    assert rated.run is not None
    assert rated.run.n_changes == RatingChange.objects.count() > 70_000


@pytest.mark.parametrize("label", [(1950, 2), (1961, 1), (1976, 10), (2014, 5)])
def test_a_replay_from_a_race_is_the_same_to_the_last_bit(
    rated: services.Rated, label: tuple[int, int]
) -> None:
    before = stored()
    race = Race.objects.by_round(*label)
    again = services.replay_ratings(since=race)
    assert again.run is not None
    assert again.run.since == race
    assert stored() == before


def test_a_result_of_2014_is_corrected_in_the_admin_and_back(
    rated: services.Rated, archive: Path, admin_client: Client
) -> None:
    """The whole way: correct, import again, rate; then undo, and all is as it was."""
    record, ratings = rows(), stored()
    race = Race.objects.by_round(2014, 12)
    place = RatedRace.objects.get(race=race).sequence
    earlier = RatingChange.objects.filter(sequence__lt=place).order_by("pk")
    later = RatingChange.objects.filter(sequence__gte=place)
    kept = list(earlier.values_list())

    winner = race.results.get(position=1)
    url, sent = edited(admin_client, winner, position="", status="disqualified")
    del sent["is_classified"]
    assert confirm(admin_client, url, sent).status_code == 302
    services.replay_ratings()
    assert list(earlier.values_list()) == kept
    assert not later.filter(race=race, kind="race", driver=winner.driver).exists()

    corrected, moved = rows(), stored()
    again = import_archive(location=str(archive))
    assert (again.outcome.is_unchanged, again.outcome.notes) == (True, [])
    assert rows() == corrected
    services.replay_ratings()
    assert stored() == moved != ratings

    made = Correction.objects.get()
    undo = reverse("admin:ingestion_correction_undo", args=[made.pk])
    assert confirm(admin_client, undo, {}).status_code == 302
    services.replay_ratings()
    assert (rows(), stored()) == (record, ratings)
    assert import_archive(location=str(archive)).outcome.is_unchanged


def test_ratings_alone_beat_those_of_the_trial(rated: services.Rated) -> None:
    """Winners of 2015 to 2024, nothing known of the weekend: 1.483 there."""
    losses = log_losses(2015, 2024)
    assert len(losses) == 209
    assert np.mean(losses) == pytest.approx(1.41, abs=0.01)


def log_losses(first: int, last: int) -> list[float]:
    races = Race.objects.held().filter(season__year__range=(first, last))
    strengths = queries.strengths_before(races)
    fields: dict[int, dict[tuple[int, int], bool]] = defaultdict(dict)
    results = RaceResult.objects.filter(race__in=races, status__in=STARTED)
    for race, driver, team, position in results.values_list(
        "race_id", "driver_id", "team_id", "position"
    ):
        fields[race][driver, team] = position == 1
    losses = []
    for race, field in fields.items():
        found = strengths[race]
        sums = [found.driver(driver) + found.team(team) for driver, team in field]
        chances = np.maximum(win_probabilities(np.array(sums)), LEAST)
        losses.append(-np.log(chances[list(field.values())]).mean())
    return losses
