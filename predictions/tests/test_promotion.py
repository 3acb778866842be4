"""Who becomes primary: through the gate, or by force."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from ingestion.models import Race
from predictions import registry, services
from predictions.forecasting.models import MODELS
from predictions.models import Backtest, ModelVersion
from predictions.services import promoting
from predictions.tests import forecast_cast as cast
from predictions.tests.promotion_cast import backtest, last, run, say

pytestmark = pytest.mark.django_db


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

    def all_say(
        self,
        races: list[Race],
        *,
        stored_after: timedelta = timedelta(0),
        **chances: float,
    ) -> None:
        """What each model gave the winner of each race."""
        for race in races:
            for name, chance in chances.items():
                version = ModelVersion.objects.get(name=name)
                say(
                    race,
                    version,
                    chance,
                    is_primary=version == self.primary,
                    stored_after=stored_after,
                )
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

    def test_who_was_measured_against_another_is_not_promoted(
        self, races: list[Race], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.all_say(
            races, logit=0.4, ensemble=0.3, elo=0.2, standings=0.2, uniform=0.1
        )
        other, examine = self.version("lightgbm"), promoting._examine

        def and_meanwhile(*arguments: Any) -> list[services.Examined]:
            examined = examine(*arguments)
            registry.promote(other, reason="by somebody else")
            return examined

        monkeypatch.setattr(promoting, "_examine", and_meanwhile)
        with pytest.raises(CommandError, match="is lightgbm v1 and not ensemble v1"):
            run("promote", "logit")
        assert registry.primary() == other
        assert not self.candidate.events.exists()

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

    def test_forecasts_by_a_stopped_clock_are_no_evidence(
        self, races: list[Race]
    ) -> None:
        chances = {"logit": 0.4, "ensemble": 0.3, "elo": 0.2, "standings": 0.2}
        self.all_say(races, stored_after=timedelta(days=9), **chances, uniform=0.1)
        with pytest.raises(CommandError, match="every stage: fewer than 3 races"):
            run("promote", "logit")

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

    def test_the_one_of_most_races_speaks(self, races: list[Race]) -> None:
        losses = {"logit": 0.5, "ensemble": 0.9, "grid": 1.5, "elo": 1.6}
        losses |= {"standings": 1.7, "uniform": 2.3}
        long = backtest(races, "final_grid", losses)
        backtest(races[:1], "final_grid", losses)
        said = run("promote", "logit", "--stage", "final_grid")
        assert f"final_grid, backtest {long.pk}" in said

    @pytest.mark.parametrize("changed", ["parameters_hash", "code_hash"])
    def test_a_backtest_of_other_code_does_not(
        self, races: list[Race], changed: str
    ) -> None:
        losses = {"logit": 0.5, "ensemble": 0.9, "grid": 1.5, "elo": 1.6}
        backtest(races, "final_grid", losses | {"standings": 1.7, "uniform": 2.3})
        Backtest.objects.update(**{changed: "0" * 64})
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
