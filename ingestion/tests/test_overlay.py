"""Corrections and sources: an import never takes an editor's figure away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry

from ingestion.errors import SourceFormatError
from ingestion.models import (
    Circuit,
    CorrectedFigure,
    Correction,
    Driver,
    Entry,
    PracticeResult,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    Session,
    Source,
    SourceFetch,
    SprintResult,
    TeamEra,
    WeatherData,
)
from ingestion.records import Facts
from ingestion.services import corrections, import_archive
from ingestion.services.edits import Edit
from ingestion.services.figures import as_record
from ingestion.services.record import Reach, store
from ingestion.services.tables import BY_NAME, RACES, RESULTS
from ingestion.sources.archive import quiet
from ingestion.tests.conftest import Importer
from ingestion.tests.mini_archive import DRIVERS, PRACTICE, QUALIFYING, MiniArchive
from ingestion.tests.mini_archive import RACES as RACES_FILE
from ingestion.tests.mini_archive import RESULTS as RESULTS_FILE
from ingestion.tests.test_corrections import SAO_PAULO, SPA, SPA_2021, result, rows

pytestmark = pytest.mark.django_db
Correct = Callable[..., Correction]
BOTTAS = "valtteri-bottas"


@pytest.fixture
def correct(db: None) -> Correct:
    def run(*edits: Edit) -> Correction:
        return corrections.correct(edits=edits, author=None, reason="stewards")

    return run


def figure() -> CorrectedFigure:
    return CorrectedFigure.objects.get()


def test_an_import_leaves_a_correction_and_writes_no_history(
    ingest: Importer, correct: Correct
) -> None:
    ingest()
    correct(
        Edit.change(result("george-russell"), laps=43),
        Edit.remove(result("valtteri-bottas")),
        Edit.add(
            replace(
                as_record(RESULTS, result("george-russell")),
                driver="lando-norris",
                car_number="4",
                display_order=9,
            )
        ),
    )
    before, n_logged = rows(), LogEntry.objects.count()
    done = ingest()
    assert (done.outcome.is_unchanged, done.outcome.notes) == (True, [])
    assert rows() == before
    assert LogEntry.objects.count() == n_logged
    assert all(f.seen_at and f.state == "standing" for f in _figures())


def _figures() -> list[CorrectedFigure]:
    return list(CorrectedFigure.objects.all())


def test_every_kind_of_row_can_be_corrected(ingest: Importer, correct: Correct) -> None:
    ingest()
    held, ahead = Race.objects.get(pk=SPA), Race.objects.get(pk=2025001)
    correct(
        Edit.change(held, laps=43, starts_at=datetime(2024, 7, 28, 13, 3, tzinfo=UTC)),
        Edit.change(ahead, starts_on=date(2025, 3, 17)),
        Edit.change(Circuit.objects.get(slug="reims"), length_km=Decimal("8.302")),
        Edit.change(Driver.objects.get(code="VER"), born_on=date(1997, 9, 29)),
        Edit.change(TeamEra.objects.get(first_year=2019), last_year=2022),
        Edit.change(ahead.sessions.get(kind="qualifying"), starts_at=None),
        Edit.change(
            PracticeResult.objects.get(driver__code="VER"), time_ms=103_000, laps=None
        ),
        Edit.change(Entry.objects.get(race=SPA, driver__code="HAM"), car_number="9"),
    )
    before = rows()
    assert ingest().outcome.is_unchanged
    assert rows() == before
    assert {f.state for f in _figures()} == {"standing"}
    corrections.undo(correction=Correction.objects.get(), author=None)
    after_undo = rows()
    assert ingest().outcome.is_unchanged
    assert rows() == after_undo


def test_a_source_that_comes_to_agree_is_reported_and_may_take_over(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("george-russell"), laps=43))
    mini.find(RESULTS_FILE, raceId="1115", driverId="george-russell")["laps"] = "43"
    assert ingest().outcome.notes == [
        "2024 belgium results george-russell 63 laps:"
        " the source now agrees with the correction"
    ]
    assert (figure().state, figure().beneath) == ("agreed", 43)
    before = rows()
    corrections.retire(figures=[figure()], author=None)
    assert (figure().state, rows()) == ("retired", before)
    assert ingest().outcome.notes == []


def test_a_source_that_changes_its_mind_is_a_conflict_an_editor_decides(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("george-russell"), laps=43))
    row = mini.find(RESULTS_FILE, raceId="1115", driverId="george-russell")
    row["laps"] = "41"
    assert "changed to something else" in ingest().outcome.notes[0]
    assert (figure().state, figure().beneath, figure().was_beneath) == (
        "conflict",
        41,
        44,
    )
    assert result("george-russell").laps == 43

    corrections.keep(figures=[figure()], author=None)
    assert (figure().state, ingest().outcome.notes) == ("standing", [])

    row["laps"] = "40"
    ingest()
    corrections.retire(figures=[figure()], author=None)
    assert result("george-russell").laps == 40
    assert ingest().outcome.is_unchanged


def test_a_source_that_goes_back_to_what_it_said_is_no_conflict(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("george-russell"), laps=43))
    row = mini.find(RESULTS_FILE, raceId="1115", driverId="george-russell")
    for laps, state in (("41", "conflict"), ("44", "standing")):
        row["laps"] = laps
        ingest()
        assert figure().state == state


def test_undo_takes_what_the_source_says_by_now(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("george-russell"), laps=43))
    made = correct(Edit.remove(result("george-russell")))
    mini.find(RESULTS_FILE, raceId="1115", driverId="george-russell")["laps"] = "41"
    ingest()
    corrections.undo(correction=made, author=None)
    assert result("george-russell").laps == 43
    first = Correction.objects.earliest("pk")
    assert first.figures.get().state == "conflict"
    corrections.undo(correction=first, author=None)
    assert result("george-russell").laps == 41
    assert ingest().outcome.is_unchanged


def test_a_source_that_drops_a_removed_row_and_brings_an_added_one_agrees(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    mini_row = mini.find(RESULTS_FILE, raceId="1115", driverId="valtteri-bottas")
    record = as_record(RESULTS, result("valtteri-bottas"))
    correct(
        Edit.remove(result("valtteri-bottas")),
        Edit.add(replace(record, driver="lando-norris", car_number="4")),
    )
    mini_row |= {"driverId": "lando-norris", "driverNumber": "4"}
    notes = ingest().outcome.notes
    assert [note.rpartition(": ")[2] for note in notes] == [
        "the source now agrees with the correction"
    ] * 2
    before = rows()
    corrections.retire(figures=_figures(), author=None)
    assert rows() == before


def test_a_source_that_gives_a_row_the_editors_name_agrees(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("oliver-bearman", SAO_PAULO), car_number="38", laps=60))
    mini.find(RESULTS_FILE, raceId="1122", driverId="oliver-bearman")[
        "driverNumber"
    ] = "38"
    ingest()
    states = dict(CorrectedFigure.objects.values_list("field", "state"))
    assert states == {"car_number": "agreed", "laps": "standing"}
    assert result("oliver-bearman", SAO_PAULO).laps == 60


def test_a_row_that_the_source_drops_is_a_conflict(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("valtteri-bottas"), laps=39))
    mini.drop(RESULTS_FILE, raceId="1115", driverId="valtteri-bottas")
    ingest()
    assert figure().state == "conflict"
    corrections.retire(figures=[figure()], author=None)
    assert ingest().outcome.notes == []


def test_a_correction_follows_its_row_where_twins_change_places(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    """Bottas stands in Britain 2023 with a lap time, and again as disqualified."""
    ingest()
    bottas = QualifyingResult.objects.filter(driver__code="BOT", race__season=2023)
    first = correct(Edit.change(bottas.get(status="disqualified"), q1_ms=89_000))
    again = correct(Edit.change(bottas.get(status="disqualified"), q1_ms=89_001))
    mini.files[QUALIFYING].reverse()
    assert ingest().outcome.is_unchanged

    one, two = (row for row in mini.files[QUALIFYING] if row["driverId"] == BOTTAS)
    order = "positionDisplayOrder"
    one[order], two[order] = two[order], one[order]
    assert ingest().outcome.notes == []
    states = [(figure.state, figure.beneath) for figure in _figures()]
    assert states == [("standing", None), ("superseded", None)]
    laps = dict(bottas.values_list("status", "q1_ms"))
    assert laps == {"disqualified": 89_001, "not_classified": 89_798}

    corrections.undo(correction=again, author=None)
    assert bottas.get(status="disqualified").q1_ms == 89_000
    corrections.undo(correction=first, author=None)
    assert bottas.get(status="disqualified").q1_ms is None
    assert ingest().outcome.is_unchanged


def test_a_removed_twin_stays_removed_where_twins_change_places(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    bottas = QualifyingResult.objects.filter(driver__code="BOT", race__season=2023)
    correct(Edit.remove(bottas.get(status="disqualified")))
    one, two = (row for row in mini.files[QUALIFYING] if row["driverId"] == BOTTAS)
    order = "positionDisplayOrder"
    one[order], two[order] = two[order], one[order]
    ingest()
    assert bottas.get().status == "not_classified"


def test_a_sheet_that_the_source_drops_leaves_its_corrections_to_an_editor(
    ingest: Importer, correct: Correct, mini: MiniArchive, tmp_path: Path
) -> None:
    ingest()
    practice = PracticeResult.objects.filter(race=SAO_PAULO)
    norris, russell = practice.order_by("display_order")
    added = replace(
        as_record(BY_NAME["practice_results"], russell),
        driver="charles-leclerc",
        car_number="16",
        display_order=3,
        position=3,
    )
    correct(Edit.change(norris, laps=27), Edit.remove(russell), Edit.add(added))
    mini.drop(PRACTICE, raceId="1122")
    folder = str(mini.write_folder(tmp_path / "less"))
    for _ in range(2):
        done = import_archive(location=folder, allow_removals=True)
        assert not practice.exists()
        states = CorrectedFigure.objects.order_by("action").values_list("state")
        assert [state for (state,) in states] == ["conflict", "conflict", "standing"]
        assert [note.rpartition(": ")[2] for note in done.outcome.notes] == [
            "the source has no such sheet any more"
        ] * 2
    verstappen = mini.find(PRACTICE, raceId="1115", driverId="max-verstappen")
    mini.files[PRACTICE].append(
        verstappen | {"raceId": "1122", "driverId": "lando-norris", "driverNumber": "4"}
    )
    ingest()
    laps = practice.order_by("display_order").values_list("driver__code", "laps")
    assert list(laps) == [("NOR", 27), ("LEC", 25)]


def test_a_correction_of_a_sheet_that_the_archive_lacks_stands(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    """What the live source brought stays, and what was corrected in it."""
    ingest()
    row = PracticeResult.objects.get(race=SPA, driver__code="VER")
    said = as_record(BY_NAME["practice_results"], row)
    live(Facts(practice_results=[replace(said, kind="FP2")]))
    correct(Edit.change(PracticeResult.objects.get(kind="FP2"), laps=21))
    assert ingest().outcome.notes == []
    assert (figure().state, figure().value) == ("standing", 21)
    assert PracticeResult.objects.get(kind="FP2").laps == 21


def test_former_names_do_not_hide_a_row(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    mini.rename("fritz-dorey", "kimi-antonelli")
    ingest()
    row = RaceResult.objects.get(driver__slug="kimi-antonelli")
    sprint = SprintResult.objects.get(driver__code="NOR")
    correct(Edit.change(row, reason="late"), Edit.change(sprint, laps=23))
    mini.rename("kimi-antonelli", "andrea-kimi-antonelli")
    mini.find(RACES_FILE, id="1122")["grandPrixId"] = "brazil"
    assert ingest().outcome.notes == []
    row.refresh_from_db()
    sprint.refresh_from_db()
    assert (row.reason, sprint.laps) == ("late", 23)
    assert {f.state for f in _figures()} == {"standing"}


def test_a_correction_that_a_new_sheet_cannot_bear_does_not_block_the_import(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    """The editor moved who was last; then the source has another in that place."""
    ingest()
    correct(Edit.change(result("george-russell"), display_order=6))
    row = mini.find(RESULTS_FILE, raceId="1115", driverId="valtteri-bottas")
    mini.files[RESULTS_FILE].append(
        row
        | {"driverId": "lando-norris", "driverNumber": "4", "positionDisplayOrder": "6"}
    )
    mini.find(DRIVERS, id="charles-leclerc")["abbreviation"] = "CLE"
    done = ingest()
    assert figure().state == "conflict"
    assert any("left as it stands" in note for note in done.outcome.notes)
    assert result("george-russell").display_order == 6
    assert not RaceResult.objects.filter(race=SPA, driver__slug="lando-norris").exists()
    assert Driver.objects.filter(code="CLE").exists()

    corrections.retire(figures=[figure()], author=None)
    ingest()
    assert result("lando-norris").display_order == 6


def test_a_failed_import_leaves_figures_alone(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    correct(Edit.change(result("george-russell"), laps=43))
    before = figure().__dict__ | {"_state": None}
    mini.find(RESULTS_FILE, raceId="1115", driverId="george-russell")["laps"] = "41"
    mini.find(RESULTS_FILE, raceId="1115", driverId="max-verstappen")["driverId"] = "x"
    with pytest.raises(SourceFormatError):
        ingest()
    assert figure().__dict__ | {"_state": None} == before


def live(facts: Facts) -> Any:
    fetch = SourceFetch.objects.create(source=Source.LIVE, location="test")
    return store(facts, fetch=fetch, reach=Reach.SHEETS, progress=quiet)


def test_a_source_that_gives_way_touches_no_figure(
    ingest: Importer, correct: Correct
) -> None:
    ingest()
    correct(Edit.change(result("george-russell"), laps=43))
    said = [as_record(RESULTS, row) for row in RaceResult.objects.filter(race=SPA)]
    outcome = live(Facts(results=[replace(row, laps=7) for row in said]))
    assert len(outcome.passed_over["results"]) == len(said)
    assert (figure().state, figure().seen_at) == ("standing", None)


def test_the_live_source_dates_a_race_ahead_and_the_archive_does_not_judge_it(
    ingest: Importer, correct: Correct, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 1, 10, tzinfo=UTC)
    ingest()
    ahead = Race.objects.get(pk=2025001)
    told = replace(as_record(RACES, ahead), starts_on=date(2025, 3, 15))
    live(Facts(races=[told]))
    correct(Edit.change(Race.objects.get(pk=ahead.pk), starts_on=date(2025, 3, 14)))
    assert figure().beneath == "2025-03-15"
    assert ingest().outcome.notes == []
    assert (figure().state, figure().beneath) == ("standing", "2025-03-15")
    ahead.refresh_from_db()
    assert ahead.starts_on == date(2025, 3, 14)

    live(Facts(races=[replace(told, starts_on=date(2025, 3, 14))]))
    assert figure().state == "agreed"


def test_a_race_put_off_by_an_editor_that_is_held_is_held(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    ahead = Race.objects.get(pk=2025001)
    correct(Edit.change(ahead, status="postponed"))
    assert ingest().outcome.is_unchanged
    ahead.refresh_from_db()
    assert ahead.status == "postponed"
    row = mini.find(RESULTS_FILE, raceId="1115", positionDisplayOrder="2")
    mini.files[RESULTS_FILE].append(
        row | {"raceId": "1126", "positionDisplayOrder": "1"}
    )
    assert "the race was held" in ingest().outcome.notes[0]
    ahead.refresh_from_db()
    assert ahead.is_completed
    assert ingest().outcome.is_unchanged


def test_a_race_that_an_editor_adds_stays_on_the_calendar(
    ingest: Importer, correct: Correct
) -> None:
    ingest()
    record = as_record(RACES, Race.objects.get(pk=2025002))
    new = replace(
        record,
        id=2025003,
        round=3,
        grand_prix="bahrain",
        name="Bahrain Grand Prix",
        starts_on=date(2025, 4, 13),
        starts_at=None,
    )
    made = correct(Edit.add(new))
    assert ingest().outcome.notes == []
    assert Race.objects.get(pk=2025003).round == 3
    Provenance.objects.filter(race=2025003).delete()
    corrections.undo(correction=made, author=None)
    assert not Race.objects.filter(pk=2025003).exists()


def test_numbers_come_back_exactly(ingest: Importer, correct: Correct) -> None:
    ingest()
    row = WeatherData.objects.create(
        race_id=SPA_2021, source="station", air_temp_c=0.1 + 0.2, rain_mm=1e-7
    )
    made = correct(
        Edit.change(row, air_temp_c=1 / 3, rain_mm=None),
        Edit.change(result("max-verstappen", SPA_2021), points=Decimal("0.14")),
    )
    row.refresh_from_db()
    assert (row.air_temp_c, row.rain_mm) == (1 / 3, None)
    assert result("max-verstappen", SPA_2021).points == Decimal("0.14")
    corrections.undo(correction=made, author=None)
    row.refresh_from_db()
    assert (row.air_temp_c, row.rain_mm) == (0.1 + 0.2, 1e-7)
    assert result("max-verstappen", SPA_2021).points == Decimal("12.50")
    assert Session.objects.exists()


def test_a_source_that_brings_other_rows_says_nothing_of_a_corrected_one(
    ingest: Importer, correct: Correct
) -> None:
    ingest()
    driver, race = Driver.objects.get(code="VER"), Race.objects.get(pk=SPA)
    stranger = replace(
        as_record(BY_NAME["drivers"], driver), slug="new-one", code="NEW"
    )
    correct(Edit.change(driver, born_on=None), Edit.change(race, name="Spa"))
    other = as_record(RACES, Race.objects.get(pk=SAO_PAULO))
    outcome = live(Facts(drivers=[stranger], races=[other]))
    assert outcome.notes == []
    assert {f.state for f in _figures()} == {"standing"}


def test_weather_of_another_session_leaves_what_is_beneath_a_removed_row(
    ingest: Importer, correct: Correct
) -> None:
    ingest()
    row = WeatherData.objects.create(
        race_id=SPA, kind="race", source="open-meteo", is_forecast=False, rain_mm=1.0
    )
    before = as_record(BY_NAME["weather"], row)
    made = correct(Edit.remove(row))
    fetch = SourceFetch.objects.create(source=Source.WEATHER, location="test")
    said = Facts(weather=[replace(before, kind="qualifying")])
    store(said, fetch=fetch, reach=Reach.SHEETS, progress=quiet)
    assert figure().state == "standing"
    corrections.undo(correction=made, author=None)
    again = WeatherData.objects.get(kind="race")
    assert (again.pk, as_record(BY_NAME["weather"], again)) == (row.pk, before)


def test_a_number_left_to_the_source_takes_the_other_figures_along(
    ingest: Importer, correct: Correct, mini: MiniArchive
) -> None:
    ingest()
    row = result("oliver-bearman", SAO_PAULO)
    made = correct(Edit.change(row, laps=59))
    correct(Edit.change(row, laps=60, car_number="38"))
    mini.find(RESULTS_FILE, raceId="1122", driverId="oliver-bearman")[
        "driverNumber"
    ] = "38"
    ingest()
    agreed = CorrectedFigure.objects.filter(state="agreed")
    corrections.retire(figures=list(agreed), author=None)
    assert ingest().outcome.notes == []
    assert result("oliver-bearman", SAO_PAULO).laps == 60
    (above,) = Correction.objects.exclude(pk=made.pk)
    corrections.undo(correction=above, author=None)
    assert ingest().outcome.is_unchanged
    assert result("oliver-bearman", SAO_PAULO).laps == 59
    corrections.undo(correction=made, author=None)
    assert result("oliver-bearman", SAO_PAULO).laps == 68
