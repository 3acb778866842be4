"""Team-mates and surprises since 1950; needs ``pytest --archive PATH``."""

from collections.abc import Generator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from ingestion.models import Driver
from ingestion.services import import_archive
from ingestion.tests.conftest import empty_record
from ratings import duels, links, services, surprises
from ratings.models import RatedRace, RatingChange, RatingRun

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def rated(
    archive: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Generator[None, None, None]:
    """The archive, imported and rated once for all tests of this module."""
    with django_db_blocker.unblock():
        import_archive(location=str(archive))
        services.replay_ratings()
        yield
        for model in (RatingChange, RatedRace, RatingRun):
            model._default_manager.all().delete()
        empty_record()


@pytest.mark.parametrize(
    ("season", "driver", "mate", "qualifying"),
    [
        (1988, "ayrton-senna", "alain-prost", (14, 2)),
        (1989, "ayrton-senna", "alain-prost", (14, 2)),
        (2018, "fernando-alonso", "stoffel-vandoorne", (21, 0)),
        (2024, "max-verstappen", "sergio-perez", (23, 1)),
        (2024, "lando-norris", "oscar-piastri", (20, 4)),
    ],
)
def test_duels_are_those_that_were_published(
    rated: None, season: int, driver: str, mate: str, qualifying: tuple[int, int]
) -> None:
    own, other = (Driver.objects.get(slug=slug) for slug in (driver, mate))
    meetings = duels.meetings_of(own.pk, mate_id=other.pk)
    (duel,) = [duel for duel in duels.by_season(meetings) if season in duel.years]
    assert (duel.qualifying.won, duel.qualifying.lost) == qualifying


def test_chains_lead_from_the_first_season_to_the_last(rated: None) -> None:
    fangio, hamilton = (
        Driver.objects.get(slug=slug)
        for slug in ("juan-manuel-fangio", "lewis-hamilton")
    )
    chain = links.chain_between(fangio.pk, hamilton.pk)
    assert chain is not None
    ends = chain.links[0].driver_id, chain.links[-1].mate_id
    assert ends == (fangio.pk, hamilton.pk)
    assert sum(link.difference.variance for link in chain.links) == pytest.approx(
        chain.difference.variance
    )
    assert all(link.n_race + link.n_qualifying == link.n for link in chain.links)


def test_every_rated_race_has_a_surprise_but_spa_2021(rated: None) -> None:
    found = surprises.surprises()
    assert len(found) == RatedRace.objects.count() - 1
    shared = [each.race_id for each in found if len(each.winner_ids) > 1]
    assert sorted(shared) == [1951004, 1956001, 1957005]
