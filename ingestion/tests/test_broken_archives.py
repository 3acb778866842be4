"""Archives that cannot be right change nothing and say why."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ingestion.errors import SourceError, SourceFormatError
from ingestion.management.console import UNHARMED
from ingestion.models import DriverStanding, SourceFetch
from ingestion.services import import_archive, losses
from ingestion.sources import container
from ingestion.tests.conftest import Importer
from ingestion.tests.mini_archive import (
    CIRCUITS,
    DRIVERS,
    PRACTICE,
    QUALIFYING,
    RACES,
    RESULTS,
    MiniArchive,
)

Breaker = Callable[[MiniArchive], object]


def cell(name: str, column: str, value: str, **wanted: str) -> Breaker:
    """Another value in one cell."""

    def break_it(mini: MiniArchive) -> None:
        mini.find(name, **wanted)[column] = value

    return break_it


def without_column(name: str, column: str) -> Breaker:
    return lambda mini: mini.columns[name].remove(column)


def without_file(name: str) -> Breaker:
    return lambda mini: mini.files.pop(name)


def emptied(name: str) -> Breaker:
    return lambda mini: mini.files.update({name: []})


def repeated(name: str, **changes: str) -> Breaker:
    """The first row of a file once more, changed."""
    return lambda mini: mini.files[name].append(mini.files[name][0] | changes)


STANDINGS = "f1db-races-driver-standings.csv"
WINNER = {"raceId": "1115", "positionDisplayOrder": "1"}
SECOND = {"raceId": "1115", "positionDisplayOrder": "2"}

#: What is wrong → how to do it, and words of the message.
BROKEN: dict[str, tuple[Breaker, str]] = {
    "a missing file": (without_file(RESULTS), f"lacks {RESULTS}"),
    "a missing column": (
        without_column(RESULTS, "gridPositionNumber"),
        f"{RESULTS} lacks the column gridPositionNumber",
    ),
    "a word for a number": (
        cell(RESULTS, "laps", "many", **WINNER),
        f"{RESULTS} row 13, laps: 'many'; expected a whole number",
    ),
    "a negative number": (
        cell(RESULTS, "timeMillis", "-5", **WINNER),
        "timeMillis: '-5'; expected a whole number",
    ),
    "a number too big for the table": (
        cell(RESULTS, "laps", "99999", **WINNER),
        "out of range for type smallint",
    ),
    "points that are no number": (
        cell(RESULTS, "points", "NaN", **WINNER),
        "points: 'NaN'; expected points",
    ),
    "an impossible date": (
        cell(RACES, "date", "2024-02-30", id="1115"),
        "f1db-races.csv row 5, date: '2024-02-30'; expected a date",
    ),
    "a date outside of the season": (
        cell(RACES, "date", "2023-07-28", id="1115"),
        "race_date_in_season",
    ),
    "a time of day that does not exist": (
        cell(RACES, "time", "25:00", id="1115"),
        "expected a time of day",
    ),
    "an end of the race that nobody knows": (
        cell(RESULTS, "positionText", "ABC", raceId="1122", positionText="DNF"),
        "expected a number, or one of DNF",
    ),
    "an unknown driver": (
        cell(RESULTS, "driverId", "nobody", **WINNER),
        "driverId: 'nobody'; expected a driver that the source knows",
    ),
    "an unknown race": (
        cell(QUALIFYING, "raceId", "4711", **WINNER),
        "raceId: '4711'; expected a race that the source knows",
    ),
    "an unknown country": (
        cell(CIRCUITS, "countryId", "atlantis", id="reims"),
        "countryId: 'atlantis'; expected a country",
    ),
    "two winners": (
        cell(RESULTS, "positionNumber", "1", **SECOND),
        "2024 belgium has several winners: lewis-hamilton, charles-leclerc",
    ),
    "a row twice": (
        repeated(RESULTS),
        "has the same raceId, positionDisplayOrder as a row above",
    ),
    "a driver twice in one car": (
        repeated(RESULTS, positionDisplayOrder="99", sharedCar="true"),
        "results: several rows share race, driver, car_number",
    ),
    "a Grand Prix twice in a year": (
        cell(RACES, "grandPrixId", "australia", id="1127"),
        "has the same year, grandPrixId as a row above",
    ),
    "a round twice in a year": (
        cell(RACES, "round", "1", id="1127"),
        "race_round_unique",
    ),
    "a file without rows": (emptied(RESULTS), f"{RESULTS} has no rows"),
    "a race with results that vanished": (
        lambda mini: mini.drop_race("1115"),
        "2024 belgium has results in the record and is missing in the source",
    ),
    "an archive older than the record": (
        lambda mini: mini.drop(RESULTS, raceId="1122"),
        "2024 sao-paulo has results in the record and none in the source",
    ),
    "a season of results that vanished": (
        lambda mini: mini.drop_race("11"),
        "1951 france has results in the record and is missing in the source",
    ),
    "standings without rows": (
        emptied(STANDINGS),
        "driver standings: none in the source, 3 in the record",
    ),
    "teams' standings without rows": (
        emptied("f1db-races-constructor-standings.csv"),
        "team standings: none in the source, 2 in the record",
    ),
    "practice without rows": (
        emptied(PRACTICE),
        "practice results FP1: none in the source, 4 in the record",
    ),
    "grids without rows": (
        emptied("f1db-races-starting-grid-positions.csv"),
        "grid slots race: none in the source, 5 in the record",
    ),
    "sprints without rows": (
        emptied("f1db-races-sprint-race-results.csv"),
        "sprint results: none in the source, 3 in the record",
    ),
    "fastest laps without rows": (
        emptied("f1db-races-fastest-laps.csv"),
        "results with best lap ms: none in the source, 2 in the record",
    ),
    "a chronology without rows": (
        emptied("f1db-constructors-chronology.csv"),
        "f1db-constructors-chronology.csv has no rows",
    ),
    "qualifying cut at the end of a line": (
        lambda mini: mini.drop(QUALIFYING, raceId="1122"),
        "qualifying: 2 of 11 rows are missing, of 2024 sao-paulo (2 of 2)",
    ),
    "practice cut at the end of a line": (
        lambda mini: mini.drop(PRACTICE, raceId="1115"),
        "practice results FP1: 2 of 4 rows are missing, of 2024 belgium (2 of 2)",
    ),
    "a name longer than its column": (
        cell(DRIVERS, "name", "x" * 101, id="lando-norris"),
        "value too long for type character varying(100)",
    ),
    "a zero byte in a text": (
        cell(DRIVERS, "name", "Lando\0Norris", id="lando-norris"),
        "drivers: a value has no place in the record",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_nothing_changes(
    what: str,
    ingest: Importer,
    mini: MiniArchive,
    record_hash: Callable[[], str],
    tmp_path: Path,
) -> None:
    ingest()
    before = record_hash()
    break_it, words = BROKEN[what]
    break_it(mini)
    broken = mini.write_zip(tmp_path / "broken.zip")
    with pytest.raises(SourceFormatError) as caught:
        import_archive(location=str(broken))
    assert words in str(caught.value)
    assert record_hash() == before
    failed = SourceFetch.objects.latest("id")
    assert (failed.outcome, failed.error) == ("failed", str(caught.value))


@pytest.mark.parametrize("limit", ["MOST_OF_A_RACE", "MOST_OF_ALL"])
def test_a_race_that_loses_many_rows_refuses_the_archive(
    limit: str,
    ingest: Importer,
    mini: MiniArchive,
    record_hash: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ingest()
    before = record_hash()
    monkeypatch.setattr(losses, limit, 2)
    del mini.files[RESULTS][-3:]
    with pytest.raises(SourceFormatError, match="3 of 22 rows are missing") as caught:
        ingest()
    assert "of 2024 sao-paulo (3 of 6)" in str(caught.value)
    assert record_hash() == before


def test_an_amendment_takes_rows_away_and_renames_a_driver_everywhere(
    ingest: Importer, mini: MiniArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest()
    monkeypatch.setattr(losses, "MOST_OF_ALL", 1)
    mini.drop(RESULTS, raceId="1122", positionText="DNS")
    mini.rename("max-verstappen", "max-emilian-verstappen")
    change = ingest().outcome.changes["results"]
    assert (change.added, change.removed) == (4, 5)


def test_losses_are_accepted_knowingly(
    mini: MiniArchive, tmp_path: Path, db: None
) -> None:
    command = ["ingest_archive", "--from", str(tmp_path / "release")]
    mini.write_folder(tmp_path / "release")
    call_command(*command)
    mini.files[STANDINGS] = []
    mini.write_folder(tmp_path / "release")
    with pytest.raises(CommandError, match="--allow-removals accepts that knowingly"):
        call_command(*command)
    assert DriverStanding.objects.count() == 3
    call_command(*command, "--allow-removals")
    assert not DriverStanding.objects.exists()


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-400])


def damaged(path: Path) -> None:
    """Flipped bits in the middle: the directory of the zip is fine."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def a_page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><title>Not found</title>")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def a_zip_of_something_else(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def rewritten(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, old in files.items():
            archive.writestr(each, content if each == name else old)


def in_latin_1(path: Path) -> None:
    text = MiniArchive().text(CIRCUITS)
    rewritten(path, CIRCUITS, text.encode("latin-1"))


def ragged(path: Path) -> None:
    rewritten(path, RESULTS, (MiniArchive().text(RESULTS) + "1,2,3\n").encode())


def unclosed_quote(path: Path) -> None:
    rewritten(path, RESULTS, (MiniArchive().text(RESULTS) + '"1,2').encode())


def gone(path: Path) -> None:
    path.unlink()


FILES: dict[Callable[[Path], None], str] = {
    truncated: "is cut short or damaged",
    damaged: "is damaged",
    a_page: "is no zip file: it begins with b'<!DOCTYPE",
    nothing: "is empty",
    a_zip_of_something_else: "it is no complete F1DB release",
    in_latin_1: f"{CIRCUITS} is not UTF-8 text",
    ragged: f"{RESULTS} row 24 has 3 cells",
    unclosed_quote: f"{RESULTS} is not CSV",
    gone: "There is no file or folder",
}


@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_file_changes_nothing(
    spoil: Callable[[Path], None],
    ingest: Importer,
    mini: MiniArchive,
    record_hash: Callable[[], str],
    tmp_path: Path,
) -> None:
    ingest()
    before = record_hash()
    path = mini.write_zip(tmp_path / "spoilt.zip")
    spoil(path)
    with pytest.raises(SourceError, match=FILES[spoil]):
        import_archive(location=str(path))
    assert record_hash() == before


def test_a_zip_bomb_is_not_unpacked(
    mini: MiniArchive, tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "MOST_BYTES_UNZIPPED", 1000)
    path = mini.write_zip(tmp_path / "bomb.zip")
    with pytest.raises(SourceFormatError, match="unpacks to more than"):
        import_archive(location=str(path))


def test_a_long_list_of_errors_is_cut(ingest: Importer, mini: MiniArchive) -> None:
    for row in mini.files[RESULTS]:
        row["laps"] = "?"
    with pytest.raises(SourceFormatError) as caught:
        ingest()
    assert len(caught.value.problems) == 22
    assert str(caught.value).endswith("… and 2 more")


def test_the_command_ends_by_saying_that_nothing_changed(
    mini: MiniArchive, tmp_path: Path, db: None
) -> None:
    mini.files[RESULTS][0]["laps"] = "?"
    folder = mini.write_folder(tmp_path)
    with pytest.raises(CommandError) as caught:
        call_command("ingest_archive", "--from", str(folder))
    assert str(caught.value).splitlines()[-1] == UNHARMED
