"""The commands on forecasts, as an operator types them."""

import csv
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from ingestion.models import Race
from predictions.models import Forecast, ModelVersion
from predictions.tests import forecast_cast as cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cache.clear()
    race = cast.store_rated()
    return race


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_train_fits_once(ahead: Race) -> None:
    said = run("train", "--model", "uniform,ensemble")
    assert "ensemble v1      new" in said
    assert "Primary: ensemble v1" in said
    assert "stands" in run("train", "--model", "uniform,ensemble")
    assert ModelVersion.objects.count() == 2


def test_train_names_a_model_it_does_not_know(ahead: Race) -> None:
    with pytest.raises(CommandError, match="no model 'oracle'"):
        run("train", "--model", "oracle")


def test_train_needs_results(ahead: Race, settings: Settings) -> None:
    settings.F1_NOW = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(CommandError, match="no result"):
        run("train")


def test_forecast_of_the_next_race(ahead: Race, tmp_path: Path) -> None:
    path = tmp_path / "next.csv"
    said = run("forecast", "--next", "--export", str(path))
    assert "ensemble v1" in said
    assert "issued 2025-03-10 12:00 UTC, sealed" in said
    assert "Driver A" in said
    assert "stands since" in run("forecast", "--next")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["p_win"]) for row in rows) == pytest.approx(1)
    assert rows[0]["driver_id"] == "driver-a"


def test_forecast_of_a_past_race(ahead: Race) -> None:
    said = run("forecast", "--race", "2024-5", "--stage", "post_qualifying")
    assert "late, never counted" in said
    assert set(Forecast.objects.values_list("stage", flat=True)) == {"post_qualifying"}


@pytest.mark.parametrize(
    ("race", "reason"),
    [
        ("2024-99", "no race 2024-99"),
        ("tomorrow", "write season"),
        ("2024", "write season"),
    ],
)
def test_forecast_of_no_race(ahead: Race, race: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run("forecast", "--race", race)


def test_forecast_when_all_is_over(ahead: Race) -> None:
    Race.objects.open().update(status="cancelled")
    with pytest.raises(CommandError, match="no race without a result"):
        run("forecast", "--next")


def test_forecast_refuses_a_stage_without_inputs(ahead: Race) -> None:
    with pytest.raises(CommandError, match="final_grid needs"):
        run("forecast", "--next", "--stage", "final_grid")


def test_backtest_prints_models_beside_baselines_and_exports(
    ahead: Race, tmp_path: Path
) -> None:
    path = tmp_path / "trial.csv"
    said = run(
        "backtest", "--seasons", "2024", "--models", "uniform,grid,logit,ensemble",
        "--export", str(path),
    )  # fmt: skip
    assert "final_grid, n = 6 races" in said
    for name in ("uniform", "grid", "logit", "ensemble", "against"):
        assert name in said
    assert f"60 rows of ensemble in {path}" in said.replace("\n", "")
    assert not Forecast.objects.exists()
    assert len(path.read_text().splitlines()) == 61


def test_backtest_of_two_stages(ahead: Race) -> None:
    said = run(
        "backtest", "--seasons", "2024", "--models", "uniform",
        "--stage", "pre_weekend,post_practice",
    )  # fmt: skip
    assert "pre_weekend, n = 6" in said
    assert "post_practice, n = 6" in said


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--seasons", "2O24"], "write them as"),
        (["--seasons", "2031"], "no race is over"),
        (["--seasons", "1950-1952"], "1950; forecasts begin with 2024"),
        (["--seasons", "2023-2024"], "2023; forecasts begin with 2024"),
        (["--seasons", "2024-2022"], "the earlier one first"),
        (["--seasons", "2024", "--stage", "tea"], "no stage 'tea'"),
        (["--seasons", "2024", "--stage", ""], "--stage names none"),
        (
            "--seasons 2024 --stage pre_weekend,final_grid --export x.csv".split(),
            "one stage",
        ),
    ],
)
def test_backtest_says_what_is_wrong(
    ahead: Race, arguments: list[str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run("backtest", *arguments, "--models", "uniform")


def test_backtest_needs_a_model_at_every_stage(ahead: Race) -> None:
    with pytest.raises(CommandError, match="grid: nothing to go by at pre_weekend"):
        run(
            "backtest", "--seasons", "2024", "--models", "grid",
            "--stage", "final_grid,pre_weekend",
        )  # fmt: skip


def test_refresh_does_what_is_due(ahead: Race) -> None:
    said = run("refresh")
    assert "issued 2025 Grand Prix 1 pre_weekend by ensemble v1" in said
    assert "nothing was missing" in run("refresh")


def test_commands_rate_what_was_not_rated_yet(ahead: Race) -> None:
    run("forecast", "--next", "--model", "elo")
    before = Forecast.objects.get()
    winner = Race.objects.by_round(2024, 6).results.get(display_order=1)
    winner.status, winner.is_classified, winner.position = "retired", False, None
    winner.save()
    run("forecast", "--next", "--model", "elo")
    after = Forecast.objects.exclude(pk=before.pk).get()
    assert after.data_hash != before.data_hash
