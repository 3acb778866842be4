"""The starter record: there and back again, and never over what is newer."""

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from ingestion import queries
from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import (
    Driver,
    Entry,
    PracticeResult,
    Race,
    RaceResult,
    SourceFetch,
    Team,
    TeamEra,
    WeatherData,
)
from ingestion.services import export_starter, import_archive, load_starter
from ingestion.services.starter import facts_of
from ingestion.services.tables import TABLES
from ingestion.sources.starter import parse_starter
from ingestion.tests.conftest import Importer
from ingestion.tests.mini_archive import RESULTS, MiniArchive


def empty_record() -> None:
    for table in reversed(TABLES):
        table.model._default_manager.all().delete()
    SourceFetch.objects.all().delete()


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def starter(ingest: Importer, tmp_path: Path) -> Path:
    """A starter of the seasons from 2021 on, written from the mini archive."""
    ingest()
    WeatherData.objects.create(
        race=Race.objects.by_round(2024, 14),
        source="open-meteo",
        air_temp_c=21.5,
        condition="dry",
    )
    export_starter(first=2021, last=2025, folder=tmp_path / "starter")
    return tmp_path / "starter"


def test_it_comes_back_byte_for_byte(starter: Path, tmp_path: Path) -> None:
    empty_record()
    done = load_starter(folder=starter)
    assert done.outcome.changes["races"].added == 6
    export_starter(first=2021, last=2025, folder=tmp_path / "again")
    assert contents(tmp_path / "again") == contents(starter)


def test_it_brings_everything_that_others_build_on(starter: Path) -> None:
    empty_record()
    load_starter(folder=starter)
    assert not Race.objects.filter(season_id=1951).exists()
    assert not Driver.objects.filter(slug="luigi-fagioli").exists()
    assert WeatherData.objects.get().air_temp_c == 21.5
    assert PracticeResult.objects.count() == 4
    era = TeamEra.objects.get(team__slug="alfa-romeo")
    assert (era.lineage, era.first_year) == ("sauber", 2019)
    assert queries.record_until() == Race.objects.by_round(2024, 21)
    assert queries.next_race() == Race.objects.by_round(2025, 1)
    assert Driver.objects.get(code="HAM").current_team == Team.objects.get(
        slug="ferrari"
    )


def test_the_archive_goes_on_top_and_keys_are_the_same(
    starter: Path, ingest: Importer
) -> None:
    keys = set(Race.objects.values_list("season_id", "grand_prix", "id"))
    empty_record()
    load_starter(folder=starter)
    changes = ingest().outcome.changes
    assert set(Race.objects.values_list("season_id", "grand_prix", "id")) == keys
    assert changes["races"].as_counts() == {
        "added": 1,
        "changed": 0,
        "unchanged": 6,
        "removed": 0,
    }
    assert not changes["weather"]
    assert WeatherData.objects.exists()


def test_it_is_loaded_once(starter: Path, record_hash: Callable[[], str]) -> None:
    empty_record()
    load_starter(folder=starter)
    RaceResult.objects.filter(position=2).update(points=99)
    before = record_hash()
    done = load_starter(folder=starter)
    assert done.outcome.notes == ["This starter record is already loaded"]
    assert record_hash() == before
    assert SourceFetch.objects.count() == 1


def test_it_leaves_a_fuller_record_alone(
    starter: Path, record_hash: Callable[[], str]
) -> None:
    RaceResult.objects.filter(position=2).update(points=99)
    before = record_hash()
    done = load_starter(folder=starter)
    assert done.outcome.notes == [
        "The record already reaches 2024-21: the starter adds nothing"
    ]
    assert record_hash() == before


def test_it_leaves_a_record_that_reaches_further_alone(
    starter: Path, ingest: Importer, mini: MiniArchive, record_hash: Callable[[], str]
) -> None:
    row = mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")
    mini.files[RESULTS].append(row | {"raceId": "1126", "positionDisplayOrder": "1"})
    ingest()
    SourceFetch.objects.all().delete()
    before = record_hash()
    assert "reaches 2025-1" in load_starter(folder=starter).outcome.notes[0]
    assert record_hash() == before


def test_a_starter_that_reaches_further_touches_its_own_seasons_only(
    starter: Path, ingest: Importer, mini: MiniArchive
) -> None:
    """An older record is brought forward; what the starter has not stays."""
    empty_record()
    mini.drop_race("1122")
    ingest()
    old = list(RaceResult.objects.filter(race__season_id=1951).values())
    Race.objects.filter(season_id=1951).update(official_name="as it was")
    load_starter(folder=starter)
    assert queries.record_until() == Race.objects.by_round(2024, 21)
    assert list(RaceResult.objects.filter(race__season_id=1951).values()) == old
    assert Race.objects.get(season_id=1951).official_name == "as it was"
    assert Driver.objects.filter(slug="luigi-fagioli").exists()


def test_a_line_up_ahead_comes_with_its_numbers(starter: Path) -> None:
    empty_record()
    load_starter(folder=starter)
    entries = Entry.objects.filter(race=Race.objects.by_round(2025, 1))
    assert set(entries.values_list("driver__code", "car_number", "is_typed_in")) == {
        ("VER", "1", False),
        ("HAM", "44", False),
        ("BEA", "87", False),
    }


def test_a_damaged_starter_changes_nothing(starter: Path) -> None:
    empty_record()
    file = starter / "results.csv.gz"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(SourceFormatError, match=r"results\.csv\.gz is damaged"):
        load_starter(folder=starter)
    file.unlink()
    with pytest.raises(SourceUnavailableError, match="There is no"):
        load_starter(folder=starter)
    assert not Race.objects.exists()


def test_the_command_wants_seasons(db: None) -> None:
    with pytest.raises(CommandError, match="write it as 2010-2025"):
        call_command("export_starter", "--seasons", "all")


# --- the starter that is shipped ----------------------------------------------------
def shipped() -> dict[str, bytes]:
    return contents(settings.STARTER_DIR)


def test_the_shipped_starter_is_small_and_carries_no_time_stamps() -> None:
    files = shipped()
    assert sum(map(len, files.values())) < 700_000
    for content in files.values():
        assert content[:4] == b"\x1f\x8b\x08\x00"  # gzip, no file name
        assert content[4:8] == b"\0\0\0\0"


def test_the_shipped_starter_is_ready_for_the_first_forecast(db: None) -> None:
    done = load_starter()
    last, ahead = queries.record_until(), queries.next_race()
    assert last is not None
    assert ahead is not None
    assert (last.label, last.starts_on) == ("2024-24", date(2024, 12, 8))
    assert (ahead.label, ahead.status) == ("2025-1", "scheduled")
    assert queries.lineup(ahead).count() == 20
    assert Race.objects.held().count() == 305
    assert RaceResult.objects.count() == done.outcome.changes["results"].added == 6436
    assert WeatherData.objects.count() == 305
    wins = RaceResult.objects.filter(position=1, driver__slug="max-verstappen")
    assert wins.count() == 63


def test_an_export_of_the_shipped_starter_is_the_shipped_starter(
    db: None, tmp_path: Path
) -> None:
    load_starter()
    call_command("export_starter", "--to", str(tmp_path))
    assert contents(tmp_path) == shipped()


def test_reading_and_exporting_agree_without_a_database(starter: Path) -> None:
    files = {
        name.removesuffix(".csv.gz"): gzip.decompress(content)
        for name, content in contents(starter).items()
    }
    assert parse_starter(files) == facts_of(range(2021, 2026))


def test_the_archive_is_not_undone_by_a_later_load(
    starter: Path, mini: MiniArchive, tmp_path: Path, record_hash: Callable[[], str]
) -> None:
    empty_record()
    load_starter(folder=starter)
    import_archive(location=str(mini.write_folder(tmp_path / "again")))
    before = record_hash()
    load_starter(folder=starter)
    assert record_hash() == before
