"""A release becomes rows: every oddity, again and again, amended and renumbered."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from ingestion.errors import SourceFormatError
from ingestion.models import (
    Circuit,
    Driver,
    DriverStanding,
    Entry,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    Race,
    RaceResult,
    Season,
    Session,
    SourceFetch,
    SprintResult,
    Team,
    TeamEra,
    TeamStanding,
)
from ingestion.services import import_archive
from ingestion.services.changes import mark_changed
from ingestion.services.tables import TABLES
from ingestion.tests.conftest import Importer
from ingestion.tests.mini_archive import (
    DRIVERS,
    ENTRANTS,
    PRACTICE,
    QUALIFYING,
    RACES,
    RESULTS,
    MiniArchive,
)


def finishes(race: str, *names: str) -> list[Any]:
    year, _, grand_prix = race.partition(" ")
    rows = RaceResult.objects.filter(
        race__season_id=int(year), race__grand_prix=grand_prix
    )
    return list(rows.order_by("display_order").values_list(*names))


def test_it_keeps_a_shared_win_and_a_driver_in_two_cars(ingest: Importer) -> None:
    ingest()
    assert finishes("1951 france", "driver__slug", "position", "is_shared_car") == [
        ("luigi-fagioli", 1, False),
        ("juan-manuel-fangio", 1, True),
        ("juan-manuel-fangio", 11, False),
        ("luigi-fagioli", 11, True),
        ("fritz-dorey", None, False),
    ]


def test_it_keeps_half_points_and_a_race_without_fastest_lap(ingest: Importer) -> None:
    ingest()
    rows = finishes("2021 belgium", "points", "has_fastest_lap", "time_ms")
    assert rows[0] == (Decimal("12.50"), False, 207071)


def test_it_tells_apart_how_a_race_ended(ingest: Importer) -> None:
    ingest()
    rows = RaceResult.objects.filter(race__season_id=2024)
    ends = rows.values_list("race__round", "driver__code", "status", "is_classified")
    assert {(14, "BOT", "retired", True), (14, "RUS", "disqualified", False)} < {*ends}
    assert {
        (21, "BEA", "lapped", True),
        (21, "LEC", "retired", False),
        (21, "BOT", "did_not_start", False),
    } < {*ends}


def test_it_keeps_a_driver_twice_in_qualifying(ingest: Importer) -> None:
    ingest()
    rows = QualifyingResult.objects.filter(driver__code="BOT", race__season_id=2023)
    assert [(row.status, row.position, row.q1_ms) for row in rows] == [
        ("not_classified", None, 89798),
        ("disqualified", None, None),
    ]


def test_pole_is_apart_from_the_fastest_of_qualifying(ingest: Importer) -> None:
    ingest()
    race = Race.objects.by_round(2024, 14)
    assert race.results.get(has_pole=True).driver.code == "LEC"
    assert race.qualifying_results.get(position=1).driver.code == "VER"
    slot = race.grid_slots.get(driver__code="VER")
    assert (slot.position, slot.qualifying_position, slot.penalty_places) == (4, 1, 10)


def test_a_pit_lane_start_has_no_grid_place(ingest: Importer) -> None:
    ingest()
    leclerc = RaceResult.objects.get(race__round=21, driver__code="LEC")
    slot = GridSlot.objects.get(race__round=21, driver__code="LEC")
    assert (leclerc.grid, leclerc.from_pit_lane) == (None, True)
    assert (slot.position, slot.from_pit_lane, slot.penalty) == (None, True, "SFB")


def test_it_reads_the_calendar(ingest: Importer) -> None:
    ingest()
    race = Race.objects.get(pk=2024002)
    assert (race.round, race.grand_prix, race.status) == (21, "sao-paulo", "completed")
    assert race.starts_at == datetime(2024, 11, 3, 15, 30, tzinfo=UTC)
    assert race.sprint_format == "qualifying_2024"
    assert race.circuit.time_zone == "America/Sao_Paulo"
    assert Race.objects.by_round(2025, 1).status == "scheduled"
    assert list(race.sessions.values_list("kind", flat=True)) == ["qualifying", "race"]


def test_it_reads_people_and_teams(ingest: Importer) -> None:
    ingest()
    driver = Driver.objects.get(slug="max-verstappen")
    assert (driver.nationality, driver.country_code) == ("Dutch", "NLD")
    assert driver.born_on == date(1997, 9, 30)
    assert Driver.objects.get(slug="fritz-dorey").code == "DOR"
    eras = TeamEra.objects.filter(lineage="sauber").values_list("team__slug", flat=True)
    assert list(eras) == ["sauber", "alfa-romeo", "kick-sauber"]
    assert Team.objects.get(slug="ferrari").colour == "#e10628"


def test_it_reads_sprints_practice_and_standings(ingest: Importer) -> None:
    ingest()
    winner = SprintResult.objects.get(position=1)
    assert (winner.driver.code, int(winner.points)) == ("NOR", 8)
    assert PracticeResult.objects.get(driver__code="NOR").time_ms == 70610
    assert DriverStanding.objects.get(is_champion=True).driver.code == "VER"
    excluded = TeamStanding.objects.get(team__slug="mercedes")
    assert (excluded.position, int(excluded.points)) == (None, 0)


def test_entries_of_a_race_held_are_those_who_took_part(ingest: Importer) -> None:
    ingest()
    rows = Entry.objects.filter(race=Race.objects.by_round(2024, 14))
    assert set(rows.values_list("driver__code", "is_practice_only")) == {
        ("HAM", False),
        ("LEC", False),
        ("VER", False),
        ("BOT", False),
        ("RUS", False),
        ("BEA", True),
    }


def test_entries_of_a_race_ahead_are_those_under_contract(ingest: Importer) -> None:
    """The champion keeps his 1, the stand-in of last year gets his own number."""
    ingest()
    rows = Entry.objects.filter(race=Race.objects.by_round(2025, 2))
    assert set(rows.values_list("driver__code", "team__slug", "car_number")) == {
        ("VER", "red-bull", "1"),
        ("HAM", "ferrari", "44"),
        ("BEA", "mclaren", "87"),
    }
    bearman = Driver.objects.get(code="BEA")
    assert bearman.current_team == Team.objects.get(slug="mclaren")


def test_a_season_under_way_takes_the_line_up_of_its_last_race(
    ingest: Importer, mini: MiniArchive
) -> None:
    for row in mini.files[ENTRANTS]:
        if row["year"] == "2025" and row["driverId"] != "lewis-hamilton":
            row["rounds"] = "1"
    ingest()
    entries = Entry.objects.filter(race=Race.objects.by_round(2025, 2))
    assert set(entries.values_list("driver__code", flat=True)) == {"VER", "BEA", "BOT"}


def test_practice_alone_does_not_hide_the_line_up(
    ingest: Importer, mini: MiniArchive
) -> None:
    guest = mini.files[PRACTICE][0] | {"raceId": "1126", "positionDisplayOrder": "1"}
    regular = guest | {"driverId": "max-verstappen", "constructorId": "red-bull"}
    regular |= {"driverNumber": "3", "positionDisplayOrder": "2"}
    mini.files[PRACTICE] += [guest, regular]
    ingest()
    entries = Entry.objects.filter(race=Race.objects.by_round(2025, 1))
    assert set(
        entries.values_list("driver__code", "car_number", "is_practice_only")
    ) == {
        ("NOR", "4", True),
        ("VER", "3", False),
        ("HAM", "44", False),
        ("BEA", "87", False),
    }


def test_five_imports_leave_identical_rows(
    ingest: Importer, record_hash: Callable[[], str]
) -> None:
    first = ingest()
    assert first.outcome.changes["results"].added == 22
    before = record_hash()
    for _ in range(4):
        assert ingest().outcome.is_unchanged
        assert record_hash() == before


def test_a_zip_a_folder_and_a_folder_with_the_zip_say_the_same(
    ingest: Importer, mini: MiniArchive, tmp_path: Path
) -> None:
    ingest()
    (tmp_path / "shelf").mkdir()
    zipped = mini.write_zip(tmp_path / "shelf" / "f1db-csv.zip")
    for location in (zipped, zipped.parent):
        assert import_archive(location=str(location)).outcome.is_unchanged
    kept = SourceFetch.objects.latest("id")
    assert (kept.outcome, kept.location) == ("done", "f1db-csv.zip")
    assert len(kept.sha256) == 64
    assert kept.counts["results"]["unchanged"] == 22


def test_an_amended_result_changes_its_rows_and_no_other(
    ingest: Importer, mini: MiniArchive
) -> None:
    """Two drivers swap places: positions that are unique at any moment."""
    ingest()
    before = {row.pk: row for row in RaceResult.objects.all()}
    first = mini.find(RESULTS, raceId="1115", positionDisplayOrder="1")
    second = mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")
    names = ("driverId", "constructorId", "driverNumber")
    for name in names:
        first[name], second[name] = second[name], first[name]
    change = ingest().outcome.changes["results"]
    assert change.as_counts() | {"unchanged": 0} == {
        "added": 0,
        "changed": 2,
        "unchanged": 0,
        "removed": 0,
    }
    after = {row.pk: row for row in RaceResult.objects.all()}
    assert after.keys() == before.keys()
    winner = RaceResult.objects.get(race__round=14, position=1)
    assert before[winner.pk].driver_id == winner.driver_id


def test_only_races_with_changed_rows_are_dated_anew(
    ingest: Importer, mini: MiniArchive
) -> None:
    with time_machine.travel("2025-01-01T00:00Z", tick=False):
        ingest()
    mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")["points"] = "14"
    mini.find(QUALIFYING, raceId="1089", positionText="DSQ")["laps"] = "3"
    mini.drop(RESULTS, raceId="1122", positionText="DNS")
    mini.find(RACES, id="1047")["date"] = "2021-08-30"
    with time_machine.travel("2025-02-01T00:00Z", tick=False):
        done = ingest()
    assert done.outcome.changes["results"].removed == 1
    dated = Race.objects.filter(results_changed_at__month=2).order_by("id")
    assert [race.label for race in dated] == [
        "2021-12",
        "2023-10",
        "2024-14",
        "2024-21",
    ]


def test_keys_stay_when_rounds_and_race_numbers_move(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    keys = dict(Race.objects.values_list("grand_prix", "id"))
    mini.find(RACES, id="1126")["round"] = "2"
    mini.find(RACES, id="1127")["round"] = "1"
    for rows in mini.files.values():
        for row in rows:
            if "raceId" in row:
                row["raceId"] += "00"
    for row in mini.files[RACES]:
        row["id"] += "00"
    change = ingest().outcome.changes
    assert dict(Race.objects.values_list("grand_prix", "id")) == keys
    assert Race.objects.by_round(2025, 1).grand_prix == "china"
    assert change["races"].changed == 2
    assert not change["results"]


def test_a_race_that_is_added_gets_the_next_key(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    added = mini.find(RACES, id="1127") | {"id": "9", "grandPrixId": "belgium"}
    mini.find(RACES, id="1127")["round"] = "3"
    mini.files[RACES].append(added)
    ingest()
    keys = Race.objects.filter(season_id=2025).order_by("round")
    assert list(keys.values_list("id", "grand_prix")) == [
        (2025001, "australia"),
        (2025003, "belgium"),
        (2025002, "china"),
    ]


def test_a_race_ahead_that_vanished_is_cancelled_and_may_come_back(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    row = mini.find(RACES, id="1126")
    mini.drop_race("1126")
    mini.find(RACES, id="1127")["round"] = "1"
    done = ingest()
    race = Race.objects.get(grand_prix="australia")
    assert (race.status, race.round) == ("cancelled", None)
    assert done.outcome.notes == [
        "2025 australia vanished from the calendar: cancelled"
    ]
    assert ingest().outcome.is_unchanged

    mini.files[RACES].append(row | {"round": "2"})
    assert ingest().outcome.notes == ["2025 australia is on the calendar again"]
    race.refresh_from_db()
    assert (race.status, race.round) == ("scheduled", 2)


@pytest.mark.parametrize("status", ["postponed", "cancelled"])
def test_the_word_of_an_editor_stands_while_a_race_lies_ahead(
    ingest: Importer, status: str
) -> None:
    ingest()
    Race.objects.filter(grand_prix="australia").update(status=status)
    assert ingest().outcome.is_unchanged
    assert Race.objects.get(grand_prix="australia").status == status


def test_a_calendar_that_the_source_never_had_is_left_alone(ingest: Importer) -> None:
    ingest()
    race = Race.objects.get(grand_prix="australia")
    Season.objects.create(year=2026)
    race.pk, race.season_id, race.starts_on = 2026001, 2026, date(2026, 3, 1)
    race.save(force_insert=True)
    assert ingest().outcome.is_unchanged
    assert Race.objects.get(pk=2026001).status == "scheduled"


def test_a_held_race_replaces_the_line_up_that_was_expected(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    row = mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")
    mini.files[RESULTS].append(row | {"raceId": "1126", "positionDisplayOrder": "1"})
    ingest()
    race = Race.objects.by_round(2025, 1)
    assert race.is_completed
    assert [entry.driver.code for entry in race.entries.all()] == ["LEC"]


def test_a_line_up_that_an_editor_wrote_stands_until_the_race_was_held(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    race = Race.objects.by_round(2025, 1)
    race.entries.filter(driver__code="VER").delete()
    stand_in = Driver.objects.get(code="NOR")
    Entry.objects.create(
        race=race, driver=stand_in, team=Team.objects.get(slug="red-bull")
    )
    assert ingest().outcome.is_unchanged
    codes = {entry.driver.code for entry in race.entries.all()}
    assert codes == {"NOR", "HAM", "BEA"}

    row = mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")
    mini.files[RESULTS].append(row | {"raceId": "1126", "positionDisplayOrder": "1"})
    ingest()
    assert [entry.driver.code for entry in race.entries.all()] == ["LEC"]


def type_in(race: Race) -> RaceResult:
    """A winner and his pole, as the admin would store them."""
    row: dict[str, Any] = {
        "race": race,
        "driver": Driver.objects.get(code="VER"),
        "team": Team.objects.get(slug="red-bull"),
        "display_order": 1,
        "position": 1,
    }
    QualifyingResult.objects.create(**row)
    result = RaceResult.objects.create(**row, is_classified=True, status="finished")
    mark_changed([race.pk])
    return result


def test_a_result_that_an_editor_typed_in_stands_until_the_source_has_it(
    ingest: Importer, mini: MiniArchive, record_hash: Callable[[], str]
) -> None:
    ingest()
    race = Race.objects.by_round(2025, 1)
    typed_in = type_in(race)
    before = record_hash()
    note = "2025 australia has results that this source does not have yet: kept"
    for _ in range(2):
        done = ingest()
        assert (done.outcome.is_unchanged, done.outcome.notes) == (True, [note])
        assert record_hash() == before
    race.refresh_from_db()
    assert race.is_completed

    row = mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")
    mini.files[RESULTS].append(row | {"raceId": "1126", "positionDisplayOrder": "1"})
    assert ingest().outcome.notes == []
    assert race.results.get().driver.code == "LEC"
    assert not RaceResult.objects.filter(pk=typed_in.pk).exists()
    assert not race.qualifying_results.exists()

    mini.drop(RESULTS, raceId="1126")
    with pytest.raises(SourceFormatError, match="2025 australia has results in the"):
        ingest()


def test_a_typed_in_result_before_the_last_of_the_source_is_no_excuse(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    type_in(Race.objects.by_round(2025, 1))
    row = mini.find(RESULTS, raceId="1115", positionDisplayOrder="2")
    mini.files[RESULTS].append(row | {"raceId": "1127", "positionDisplayOrder": "1"})
    with pytest.raises(SourceFormatError, match="2025 australia has results in the"):
        ingest()


def test_results_that_an_editor_deleted_come_back(ingest: Importer) -> None:
    ingest()
    race = Race.objects.by_round(2024, 21)
    race.results.all().delete()
    mark_changed([race.pk])
    race.refresh_from_db()
    assert race.status == "scheduled"
    assert ingest().outcome.changes["results"].added == 6
    race.refresh_from_db()
    assert race.is_completed


def test_what_is_ours_stays_as_the_editor_has_it(ingest: Importer) -> None:
    ingest()
    Team.objects.filter(slug="ferrari").update(colour="#aa0000")
    Circuit.objects.filter(slug="reims").update(time_zone="Europe/Berlin")
    assert ingest().outcome.is_unchanged
    assert Team.objects.get(slug="ferrari").colour == "#aa0000"


def test_a_driver_who_vanished_is_kept_and_reported(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    mini.drop(DRIVERS, id="fritz-dorey")
    mini.drop(RESULTS, driverId="fritz-dorey")
    done = ingest()
    assert done.outcome.kept == {"drivers": ["fritz-dorey"]}
    assert Driver.objects.filter(slug="fritz-dorey").exists()
    assert SourceFetch.objects.latest("id").counts["drivers"]["vanished"] == 1


def test_former_names_lead_to_the_same_rows(
    ingest: Importer, mini: MiniArchive
) -> None:
    """An older release calls the race of 2024 Brazil's, and names others anew."""
    mini.rename("reims", "lusail")
    mini.rename("reims-1", "lusail-1")
    mini.rename("fritz-dorey", "kimi-antonelli")
    ingest()
    keys = dict(Race.objects.values_list("grand_prix", "id"))
    mini.rename("lusail", "losail")
    mini.rename("lusail-1", "losail-1")
    mini.rename("kimi-antonelli", "andrea-kimi-antonelli")
    mini.find(RACES, id="1122")["grandPrixId"] = "brazil"
    done = ingest()
    assert dict(Race.objects.values_list("grand_prix", "id")) == keys
    assert not done.outcome.kept
    changed = {name for name, change in done.outcome.changes.items() if change}
    assert changed == {"races"}  # the name: Brazilian Grand Prix


def test_brazil_keeps_its_name_before_2021(ingest: Importer, mini: MiniArchive) -> None:
    mini.find(RACES, id="11")["grandPrixId"] = "brazil"
    ingest()
    assert Race.objects.get(pk=1951001).grand_prix == "brazil"


def test_rows_are_written_into_the_partition_of_their_season(ingest: Importer) -> None:
    ingest()
    rows = RaceResult.objects.filter(race__season_id=2021)
    explained = rows.filter(race_id=2021001).explain()
    assert "ingestion_raceresult_2021" in explained
    assert "ingestion_raceresult_2024" not in explained


def test_every_table_is_reported(ingest: Importer) -> None:
    done = ingest()
    assert list(done.outcome.changes) == [table.name for table in TABLES]
    assert Session.objects.count() == done.outcome.changes["sessions"].added
