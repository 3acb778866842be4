"""All of 2023 from recorded answers; needs ``pytest --ergast-samples FOLDER``."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db.models import F

from ingestion.models import (
    DriverStanding,
    Finding,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    SourceRequest,
    SprintResult,
    TeamStanding,
)
from ingestion.services import import_archive, import_live, load_starter
from ingestion.tests.conftest import seed_aliases
from ingestion.tests.live_server import LiveServer, serving

PREFIX = "/ergast/f1/"
SEASON = 2023


class Samples:
    """Recorded answers by path and query."""

    def __init__(self, folder: Path) -> None:
        index = json.loads((folder / "_index.json").read_text())
        self.files: dict[tuple[str, int], Path] = {}
        for name, entry in index.items():
            parts = urlsplit(entry["path"].split(" ")[0])
            query = dict(parse_qsl(parts.query))
            file = folder / f"{name}.json"
            if entry["status"] == 200 and query.get("limit") == "100" and file.exists():
                key = parts.path.removeprefix(PREFIX), int(query.get("offset", 0))
                self.files[key] = file

    def answer(self, path: str, query: dict[str, str]) -> bytes | None:
        file = self.files.get((path, int(query["offset"])))
        return file.read_bytes() if file else None

    def rows(self, path: str, *keys: str) -> list[dict[str, Any]]:
        """The rows of all pages of a table of standings."""
        table = json.loads(self.files[path, 0].read_bytes())["MRData"]
        (group,) = table["StandingsTable"]["StandingsLists"]
        rows: list[dict[str, Any]] = group[keys[0]]
        return rows


@pytest.fixture
def samples(ergast_samples: Path) -> Samples:
    return Samples(ergast_samples)


@pytest.fixture
def source(samples: Samples, settings: Any, db: None) -> Iterator[LiveServer]:
    seed_aliases()
    with serving(samples.answer) as server:
        settings.LIVE_URL = server.url
        settings.LIVE_PER_SECOND = 1000
        yield server


def standings(model: Any, who: str) -> list[tuple[str, int, Decimal]]:
    rows = model.objects.filter(race__season=SEASON, race__round=22)
    return list(
        rows.order_by("display_order").values_list(f"{who}__name", "position", "points")
    )


def test_2023_is_complete(source: LiveServer, samples: Samples) -> None:
    run = import_live(season=SEASON)

    races = Race.objects.filter(season=SEASON)
    assert races.held().count() == races.count() == 22
    assert RaceResult.objects.count() == 440
    assert QualifyingResult.objects.count() == 440
    assert SprintResult.objects.count() == 120
    assert races.exclude(sprint_format="").count() == 6
    assert standings(DriverStanding, "driver") == [
        (
            f"{row['Driver']['givenName']} {row['Driver']['familyName']}",
            int(row["position"]),
            Decimal(row["points"]),
        )
        for row in samples.rows("2023/driverstandings.json", "DriverStandings")
    ]
    assert standings(TeamStanding, "team") == [
        (row["Constructor"]["name"], int(row["position"]), Decimal(row["points"]))
        for row in samples.rows(
            "2023/constructorstandings.json", "ConstructorStandings"
        )
    ]
    assert not any(each.kind == "driver" for each in Finding.objects.all())
    assert run.outcome.changes["drivers"].added == 22


def test_2023_takes_few_requests_and_then_none(
    source: LiveServer, record_hash: Callable[[], str]
) -> None:
    import_live(season=SEASON)
    assert len(source.asked) == SourceRequest.objects.count() <= 30
    before, n_asked = record_hash(), len(source.asked)

    for replay in (False, True):
        again = import_live(season=SEASON, replay=replay)
        assert again.outcome.is_unchanged
    year = timedelta(days=365)
    SourceRequest.objects.update(
        sent_at=F("sent_at") - year, answered_at=F("answered_at") - year
    )
    import_live(season=SEASON)  # finished long ago, and kept

    assert (record_hash(), len(source.asked)) == (before, n_asked)
    import_live(season=SEASON, refresh=True)
    assert (record_hash(), len(source.asked)) == (before, 2 * n_asked)


def test_the_pace_is_kept(source: LiveServer, settings: Any) -> None:
    settings.LIVE_PER_SECOND = 20
    import_live(season=SEASON)
    times = [asked.at for asked in source.asked]
    assert times[-1] - times[0] >= (len(times) - 1) / 20 - 0.1


def nothing_of_2023_is_overwritten(record_hash: Callable[[], str]) -> None:
    before = record_hash()
    origins = Provenance.objects.order_by("pk").values_list("pk", "source")
    sources = list(origins)

    run = import_live(season=SEASON)

    assert record_hash() == before
    assert list(origins.all()) == sources
    assert run.outcome.notes[-1].endswith("which has them, and compared")
    counts = {name: len(rows) for name, rows in run.outcome.passed_over.items()}
    assert counts["results"] == counts["qualifying_results"] == 440
    assert counts["sprint_results"] == 120
    assert not Finding.objects.filter(kind=Finding.Kind.UNKNOWN).exists()


def test_nothing_of_the_starter_is_overwritten(
    source: LiveServer, record_hash: Callable[[], str]
) -> None:
    load_starter()
    nothing_of_2023_is_overwritten(record_hash)


def test_nothing_of_the_archive_is_overwritten(
    source: LiveServer, record_hash: Callable[[], str], archive: Path
) -> None:
    import_archive(location=str(archive))
    nothing_of_2023_is_overwritten(record_hash)
