"""What becomes of versions: fitted anew, in the shadow, rolled back, harmed."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError
from django.db import connection
from pytest_django.fixtures import Settings

from ingestion.models import Race
from predictions import pipeline, queries, registry, services, tasks
from predictions.features import Knowledge, start_of
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, Memo
from predictions.forecasting.models.logit import Logit
from predictions.models import ModelVersion
from predictions.services import promoting
from predictions.tests import forecast_cast as cast
from predictions.tests.promotion_cast import events, last, run
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db


class Renamed(Logit):
    """Reads files of another name."""

    def fit(self, frame: Frame, stage: str, memo: Memo) -> Any:
        return RenamedFit(super().fit(frame, stage, memo))

    def load(self, files: Mapping[str, str]) -> Any:
        return super().load({"model.json": files["renamed.json"]})


class Failing(Logit):
    def load(self, files: Mapping[str, str]) -> Any:
        raise RuntimeError("out of order")


class Unfittable(Logit):
    def fit(self, frame: Frame, stage: str, memo: Memo) -> Any:
        raise RuntimeError("out of order")


class Meeting(Logit):
    """Whose fits wait a moment for another at the same time."""

    def fit(self, frame: Frame, stage: str, memo: Memo) -> Any:
        with suppress(BrokenBarrierError):
            TWO.wait(timeout=0.5)
        return super().fit(frame, stage, memo)


TWO = Barrier(2)


class RenamedFit:
    def __init__(self, fitted: Any) -> None:
        self.positions = fitted.positions
        self._fitted = fitted

    def dump(self) -> dict[str, str]:
        return {"renamed.json": self._fitted.dump()["model.json"]}


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cache.clear()
    race = cast.store_rated()
    return race


def trained(ahead: Race, *names: str) -> list[ModelVersion]:
    knowledge = Knowledge(start_of(ahead))
    return [
        one.version for one in services.train_models(knowledge=knowledge, names=names)
    ]


def cancel(round: int) -> None:
    """Other data to learn from."""
    race = Race.objects.by_round(2024, round)
    Race.objects.filter(pk=race.pk).update(status="cancelled")
    replay_ratings()


class TestVersions:
    def test_a_refit_takes_over_and_the_ledger_says_so(self, ahead: Race) -> None:
        (first,) = trained(ahead, "ensemble")
        cancel(1)
        (second,) = trained(ahead, "ensemble")
        assert events(first) == ["trained", "promoted", "retired"]
        assert events(second) == ["trained", "promoted"]
        assert last(second).reason == "fitted anew after ensemble v1"

    def test_another_configuration_waits_in_the_shadow(
        self, ahead: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained(ahead, "ensemble")
        (logit,) = trained(ahead, "logit")
        run("promote", "logit", "--force", "--reason", "to begin with")
        # the code moves on
        monkeypatch.setitem(MODELS, "logit", Logit(penalty=7.0))
        (other,) = trained(ahead, "logit")
        assert registry.primary() == logit
        assert (other.version, other.status) == (2, "shadow")
        forecasts = services.forecast_race(race=ahead)
        said = {
            str(one.forecast.model_version): one.forecast.is_primary
            for one in forecasts
        }
        assert said["logit v1"]
        assert said["logit v2"] is False
        shown = queries.latest_forecast(ahead)
        assert shown
        assert shown.model_version == logit
        # both stand: neither is said again
        again = services.forecast_race(race=ahead)
        assert not any(one.is_new for one in again)

    def test_where_the_code_reads_the_primary_no_more_a_new_fit_speaks(
        self, ahead: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained(ahead, "ensemble", "logit")
        run("promote", "logit", "--force", "--reason", "to begin with")
        monkeypatch.setitem(MODELS, "logit", Renamed(penalty=7.0))
        issued = services.forecast_race(race=ahead)
        speaking = registry.primary()
        assert speaking
        assert str(speaking) == "logit v2"
        assert "nobody else could speak: logit v1" in last(speaking).reason
        assert issued[0].forecast.is_primary
        assert issued[0].forecast.model_version == speaking

    def test_a_shadow_that_fails_keeps_no_other_back(
        self,
        ahead: Race,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        trained(ahead, "ensemble", "logit")
        monkeypatch.setitem(MODELS, "logit", Failing())
        issued = services.forecast_race(race=ahead)
        names = [one.forecast.model_version.name for one in issued]
        assert names == ["ensemble", "uniform", "standings", "elo"]
        assert "logit v1 failed in the shadow" in caplog.text

    def test_a_shadow_that_cannot_be_fitted_keeps_no_other_back(
        self,
        ahead: Race,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        trained(Race.objects.by_round(2024, 1), "ensemble", "logit")
        monkeypatch.setitem(MODELS, "logit", Unfittable())
        issued = services.forecast_race(race=ahead)
        names = [one.forecast.model_version.name for one in issued]
        assert names == ["ensemble", "uniform", "standings", "elo"]
        assert "logit cannot be fitted in the shadow" in caplog.text

    def test_one_that_is_promoted_speaks_at_once(self, ahead: Race) -> None:
        trained(ahead, "ensemble", "logit")
        pipeline.refresh()
        run("promote", "logit", "--force", "--reason", "to see")
        pipeline.refresh()
        shown = queries.latest_forecast(ahead)
        assert shown
        assert shown.model_version.name == "logit"

    def test_the_shadow_is_chosen(self, ahead: Race) -> None:
        trained(ahead, "ensemble", "logit")
        with pytest.raises(CommandError, match="forecasts anyway"):
            run("shadow", "ensemble")
        assert "out of the shadow" in run(
            "shadow", "logit", "--off", "--reason", "dear"
        )
        names = [
            one.forecast.model_version.name
            for one in services.forecast_race(race=ahead)
        ]
        assert names == ["ensemble", "uniform", "standings", "elo"]
        cancel(1)
        (again,) = trained(ahead, "logit")
        assert again.status == "candidate"
        run("shadow", "logit")
        assert registry.shadows() == [again]

    @pytest.mark.parametrize("on", [True, False])
    def test_who_was_promoted_meanwhile_stays_primary(
        self, ahead: Race, on: bool
    ) -> None:
        _, seen = trained(ahead, "ensemble", "logit")
        run("promote", "logit", "--force", "--reason", "by somebody else")
        with pytest.raises(services.PromotionError):
            services.set_shadow(seen, on)
        assert registry.primary() == seen

    def test_only_who_is_primary_is_rolled_back(
        self, ahead: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained(ahead, "ensemble")
        cancel(1)
        trained(ahead, "ensemble")
        (other,) = trained(ahead, "logit")
        earlier = promoting._once_primary

        def and_meanwhile(standing: ModelVersion) -> list[ModelVersion]:
            found = list(earlier(standing))
            registry.promote(other, reason="by somebody else")
            return found

        monkeypatch.setattr(promoting, "_once_primary", and_meanwhile)
        with pytest.raises(CommandError, match="is logit v1 and not ensemble v2"):
            run("rollback")
        assert registry.primary() == other

    def test_rolled_back_to_the_last_that_is_whole(self, ahead: Race) -> None:
        (first,) = trained(ahead, "ensemble")
        cancel(1)
        (harmed,) = trained(ahead, "ensemble")
        cancel(2)
        (third,) = trained(ahead, "ensemble")
        (registry.folder_of(harmed) / next(iter(harmed.files))).write_text("{}")
        assert "Primary: ensemble v1" in run("rollback", "--reason", "it dreams")
        assert events(third) == ["trained", "promoted", "rolled_back"]
        assert events(harmed)[-1] == "harmed"
        assert last(first).reason == "rolled back from ensemble v3: it dreams"
        # it does not come back by itself
        trained(ahead, "ensemble")
        assert registry.primary() == first
        issued = services.forecast_race(race=ahead)
        assert issued[0].forecast.model_version == first
        with pytest.raises(CommandError, match="before ensemble v1 there was no"):
            run("rollback")

    def test_a_fit_of_the_season_that_was_rolled_back_does_not_return(
        self, ahead: Race
    ) -> None:
        (first,) = trained(Race.objects.by_round(2024, 1), "ensemble")
        (second,) = trained(ahead, "ensemble")
        run("rollback", "--reason", "it dreams")
        (issued,) = services.forecast_race(race=ahead, names=["ensemble"])
        assert issued.forecast.model_version == first
        assert issued.forecast.is_primary
        cancel(2)  # a night later there is other data
        tasks.train_missing_task()
        assert registry.primary() == first
        # harmed, it leaves nobody: a twin that was rolled back is none
        (registry.folder_of(first) / next(iter(first.files))).unlink()
        Race.objects.filter(season=2024, round=2).update(status="completed")
        replay_ratings()
        with pytest.raises(services.NoInputsError, match="may speak"):
            services.forecast_race(race=ahead, names=["ensemble"])
        second.refresh_from_db()
        assert second.status == "rejected"

    def test_all_are_listed(self, ahead: Race) -> None:
        (version,) = trained(ahead, "elo")
        assert "whole" in run("models")
        (registry.folder_of(version) / next(iter(version.files))).unlink()
        said = run("models")
        assert "elo v1" in said
        assert "harmed" in said

    def test_a_harmed_file_is_noted_once(self, ahead: Race) -> None:
        (version,) = trained(ahead, "elo")
        (registry.folder_of(version) / next(iter(version.files))).unlink()
        for _ in range(3):
            assert not registry.is_whole(version)
        assert events(version) == ["trained", "harmed"]
        assert "cannot be read" in last(version).reason
        assert str(registry.folder_of(version)) not in last(version).reason


@pytest.mark.django_db(transaction=True)
def test_two_who_fit_at_once_make_one_version(
    ahead: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODELS, "logit", Meeting())

    def train(_: int) -> None:
        try:
            trained(ahead, "logit")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(train, range(2)))
    assert ModelVersion.objects.count() == 1
