"""A race weekend under a moving clock: read, forecast, scored, amended."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import F
from pytest_django.fixtures import Settings

from f1site.base import jobs
from f1site.base.models import JobRun
from ingestion.models import (
    Driver,
    GridPenalty,
    QualifyingResult,
    Race,
    RaceResult,
)
from ingestion.services import follow as weekends
from ingestion.tests.live_server import LiveServer, serving
from predictions import pipeline, queries, sealing, tasks
from predictions.models import Forecast, PredictionAccuracy
from predictions.tests import forecast_cast as cast
from predictions.tests.live_cast import LiveCast
from ratings.models import RatingRun
from ratings.services import replay_ratings

HOUR = timedelta(hours=1)


class Weekend:
    """Round 1 of 2025 with its timetable, a round after it, and a clock to move."""

    def __init__(self, settings: Settings, source: LiveCast, server: LiveServer):
        self.settings, self.source, self.server = settings, source, server
        self.race = source.race

    def at(self, hours: float) -> pipeline.Report:
        """The tick so many hours after lights out; a second one does nothing."""
        assert self.race.starts_at
        self.settings.F1_NOW = self.race.starts_at + hours * HOUR
        report = pipeline.tick()
        again = pipeline.tick()
        assert (again.forecasts, again.scores) == ([], [])
        self.race.refresh_from_db()
        return report

    def stages(self, report: pipeline.Report) -> set[str]:
        assert {forecast.race_id for forecast in report.forecasts} <= {self.race.pk}
        return {forecast.stage for forecast in report.forecasts}

    def announce(self, driver: str, hours: float, **penalty: Any) -> GridPenalty:
        assert self.race.starts_at
        return GridPenalty.objects.create(
            race=self.race,
            driver=Driver.objects.get(slug=driver),
            announced_at=self.race.starts_at + hours * HOUR,
            **penalty,
        )

    def shown(self, stage: str | None = None) -> Forecast:
        forecast = queries.latest_forecast(self.race, stage)
        assert forecast
        return forecast

    def grid(self, stage: str) -> dict[str, int | None]:
        rows = queries.predictions_of(self.shown(stage))
        return {row.driver.slug: row.grid for row in rows}

    @property
    def pole(self) -> str:
        return cast.DRIVERS[self.source.happened.grid.index(1)]


def make_weekend(
    settings: Settings, folder: Path, rounds: int = 6
) -> Iterator[Weekend]:
    settings.MODEL_DIR = folder / "models"
    settings.LIVE_PER_SECOND, settings.LIVE_FRESH_S = 10_000, 0
    settings.LIVE_PATIENCE_S = 1
    cache.clear()
    race = cast.store(rounds=rounds)
    after = cast._store_race(2025, 2)
    cast.store_entries(after)
    cast.store_timetable(race)
    replay_ratings()
    source = LiveCast(race, cast.weekend(np.random.default_rng(3)))
    with serving(source.answer) as server:
        settings.LIVE_URL = server.url
        yield Weekend(settings, source, server)


@pytest.fixture
def weekend(db: None, settings: Settings, tmp_path: Path) -> Iterator[Weekend]:
    yield from make_weekend(settings, tmp_path)


def test_a_whole_weekend(weekend: Weekend) -> None:
    race, source = weekend.race, weekend.source

    # Thursday: the line-up is all there is.
    assert weekend.stages(weekend.at(-60)) == {"pre_weekend"}
    assert weekend.shown().gaps == []

    # Saturday: qualifying is over, and then the source has it.
    weekend.at(-21)
    assert not QualifyingResult.objects.filter(race=race).exists()
    source.told.add("qualifying")
    assert weekend.stages(weekend.at(-20.5)) == {"post_qualifying"}
    saturday = weekend.shown()
    assert (saturday.gaps, saturday.data_grade) == (["no practice"], "B")
    assert weekend.grid("post_qualifying")[weekend.pole] == 1

    # A penalty moves it; one that is announced later does not yet.
    weekend.announce(weekend.pole, -19, places=3)
    weekend.announce("driver-j", -3, from_pit_lane=True)
    assert weekend.stages(weekend.at(-18.5)) == {"post_qualifying"}
    assert weekend.grid("post_qualifying")[weekend.pole] == 4

    # Sunday: nobody has published a grid; two hours before lights out it is settled.
    assert weekend.stages(weekend.at(-2.5)) == {"post_qualifying"}
    assert weekend.stages(weekend.at(-2)) == {"final_grid"}
    derived = weekend.shown()
    assert derived.gaps == ["no practice", "grid derived from qualifying order"]
    assert derived.data_grade == "C"
    assert "the published grid" not in derived.knew
    assert derived.knew.endswith("but no practice, grid derived from qualifying order")
    assert weekend.grid("final_grid")["driver-j"] == 10

    # The published grid is another one.
    cast.publish_grid(race, [*cast.DRIVERS[1:], cast.DRIVERS[0]])
    assert weekend.stages(weekend.at(-1)) == {"final_grid"}
    assert weekend.shown().gaps == ["no practice"]
    assert weekend.grid("final_grid")["driver-a"] == 10
    sealed = list(Forecast.objects.values_list("content_hash", flat=True))

    # The flag: a result, ratings, scores, and a forecast of the race after it.
    source.told.add("results")
    assert not weekend.at(1.9).scores
    report = weekend.at(2)
    assert race.is_completed
    assert len(report.scores) == len(Forecast.objects.filter(race=race, late=False))
    assert {forecast.race.round for forecast in report.forecasts} == {2}

    # Monday: the winner is disqualified.
    winner = race.results.get(position=1).driver.slug
    runs = RatingRun.objects.count()
    before = scores_of(race)
    source.disqualified.add(winner)
    report = weekend.at(20)
    assert race.results.get(position=1).driver.slug != winner
    assert RatingRun.objects.count() == runs + 1
    assert RatingRun.objects.latest("id").since == race
    assert len(report.scores) == len(before)
    assert {f.race.round for f in report.forecasts} == {2}
    kept = PredictionAccuracy.objects.filter(forecast__race=race)
    assert kept.filter(is_current=False).count() == len(before)
    assert scores_of(race) != before
    standings = race.result_versions.order_by("number").values_list("source", flat=True)
    assert list(standings) == ["live", "live"]

    # Nothing that was sealed has moved, and two days later all is quiet.
    now = Forecast.objects.filter(content_hash__in=sealed)
    assert now.count() == len(sealed)
    assert not list(sealing.faults())
    n_asked = len(weekend.server.asked)
    weekend.at(51)
    assert [a.path for a in weekend.server.asked[n_asked:]] == (
        ["/2025/1/driverstandings.json", "/2025/1/constructorstandings.json"] * 2
    )


def scores_of(race: Race) -> dict[int, float]:
    current = PredictionAccuracy.objects.filter(forecast__race=race, is_current=True)
    return dict(current.values_list("forecast_id", "log_loss"))


def test_a_source_that_is_away_leaves_a_forecast(weekend: Weekend) -> None:
    weekend.settings.LIVE_URL = "http://127.0.0.1:9/"
    weekend.settings.LIVE_PATIENCE_S = 0
    report = weekend.at(-20)
    assert weekend.stages(report) == {"pre_weekend"}
    assert "does not answer" in report.notes[0]


def test_after_a_week_of_downtime_it_is_caught_up(weekend: Weekend) -> None:
    weekend.at(-60)
    weekend.source.told |= {"qualifying", "results"}
    report = weekend.at(170)
    assert report.read[:2] == ["2025-1 qualifying", "2025-1 results"]
    assert weekend.race.is_completed
    assert {score.forecast.stage for score in report.scores} == {"pre_weekend"}
    assert {forecast.race.round for forecast in report.forecasts} == {2}


def test_a_missing_result_costs_the_next_forecast_its_grade(weekend: Weekend) -> None:
    after = Race.objects.by_round(2025, 2)
    assert weekend.race.starts_at
    weekend.settings.F1_NOW = weekend.race.starts_at + 24 * HOUR
    report = pipeline.refresh_race(race=after, follow=False)
    (gap,) = report.forecasts[0].gaps
    assert gap == "no result of the Grand Prix 1"
    assert report.forecasts[0].data_grade == "D"
    assert not list(sealing.faults())


def test_a_gap_that_closes_is_a_new_forecast_with_the_same_chances(
    weekend: Weekend,
) -> None:
    weekend.race.entries.all().delete()
    weekend.at(-60)
    first = weekend.shown()
    assert first.gaps == ["line-up of the last race"]
    cast.store_entries(weekend.race)
    weekend.at(-59)
    second = weekend.shown()
    assert (second.gaps, second.data_hash) == ([], first.data_hash)
    assert second.pk != first.pk


def test_quiet_ticks_share_a_row_in_the_ledger(weekend: Weekend) -> None:
    weekend.at(-24 * 5)
    cache.clear()
    assert tasks.tick_task() == "nothing was missing"
    for _ in range(2):
        assert tasks.tick_task() == ""
        outcomes = JobRun.objects.filter(name="tick").order_by("outcome")
        assert list(outcomes.values_list("outcome", flat=True)) == ["done", "idle"]


def test_two_beats_do_the_work_of_a_turn_once(weekend: Weekend) -> None:
    weekend.at(-60)
    cache.clear()
    assert tasks.tick_task() == "nothing was missing"
    cache.clear()  # as if the second had not seen the first
    weekend.race.entries.first().delete()  # type: ignore[union-attr]
    assert tasks.tick_task() == ""
    JobRun.objects.update(slot=F("slot") - timedelta(minutes=10))
    assert tasks.tick_task() == "4 forecasts issued"
    run = JobRun.objects.filter(name="tick").latest("slot")
    assert (run.outcome, run.counts["forecasts"]) == ("done", 4)


def test_a_race_that_fails_keeps_no_other_from_its_turn(
    weekend: Weekend, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    after = Race.objects.by_round(2025, 2)
    weekend.settings.F1_NOW = after.begins_at - 60 * HOUR
    assert weekends.races_to_follow() == [weekend.race, after]
    follow = weekends.follow

    def stumble(*, race: Race, **options: Any) -> weekends.Followed:
        if race == weekend.race:
            raise ZeroDivisionError("no laps")
        return follow(race=race, **options)

    monkeypatch.setattr(weekends, "follow", stumble)
    with pytest.raises(pipeline.RacesFailedError):
        tasks.tick_task()

    assert Forecast.objects.filter(race=after).exists()
    run = JobRun.objects.get(name="tick")
    assert (run.outcome, run.error) == (
        "failed",
        "RacesFailedError: 2025-1: ZeroDivisionError: no laps",
    )
    assert "Traceback" in caplog.text
    assert pipeline.is_due()

    monkeypatch.undo()
    tasks.tick_task()
    run = JobRun.objects.filter(name="tick").latest("slot")
    assert (run.outcome, run.error) == ("done", "")


def test_a_correction_wakes_the_tick(weekend: Weekend) -> None:
    weekend.at(-24 * 5)
    assert not pipeline.is_due()
    weekend.race.entries.get(driver__slug="driver-j").delete()
    assert pipeline.is_due()


def test_who_meets_another_at_a_race_leaves_it_to_him(weekend: Weekend) -> None:
    held, done = threading.Event(), threading.Event()

    def other() -> None:
        with jobs.claimed(f"race {weekend.race.pk}") as is_ours:
            assert is_ours
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(10)
    weekend.settings.F1_NOW = weekend.race.starts_at
    report = pipeline.refresh_race(race=weekend.race)
    done.set()
    thread.join()
    assert report.notes == ["2025-1: another worker is at it"]
    assert not Forecast.objects.exists()
    assert not weekend.server.asked


@pytest.mark.django_db(transaction=True)
def test_two_at_once_issue_one_forecast(settings: Settings, tmp_path: Path) -> None:
    for weekend in make_weekend(settings, tmp_path, rounds=3):
        assert weekend.race.starts_at
        settings.F1_NOW = weekend.race.starts_at - 60 * HOUR
        reports: list[pipeline.Report] = []

        def refresh(race: Race = weekend.race) -> None:
            reports.append(pipeline.refresh_race(race=Race.objects.get(pk=race.pk)))  # noqa: B023
            connection.close()

        both = [threading.Thread(target=refresh) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert sorted(len(report.forecasts) for report in reports) == [0, 4]
        assert Forecast.objects.count() == 4
        assert not RaceResult.objects.filter(race=weekend.race).exists()
