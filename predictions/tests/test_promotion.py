"""Who speaks: through the gate, by force, back again, and in the shadow."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from ingestion.models import Race
from predictions import pipeline, queries, registry, sealing, services
from predictions.features import Knowledge, start_of
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import MODELS, Memo
from predictions.forecasting.models.logit import Logit
from predictions.models import (
    Backtest,
    BacktestScore,
    Forecast,
    ModelEvent,
    ModelVersion,
    Prediction,
)
from predictions.services.backtesting import parameters_hash
from predictions.tests import forecast_cast as cast
from ratings.services import replay_ratings

pytestmark = pytest.mark.django_db
N = len(cast.DRIVERS)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def events(version: ModelVersion) -> list[str]:
    return list(version.events.order_by("id").values_list("what", flat=True))


def last(version: ModelVersion) -> ModelEvent:
    event = version.events.first()
    assert event
    return event


class TestGate:
    """Three races, forecast by a primary, a candidate and two baselines."""

    @pytest.fixture(autouse=True)
    def races(self, settings: Settings) -> list[Race]:
        settings.GATE_LEAST_RACES = 3
        cast.store(seasons=range(2024, 2025), rounds=3)
        self.primary = self.version("ensemble", "primary")
        self.candidate = self.version("logit", "shadow")
        for name in ("uniform", "standings", "elo"):
            self.version(name)
        return list(Race.objects.held().order_by("id"))

    def version(self, name: str, status: str = "candidate") -> ModelVersion:
        """Of today's configuration; what is compared are stored rows, not files."""
        return ModelVersion.objects.create(
            name=name,
            version=1,
            data_hash="0" * 64,
            status=status,
            features=registry.features_of(MODELS[name]),
            parameters=registry.parameters_of(MODELS[name]),
        )

    def all_say(self, races: list[Race], **chances: float) -> None:
        """What each model gave the winner of each race."""
        for race in races:
            for name, chance in chances.items():
                version = ModelVersion.objects.get(name=name)
                say(race, version, chance, is_primary=version == self.primary)
            services.score_race(race=race)

    def test_who_was_better_is_promoted(self, races: list[Race]) -> None:
        self.all_say(
            races, logit=0.4, ensemble=0.3, elo=0.2, standings=0.2, uniform=0.1
        )
        said = run("promote", "logit")
        assert "pre_weekend, issued forecasts" in said
        assert "+ better than the primary" in said
        assert "Primary: logit v1" in said
        self.primary.refresh_from_db()
        assert registry.primary() == self.candidate
        assert self.primary.status == "retired"
        evidence = last(self.candidate).evidence["pre_weekend"]
        assert evidence["n_races"] == 3
        assert evidence["differences"]["primary"]["mean"] == pytest.approx(-0.2876821)
        assert last(self.primary).what == "retired"

    def test_who_was_not_is_refused_and_that_is_kept(self, races: list[Race]) -> None:
        self.all_say(
            races, logit=0.3, ensemble=0.4, elo=0.2, standings=0.2, uniform=0.1
        )
        with pytest.raises(CommandError, match="no better than the primary"):
            run("promote", "logit-1")
        assert registry.primary() == self.primary
        assert last(self.candidate).what == "refused"
        assert not last(self.candidate).evidence["pre_weekend"]["passes"]

    def test_by_force_it_takes_a_reason(self, races: list[Race]) -> None:
        with pytest.raises(CommandError, match="needs a reason"):
            run("promote", "logit", "--force")
        run("promote", "logit", "--force", "--reason", "the rules changed")
        assert registry.primary() == self.candidate
        assert "the rules changed; by force" in last(self.candidate).reason

    def test_races_of_one_alone_are_no_evidence(self, races: list[Race]) -> None:
        self.all_say(
            races[:2], logit=0.4, ensemble=0.3, elo=0.2, standings=0.2, uniform=0.1
        )
        self.all_say(races[2:], logit=0.4, elo=0.2, standings=0.2, uniform=0.1)
        with pytest.raises(CommandError, match="every stage: fewer than 3 races"):
            run("promote", "logit")
        with pytest.raises(CommandError, match="2 races of at least 3"):
            run("promote", "logit", "--stage", "pre_weekend")
        with pytest.raises(CommandError, match="final_grid: fewer than 3 races"):
            run("promote", "logit", "--stage", "final_grid")

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("ensemble", "is the primary model"),
            ("elo", "is a baseline"),
            ("oracle", "no model version 'oracle'"),
            ("logit@7", "no model version 'logit@7'"),
        ],
    )
    def test_what_cannot_be_promoted(self, name: str, reason: str) -> None:
        with pytest.raises(CommandError, match=reason):
            run("promote", name)

    def test_a_stored_backtest_speaks_where_forecasts_are_few(
        self, races: list[Race]
    ) -> None:
        losses = {"logit": 0.5, "ensemble": 0.9, "grid": 1.5, "elo": 1.6}
        backtest(races, "final_grid", losses | {"standings": 1.7, "uniform": 2.3})
        said = run("promote", "logit", "--stage", "final_grid")
        assert "final_grid, backtest" in said
        assert registry.primary() == self.candidate

    def test_a_backtest_of_other_parameters_does_not(self, races: list[Race]) -> None:
        losses = {"logit": 0.5, "ensemble": 0.9, "grid": 1.5, "elo": 1.6}
        backtest(races, "final_grid", losses | {"standings": 1.7, "uniform": 2.3})
        Backtest.objects.update(parameters_hash="0" * 64)
        with pytest.raises(CommandError, match="every stage: fewer than"):
            run("promote", "logit")

    def test_an_editor_promotes_and_rolls_back_in_the_admin(
        self, races: list[Race], client: Client
    ) -> None:
        self.all_say(
            races, logit=0.4, ensemble=0.3, elo=0.2, standings=0.2, uniform=0.1
        )
        page = reverse("admin:predictions_modelversion_changelist")
        user = User.objects.create_user(email="ed@example.org", password="long-enough")
        user.is_staff = True
        user.save()
        client.force_login(user)

        def act(action: str, version: ModelVersion, **more: str) -> Any:
            data = {"action": action, "_selected_action": [version.pk], **more}
            return client.post(page, data, follow=True)

        assert act("promote", self.candidate).status_code == 403
        user.groups.add(Group.objects.get(name="editor"))
        act("promote", self.candidate, reason="measured")
        assert registry.primary() == self.candidate
        assert last(self.candidate).user == user
        assert last(self.candidate).reason == "measured"
        answer = act("roll_back", self.candidate)
        assert "a reason" in answer.content.decode()
        act("roll_back", self.candidate, reason="a mistake")
        # nothing was ever promoted before: the cast made its primary by hand
        assert registry.primary() == self.candidate


def say(
    race: Race, version: ModelVersion, chance: float, *, is_primary: bool = False
) -> Forecast:
    """A forecast that gives the winner a chance, and the rest to the others."""
    before = start_of(race) - timedelta(days=2)
    winner = race.results.get(display_order=1).driver_id
    forecast = Forecast(
        race=race,
        model_version=version,
        stage="pre_weekend",
        as_of=before,
        issued_at=before,
        late=False,
        is_primary=is_primary,
        seed=1,
        data_hash=f"{race.pk:064d}",
        knew="line-up",
    )
    seats = race.entries.select_related("driver", "team")
    rows = [
        Prediction(
            race=race,
            driver=seat.driver,
            team=seat.team,
            p_win=p,
            p_podium=0.3,
            p_points=0.5,
            p_dnf=0.1,
            expected_position=5.0,
            low=1,
            high=N,
            positions=[p, *[(1 - p) / (N - 1)] * (N - 1)],
            is_favorite=False,
            created_at=before,
        )
        for seat in seats
        for p in [chance if seat.driver_id == winner else (1 - chance) / (N - 1)]
    ]
    return sealing.issue(forecast, rows)


def backtest(races: list[Race], stage: str, losses: dict[str, float]) -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    stored = Backtest.objects.create(
        seasons=[2024],
        stages=[stage],
        model_names=list(losses),
        as_of=moment,
        parameters_hash=parameters_hash(list(losses)),
        finished_at=moment,
        state="done",
    )
    for race in races:
        for n, (name, loss) in enumerate(losses.items()):
            BacktestScore.objects.create(
                backtest=stored,
                race=race,
                stage=stage,
                model=name,
                season=2024,
                round=race.round or 0,
                drivers=cast.DRIVERS,
                places=list(range(1, N + 1)),
                positions=[[0.4 if row == 0 else 0.6 / (N - 1)] for row in range(N)],
                n_starters=N,
                log_loss=loss + 0.01 * n,
                brier=0.5,
                rps=0.2,
                winner_hit=True,
                winner_in_top3=True,
                podium_overlap=1,
                rank_correlation=0.5,
            )


class Renamed(Logit):
    """Reads files of another name."""

    def fit(self, frame: Frame, stage: str, memo: Memo) -> Any:
        return RenamedFit(super().fit(frame, stage, memo))

    def load(self, files: Mapping[str, str]) -> Any:
        return super().load({"model.json": files["renamed.json"]})


class Failing(Logit):
    def load(self, files: Mapping[str, str]) -> Any:
        raise RuntimeError("out of order")


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
    race = cast.store()
    replay_ratings()
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


@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}"])
def test_the_ledger_is_append_only(statement: str) -> None:
    version = ModelVersion.objects.create(name="elo", version=1, data_hash="0" * 64)
    user = User.objects.create_user(email="ed@example.org", password="long-enough")
    registry.note(version, "promoted", reason="good", user=user)
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="append only"),
        transaction.atomic(),
    ):
        cursor.execute(statement.format("predictions_modelevent"))
    user.delete()
    assert last(version).user is None


@pytest.mark.django_db(transaction=True)
def test_notes_become_events_and_events_notes() -> None:
    version = ModelVersion.objects.create(
        name="elo", version=1, data_hash="0" * 64, status="primary"
    )
    registry.note(version, "promoted", reason="the first of its kind")
    other = ModelVersion.objects.create(
        name="logit", version=1, data_hash="0" * 64, status="shadow"
    )
    call_command("migrate", "predictions", "0010", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, note FROM predictions_modelversion ORDER BY id")
        assert cursor.fetchall() == [
            ("primary", "the first of its kind"),
            ("candidate", ""),
        ]
    call_command("migrate", "predictions", verbosity=0)
    assert events(version) == ["trained", "promoted"]
    assert last(version).reason == "the first of its kind"
    assert events(other) == ["trained"]
