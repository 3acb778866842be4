"""FastF1, pointed at this site, reads what it reads at the source. ``./run fastf1``.

It runs in an environment of its own; without that the tests are left out.
"""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from f1site import testing
from ingestion.models import RaceResult
from ingestion.services import load_starter
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.live_season import SEASON
from ingestion.tests.live_server import Good, serving
from ingestion.tests.test_live_replay import Samples
from predictions.tests.ergast_cast import OnePage, fill

Read = dict[str, list[dict[str, str]]]
Reader = Callable[[str, int], Read]
CLIENT = Path(testing.__file__).with_name("fastf1_client.py")
TABLES = ["schedule", "results", "qualifying", "sprint"]
STANDINGS = ["driver standings", "constructor standings"]


@pytest.fixture
def read(fastf1_python: Path, tmp_path: Path) -> Reader:
    """What FastF1 gets from an address, by table; a cache of its own each time."""

    def run(base_url: str, season: int) -> Read:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        command = [str(fastf1_python), str(CLIENT), base_url, str(season)]
        done = subprocess.run(
            [*command, str(folder)], capture_output=True, text=True, cwd=folder
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def as_fastf1_asks(good: Good) -> Good:
    """The answers of a source in the tests under the addresses that FastF1 uses."""

    def answer(path: str, query: dict[str, str]) -> bytes | None:
        path = path.lower().replace("/races.json", ".json")
        return good(path, {"offset": "0"} | query)

    return answer


def assert_the_same(good: Good, read: Reader, ours: str, settings: Any) -> Read:
    settings.F1_NOW = datetime(2024, 1, 1, tzinfo=UTC)
    fill(good, settings)
    with serving(as_fastf1_asks(good)) as source:
        said = read(source.url.rstrip("/"), SEASON)
    got = read(ours, SEASON)
    for name in (*TABLES, *STANDINGS):
        assert said[name], name
        assert got[name] == said[name], name
    return got


def test_it_reads_the_season_of_the_tests(
    read: Reader, live_server: LiveServer, settings: Any
) -> None:
    ours = f"{live_server.url}/ergast/f1"
    got = assert_the_same(OnePage().answer, read, ours, settings)
    assert [len(got[name]) for name in TABLES] == [4, 18, 18, 6]
    assert got["results"][0]["totalRaceTime"].startswith("Timedelta('0 days 01:33:56")


def test_it_reads_all_of_2023(
    read: Reader, live_server: LiveServer, settings: Any, ergast_samples: Path
) -> None:
    ours = f"{live_server.url}/ergast/f1"
    got = assert_the_same(Samples(ergast_samples).answer, read, ours, settings)
    assert [len(got[name]) for name in TABLES] == [22, 440, 440, 120]


def test_it_reads_a_season_of_the_archive(
    read: Reader, live_server: LiveServer
) -> None:
    """What the archive lacks is missing, and no row, no id."""
    seed_aliases()
    load_starter()
    got = read(f"{live_server.url}/ergast/f1", 2024)
    results = RaceResult.objects.filter(race__season=2024)
    assert len(got["results"]) == results.count()
    assert len(got["schedule"]) == 24
    rows = [row for name in (*TABLES[1:], *STANDINGS) for row in got[name]]
    drivers = {row["driverId"] for row in rows if "driverId" in row}
    assert {"'hamilton' object", "'max_verstappen' object"} <= drivers
    assert not any("Url" in name for row in rows for name in row)
