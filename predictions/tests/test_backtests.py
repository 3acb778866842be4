"""Stored backtests: gone on with, the same whoever computes, never hindsight."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.conf import settings as site
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from f1site.base.models import JobRun, Message
from f1site.testing.serving import celery_worker
from ingestion.models import Race
from predictions import backtests, services, spread, tasks
from predictions.forecasting.comparison import StageTable
from predictions.management.commands import backtest as command_module
from predictions.models import Backtest, BacktestChunk, BacktestScore, Forecast
from predictions.services import backtesting
from predictions.tests import forecast_cast as cast
from ratings.services import replay_ratings

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
PATIENCE_S = 60
#: Not to be imported here.
DEADLY = "predictions.tests.deadly"


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Race:
    settings.MODEL_DIR = tmp_path / "models"
    settings.F1_NOW = NOW
    cache.clear()
    race = cast.store(seasons=range(2022, 2025))
    replay_ratings()
    return race


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("backtest", *arguments, stdout=out, **options)
    return out.getvalue()


def begin(names: list[str]) -> Backtest:
    """Of 2024 on the grid: one chunk."""
    return services.begin_backtest(
        frame=services.frame_of(NOW, [2024]),
        seasons=[2024],
        stages=["final_grid"],
        names=names,
        as_of=NOW,
        asked_by="test",
    ).backtest


def newest() -> Backtest:
    return Backtest.objects.latest("pk")


def numbers(backtest: Backtest) -> tuple[object, object]:
    """All that came out, to the last bit."""
    rows = BacktestScore.objects.filter(backtest=backtest).order_by(
        "stage", "model", "race"
    )
    names = [f.name for f in BacktestScore._meta.fields if f.name not in ("id",)]
    fields = [name for name in names if name != "backtest"]
    return list(rows.values(*fields)), backtest.tables


@pytest.mark.django_db
class TestCommand:
    def test_what_is_stored_is_not_computed_again(self, ahead: Race) -> None:
        arguments = ("--seasons", "2024", "--models", "uniform,grid")
        first = run(*arguments)
        said = run(*arguments)
        assert "stands since 2025-03-10" in said
        assert first.strip() in said
        stored = newest()
        assert (stored.state, stored.n_races, stored.n_scores) == ("done", 6, 12)
        assert stored.cutoff == Race.objects.by_round(2024, 6)
        assert not Forecast.objects.exists()
        again = run(*arguments, "--fresh")
        assert "made anew, as asked" in again
        assert numbers(newest()) == numbers(stored)

    def test_another_record_makes_another_and_says_so(self, ahead: Race) -> None:
        run("--seasons", "2024", "--models", "uniform,elo")
        cast.shuffle_season(2023)
        said = run("--seasons", "2024", "--models", "uniform,elo")
        assert "record changed since backtest" in said
        assert Backtest.objects.count() == 2

    def test_a_worker_refuses_a_record_that_changed(self, ahead: Race) -> None:
        chunk = begin(["uniform"]).chunks.get()
        cast.shuffle_season(2023)
        with pytest.raises(services.RecordChangedError, match="the record changed"):
            services.run_chunk(chunk)
        chunk.refresh_from_db()
        assert (chunk.state, chunk.n_begun) == ("failed", 1)
        assert "the record changed" in chunk.error
        assert newest().state == "running"

    @pytest.mark.parametrize("changed", ["code_hash", "parameters_hash"])
    def test_a_worker_of_other_code_refuses(self, ahead: Race, changed: str) -> None:
        begin(["uniform"])
        Backtest.objects.update(**{changed: "0" * 64})
        with pytest.raises(services.RecordChangedError, match="restart the workers"):
            services.run_chunk(BacktestChunk.objects.get())
        assert not BacktestScore.objects.exists()

    def test_any_model_can_be_exported(self, ahead: Race, tmp_path: Path) -> None:
        paths = [tmp_path / "one.csv", tmp_path / "other.csv"]
        arguments = ("--seasons", "2023-2024", "--models", "grid,elo,logit")
        run(*arguments, "--model", "elo", "--export", str(paths[0]))
        said = run(*arguments, "--export", str(paths[1]))
        assert "120 rows of logit" in said
        tables = []
        for path in paths:
            with path.open(newline="") as file:
                tables.append(list(csv.DictReader(file)))
        assert [row["driver_id"] for row in tables[0]] == cast.DRIVERS * 12
        assert [row["round"] for row in tables[0][::10]] == list("123456") * 2
        assert tables[0][0]["p_win"] != tables[1][0]["p_win"]
        with pytest.raises(CommandError, match="pre_weekend has elo, logit"):
            run(
                *arguments, "--stage", "pre_weekend",
                "--model", "grid", "--export", "x.csv",
            )  # fmt: skip

    def test_models_are_paired_on_the_same_races(self, ahead: Race) -> None:
        assert backtests.paired("final_grid", ["grid", "logit"]) == {}
        run("--seasons", "2024", "--models", "grid,logit")
        run("--seasons", "2024", "--models", "grid", "--stage", "post_qualifying")
        pairs = backtests.paired("final_grid", ["grid", "logit"])
        assert list(pairs) == ["grid", "logit"]
        races = [[score.race_id for score in scores] for scores in pairs.values()]
        assert races[0] == races[1] == list(range(2024001, 2024007))
        assert pairs["logit"][0].log_loss != pairs["grid"][0].log_loss

    def test_tables_go_between_the_markers_of_the_docs(
        self, ahead: Race, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = tmp_path / "forecasting.md"
        parts = ("backtest", "backtest, newest")
        page.write_text(
            "".join(
                f"<!-- {p}: begin -->\nold\n<!-- {p}: end -->\nkept\n" for p in parts
            )
        )
        (tmp_path / "img").mkdir()
        monkeypatch.setattr(command_module, "DOCS", tmp_path)
        arguments = ("--seasons", "2023-2024", "--models", "grid,elo", "--write")
        run(*arguments)
        text = page.read_text()
        assert "old" not in text
        assert text.count("kept\n") == 2
        assert "2023–2024, made of results up to 2024 Grand Prix 6." in text
        assert "**final_grid**, n = 12 races, differences to grid" in text
        stored = StageTable.load(newest().tables[0])
        loss = stored.lines[0].scores["log_loss"]
        assert f"{loss.mean:.3f} [{loss.low:.3f}, {loss.high:.3f}]" in text
        assert "<svg" in (tmp_path / "img" / "reliability.svg").read_text()
        page.write_text("without markers")
        with pytest.raises(CommandError, match="has no lines <!-- backtest: begin"):
            run(*arguments)

    def test_a_season_to_come_moves_no_bit(self, ahead: Race, tmp_path: Path) -> None:
        """Results, qualifying, grid and standings of the last season are shuffled."""
        paths = [tmp_path / "before.csv", tmp_path / "after.csv"]
        arguments = ("--seasons", "2023", "--models", "ensemble", "--fresh")
        run(*arguments, "--export", str(paths[0]))
        run("--seasons", "2024", "--models", "elo")
        moved = newest()
        cast.shuffle_season(2024)
        run(*arguments, "--export", str(paths[1]))
        assert paths[0].read_bytes() == paths[1].read_bytes()
        run("--seasons", "2024", "--models", "elo", "--fresh")
        assert numbers(newest()) != numbers(moved)

    def test_without_workers_it_says_so_and_computes(
        self, ahead: Race, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:9/0")
        said = run("--seasons", "2024", "--models", "uniform", "--celery")
        assert "No worker answers" in said
        assert newest().state == "done"


# --- killed, and spread over workers ---------------------------------------------
ASKED = (
    *("--seasons", "2024", "--models", "grid,elo,ensemble"),
    *("--stage", "pre_weekend,post_qualifying,final_grid"),
)


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, on the database of the test."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "F1_NOW": NOW.isoformat(),
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "backtest", *arguments],
        cwd=site.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_killed_or_spread_the_numbers_are_the_same(ahead: Race) -> None:
    with command(*ASKED) as process:
        deadline = time.monotonic() + PATIENCE_S
        done = BacktestChunk.objects.filter(state="done")
        while not done.exists() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    killed = newest()
    assert killed.state == "running"
    kept = set(done.values_list("pk", "finished_at"))

    said = run(*ASKED)
    assert "is gone on with" in said
    assert Backtest.objects.count() == 1
    assert kept <= set(done.values_list("pk", "finished_at"))
    resumed = numbers(newest())
    # killed between the last chunk and the gathering
    Backtest.objects.update(state="running", finished_at=None, tables=[])
    assert "0 of 3 chunks to do" in run(*ASKED)
    assert numbers(newest()) == resumed
    run(*ASKED, "--fresh")
    assert numbers(newest()) == resumed

    current_app.loader.import_default_modules()
    with start_worker(current_app, pool="solo", perform_ping_check=False):
        wait_for_worker()
        said = run(*ASKED, "--fresh", "--celery")
    assert "No worker answers" not in said
    assert not BacktestChunk.objects.exclude(state="done").exists()
    assert numbers(newest()) == resumed
    assert newest().pk != killed.pk


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_workers_hears_of_a_changed_record_at_once() -> None:
    cast.store(rounds=2)
    backtest = begin(["uniform"])
    cast.shuffle_season(2023)
    current_app.loader.import_default_modules()
    with start_worker(current_app, pool="solo", perform_ping_check=False):
        wait_for_worker()
        with pytest.raises(services.ChunkFailedError, match="the record changed"):
            spread.run_on_workers(backtest, lambda n: None, quiet_s=2.0)
    assert backtest.chunks.get().n_begun == 1


@pytest.mark.django_db
def test_a_chunk_whose_process_is_killed_each_time_fails(ahead: Race) -> None:
    backtest = begin(["uniform"])
    chunk = backtest.chunks.get()
    for n_begun, state in ((2, "done"), (3, "failed")):
        # As a process leaves it that is killed.
        BacktestChunk.objects.update(state="running", n_begun=n_begun)
        BacktestScore.objects.all().delete()
        if state == "done":
            assert services.run_chunk(chunk)
        else:
            with pytest.raises(services.ChunkFailedError, match="killed 3 times"):
                services.run_chunk(chunk)
        chunk.refresh_from_db()
        assert (chunk.state, chunk.n_begun) == (state, 3)
    assert "killed 3 times" in chunk.error
    Backtest.objects.update(state="running", finished_at=None)
    assert begin(["uniform"]) == backtest  # who asks again has it tried again
    chunk.refresh_from_db()
    assert (chunk.state, chunk.n_begun, chunk.error) == ("waiting", 0, "")
    assert services.run_chunk(chunk)


@pytest.mark.django_db
def test_to_be_told_to_stop_is_no_try_at_a_chunk(
    ahead: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*args: Any, **more: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(backtesting, "walk_forward", stop)
    chunk = begin(["uniform"]).chunks.get()
    for _ in range(backtesting.MOST_TRIES + 1):
        with pytest.raises(SystemExit):
            services.run_chunk(chunk)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.n_begun) == ("waiting", 0)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_workers_that_die_hears_of_it(
    ahead: Race, settings: Settings
) -> None:
    with redis.Redis.from_url(site.REDIS_URL) as queue:
        queue.flushdb()
    backtest = begin(["uniform"])
    with celery_worker("--include", DEADLY):
        with pytest.raises(services.ChunkFailedError, match="killed 3 times"):
            spread.run_on_workers(backtest, lambda n: None)
        chunk = backtest.chunks.get()
        assert (chunk.state, chunk.n_begun) == ("failed", 3)
    with start_worker(current_app, pool="solo", perform_ping_check=False):
        wait_for_worker()
        assert spread.run_on_workers(begin(["uniform"]), lambda n: None)


def wait_for_worker() -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not spread.workers_answer():
        assert time.monotonic() < deadline


@pytest.mark.django_db
def test_one_stands_on_the_track_record_every_night(
    ahead: Race, settings: Settings, client: Client
) -> None:
    assert tasks.keep_backtest_task().endswith("has 2 chunks sent for")
    made = newest()
    assert (made.seasons, made.stages) == ([2023, 2024], ["pre_weekend", "final_grid"])
    assert made.state == "running"
    assert JobRun.objects.get(name="backtest").outcome == "done"
    assert tasks.keep_backtest_task() == tasks.DONE
    for sent in Message.objects.all():
        tasks.backtest_chunk_task.apply(sent.args, task_id=str(sent.pk))
    assert newest().state == "done"
    assert Message.objects.filter(error="", settled_at__isnull=False).count() == 2
    JobRun.objects.all().delete()
    assert "stands since" in tasks.keep_backtest_task()
    assert Message.objects.count() == 2
    assert Backtest.objects.count() == 1
    # a newer one of fewer races does not take its place
    run("--seasons", "2024", "--models", "elo,ensemble")
    assert "2023–2024" in client.get("/track-record/").content.decode()
    settings.F1_NOW = datetime(2023, 1, 1, tzinfo=UTC)
    assert services.keep_backtest() == ""


@pytest.mark.django_db
def test_it_can_be_kept_without_workers(ahead: Race) -> None:
    assert services.keep_backtest().endswith("is done")
    assert newest().state == "done"
    assert not Message.objects.exists()
