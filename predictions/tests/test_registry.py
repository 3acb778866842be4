"""Versions on disk: written whole, read only as written, never pickled."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from f1site.testing.lasting import lasting
from ingestion.models import Race
from predictions import registry, services
from predictions.features import Knowledge, start_of
from predictions.models import ModelVersion
from predictions.tests import forecast_cast as cast
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db


made = lasting(cast.store_rated)


@pytest.fixture
def ahead(made: Callable[[], Race], settings: Settings, tmp_path: Path) -> Race:
    settings.MODEL_DIR = tmp_path / "models"
    return made()


def trained(ahead: Race, *names: str) -> list[ModelVersion]:
    knowledge = Knowledge(start_of(ahead))
    return [
        one.version for one in services.train_models(knowledge=knowledge, names=names)
    ]


def test_a_loaded_model_forecasts_the_same(ahead: Race) -> None:
    (version,) = trained(ahead, "ensemble")
    _, rows = Knowledge(start_of(ahead)).rows_of(ahead, "pre_weekend")
    one, other = (
        registry.load(version)["pre_weekend"].outlook(rows, seed=1) for _ in range(2)
    )
    assert (one.positions == other.positions).all()


def test_only_text_is_written(ahead: Race) -> None:
    (version,) = trained(ahead, "ensemble")
    files = sorted(registry.folder_of(version).iterdir())
    assert {path.suffix for path in files} == {".json", ".txt"}
    assert {path.name for path in files} == set(version.files)
    assert version.cutoff == Race.objects.by_round(2024, 6)
    assert version.features["pre_weekend"]


def test_the_first_of_the_primary_model_is_promoted(ahead: Race) -> None:
    uniform, ensemble = trained(ahead, "uniform", "ensemble")
    assert registry.primary() == ensemble
    assert uniform.status == ModelVersion.Status.CANDIDATE


def test_the_same_data_makes_no_new_version(ahead: Race) -> None:
    assert trained(ahead, "elo") == trained(ahead, "elo")
    assert ModelVersion.objects.count() == 1


def test_other_data_makes_a_new_version_that_takes_over(ahead: Race) -> None:
    (first,) = trained(ahead, "ensemble")
    winner = Race.objects.by_round(2024, 5).results.get(display_order=1)
    winner.status, winner.is_classified, winner.position = "retired", False, None
    winner.save()
    replay_ratings()
    (second,) = trained(ahead, "ensemble")
    first.refresh_from_db()
    assert (second.version, registry.primary()) == (2, second)
    assert first.status == ModelVersion.Status.RETIRED


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_tampered_file_is_refused(
    ahead: Race, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    (version,) = trained(ahead, "elo")
    path = registry.folder_of(version) / next(iter(version.files))
    if harm == "changed":
        path.write_text(path.read_text().replace("1", "2"))
    else:
        path.unlink()
    with pytest.raises(registry.UnusableModelError, match=path.name):
        registry.load(version)
    assert not registry.is_whole(version)
    assert "model refused" in caplog.text


def test_the_last_good_version_forecasts_instead(ahead: Race) -> None:
    (first,) = trained(ahead, "ensemble")
    Race.objects.filter(pk=Race.objects.by_round(2024, 1).pk).update(status="cancelled")
    replay_ratings()
    (second,) = trained(ahead, "ensemble")
    for path in registry.folder_of(second).iterdir():
        path.write_text("{}")
    issued = services.forecast_race(race=ahead, names=["ensemble"])
    assert issued[0].forecast.model_version == first


def test_a_harmed_version_is_fitted_again(ahead: Race) -> None:
    (version,) = trained(ahead, "elo")
    for path in registry.folder_of(version).iterdir():
        path.write_text("{}")
    (again,) = trained(ahead, "elo")
    assert again.version == 2
    assert registry.is_whole(again)


def test_a_model_nobody_knows_is_refused(ahead: Race) -> None:
    version = ModelVersion.objects.create(name="oracle", version=1, data_hash="0" * 64)
    with pytest.raises(registry.UnusableModelError, match="oracle"):
        registry.load(version)
