"""An editor's figures: made over the sources, undone, left to the source."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from auditlog.models import LogEntry

from ingestion.errors import CorrectionError
from ingestion.models import (
    CorrectedFigure,
    Correction,
    Driver,
    DriverStanding,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    SprintResult,
)
from ingestion.services import corrections
from ingestion.services.disqualify import disqualify
from ingestion.services.edits import BY_MODEL, Edit
from ingestion.services.figures import as_record
from ingestion.services.tables import RESULTS, TABLES
from ingestion.tests.conftest import Importer
from ingestion.tests.mini_archive import RESULTS as RESULTS_FILE
from ingestion.tests.mini_archive import MiniArchive

pytestmark = pytest.mark.django_db

Hash = Callable[[], str]
SPA, SAO_PAULO, SPA_2021 = 2024001, 2024002, 2021001


@pytest.fixture
def editor(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("editor@example.org", name="Ed")


@pytest.fixture
def correct(editor: Any) -> Callable[..., Correction]:
    def run(*edits: Edit, reason: str = "stewards", **words: Any) -> Correction:
        return corrections.correct(edits=edits, author=editor, reason=reason, **words)

    return run


def result(driver: str, race: int = SPA) -> RaceResult:
    return RaceResult.objects.get(race=race, driver__slug=driver)


def rows() -> list[Any]:
    """All rows of the record with their keys, without the date of the last change."""
    found: list[Any] = []
    for table in TABLES:
        names = [field.attname for field in table.model._meta.concrete_fields]
        names = [name for name in names if name != "results_changed_at"]
        found += table.model._default_manager.order_by("pk").values_list(*names)
    return found


def test_a_figure_stands_over_the_source_and_keeps_its_word(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    made = correct(
        Edit.change(result("george-russell"), points=Decimal("2.5"), laps=43),
        reason="two laps were counted twice",
        link="https://example.org/doc-42.pdf",
    )
    row = result("george-russell")
    assert (row.points, row.laps) == (Decimal("2.50"), 43)
    found = made.figures.order_by("field")
    assert [(f.field, f.value, f.beneath, f.state) for f in found] == [
        ("laps", 43, 44, "standing"),
        ("points", "2.50", "0.00", "standing"),
    ]
    assert found[0].key == {
        "race": [2024, "belgium"],
        "driver": "george-russell",
        "car_number": "63",
    }
    assert Race.objects.get(pk=SPA).results_changed_at is not None


def test_who_changed_what_when_and_why_is_logged(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    assert not LogEntry.objects.filter(content_type__app_label="ingestion").exists()
    row = result("george-russell")
    made = correct(Edit.change(row, laps=43), reason="miscounted")
    entry = LogEntry.objects.get_for_object(row).get()
    assert entry.actor == editor
    assert entry.changes_dict == {"laps": ["44", "43"]}
    assert entry.additional_data == {"correction": made.pk, "reason": "miscounted"}


def test_undo_brings_every_row_back_with_its_key(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    russell, leclerc = result("george-russell"), result("charles-leclerc")
    added = replace(as_record(RESULTS, russell), driver="lando-norris", car_number="4")
    made = correct(
        Edit.change(leclerc, driver="oliver-bearman", car_number="38"),
        Edit.remove(russell),
        Edit.add(added),
        Edit.change(Driver.objects.get(code="VER"), born_on=None),
    )
    assert rows() != before
    undone = corrections.undo(correction=made, author=editor)
    assert rows() == before
    assert undone.undone_by == editor
    assert set(undone.figures.values_list("state", flat=True)) == {"undone"}
    with pytest.raises(CorrectionError, match="undone before"):
        corrections.undo(correction=made, author=editor)


def test_a_second_correction_stands_above_the_first(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    first = correct(Edit.change(result("george-russell"), laps=43), reason="first")
    second = correct(Edit.change(result("george-russell"), laps=42), reason="second")
    assert first.figures.get().state == "superseded"
    assert second.figures.get().beneath == 44
    with pytest.raises(CorrectionError, match=r"undo it first: .* second"):
        corrections.undo(correction=first, author=editor)
    corrections.undo(correction=second, author=editor)
    assert result("george-russell").laps == 43
    assert first.figures.get().state == "standing"
    corrections.undo(correction=first, author=editor)
    assert rows() == before


def test_who_drove_is_corrected_and_corrected_again(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    """The figure is found by what the row is called now."""
    ingest()
    before = rows()
    correct(Edit.change(result("george-russell"), driver="lando-norris"))
    again = correct(
        Edit.change(result("lando-norris"), driver="oliver-bearman", laps=40)
    )
    assert result("oliver-bearman").car_number == "63"
    keys = CorrectedFigure.objects.in_force().values_list("key", flat=True)
    assert [key["driver"] for key in keys] == ["george-russell"] * 2
    corrections.undo(correction=again, author=editor)
    assert result("lando-norris").laps == 44
    corrections.undo(correction=Correction.objects.earliest("pk"), author=editor)
    assert rows() == before


def test_two_drivers_swap_places(ingest: Importer, correct: Any, editor: Any) -> None:
    ingest()
    before = rows()
    first, second = (
        result("max-verstappen", SPA_2021),
        result("george-russell", SPA_2021),
    )
    correct(
        Edit.change(first, position=2, display_order=2),
        Edit.change(second, position=1, display_order=1),
    )
    assert result("george-russell", SPA_2021).position == 1
    corrections.undo(correction=Correction.objects.get(), author=editor)
    assert rows() == before


def test_two_drivers_who_are_confused_get_each_others_results(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    norris, leclerc = (
        SprintResult.objects.get(driver__slug=slug)
        for slug in ("lando-norris", "charles-leclerc")
    )
    made = correct(
        Edit.change(norris, driver="charles-leclerc"),
        Edit.change(leclerc, driver="lando-norris"),
    )
    assert SprintResult.objects.get(position=1).driver.slug == "charles-leclerc"
    assert not made.figures.filter(field="driver").exists()
    corrections.undo(correction=made, author=editor)
    assert rows() == before


def test_an_added_row_can_be_corrected_and_taken_away(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    record = replace(
        as_record(RESULTS, result("george-russell")),
        driver="lando-norris",
        car_number="4",
        display_order=9,
    )
    correct(Edit.add(record))
    correct(Edit.change(result("lando-norris"), car_number="44", laps=3))
    correct(Edit.remove(result("lando-norris")))
    assert not RaceResult.objects.filter(race=SPA, driver__slug="lando-norris").exists()
    for made in Correction.objects.order_by("-pk"):
        corrections.undo(correction=made, author=editor)
    assert rows() == before


def test_a_removed_row_can_be_added_again(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    record = as_record(RESULTS, result("george-russell"))
    correct(Edit.change(result("george-russell"), laps=43))
    correct(Edit.remove(result("george-russell")))
    correct(Edit.add(replace(record, laps=12)))
    figure = CorrectedFigure.objects.in_force().get()
    assert figure.beneath is not None
    assert (figure.action, figure.beneath["laps"]) == ("add", 44)
    for made in Correction.objects.order_by("-pk"):
        corrections.undo(correction=made, author=editor)
    assert rows() == before


def test_a_disqualification_moves_everybody_behind_up(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    winner = result("max-verstappen", SAO_PAULO)
    made = correct(*disqualify(winner))
    found = RaceResult.objects.filter(race=SAO_PAULO).order_by("display_order")
    seen = [(r.driver.code, r.position, r.points) for r in found]
    assert seen == [
        ("RUS", 3, Decimal(12)),
        ("NOR", 5, Decimal(8)),
        ("BEA", 11, Decimal(0)),
        ("LEC", None, Decimal(0)),
        ("BOT", None, Decimal(0)),
        ("VER", None, Decimal(0)),
    ]
    assert found[5].status == "disqualified"
    corrections.undo(correction=made, author=editor)
    assert rows() == before


def test_who_moves_up_takes_the_points_of_the_place(
    ingest: Importer, correct: Any
) -> None:
    ingest()
    correct(*disqualify(result("charles-leclerc"), move_points=True))
    behind = result("max-verstappen")
    assert (behind.position, behind.points) == (3, Decimal(15))


def gaps(race: int) -> list[tuple[str, int | None, int | None]]:
    found = RaceResult.objects.filter(race=race).order_by("display_order")
    return list(found.values_list("driver__code", "gap_ms", "gap_laps"))


def test_gaps_are_to_the_winner_who_inherits(
    ingest: Importer, mini: MiniArchive, correct: Any, editor: Any
) -> None:
    """Stewards publish the classification anew with gaps to the new winner."""
    for row in mini.files[RESULTS_FILE]:
        if row["raceId"] == "1122" and row["timeMillis"] not in {"", "7614430"}:
            row["gapMillis"] = str(int(row["timeMillis"]) - 7_614_430)
    ingest()
    before = rows()
    made = correct(*disqualify(result("max-verstappen", SAO_PAULO)))
    assert gaps(SAO_PAULO) == [
        ("RUS", None, None),
        ("NOR", 8107, None),
        ("BEA", None, 1),
        ("LEC", None, None),
        ("BOT", None, None),
        ("VER", None, None),
    ]
    corrections.undo(correction=made, author=editor)
    assert rows() == before


def test_gaps_stay_where_a_time_is_not_known(ingest: Importer, correct: Any) -> None:
    ingest()
    RaceResult.objects.filter(race=SPA_2021).update(gap_ms=1995)
    RaceResult.objects.filter(race=SPA_2021, position=3).update(time_ms=None)
    correct(*disqualify(result("max-verstappen", SPA_2021)))
    assert {gap for _, gap, _ in gaps(SPA_2021)} == {1995}


def test_gaps_stay_where_the_winner_does(ingest: Importer, correct: Any) -> None:
    ingest()
    RaceResult.objects.filter(race=SPA_2021).update(gap_ms=1995)
    correct(*disqualify(result("george-russell", SPA_2021)))
    assert {gap for _, gap, _ in gaps(SPA_2021)} == {1995}


def test_a_sheet_is_made_to_say_what_is_uploaded(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    race = Race.objects.get(pk=SPA)
    said = [as_record(RESULTS, row) for row in race.results.order_by("display_order")]
    words: dict[str, Any] = {"table": RESULTS, "race": race, "author": editor}
    words["reason"] = "the official sheet"
    assert corrections.correct_rows(records=said, **words) is None
    said[0] = replace(said[0], laps=43)
    said[1] = replace(said[1], driver="lando-norris", car_number="4")
    made = corrections.correct_rows(records=said, **words)
    assert made is not None
    actions = sorted(made.figures.values_list("action", "field"))
    assert actions == [("add", ""), ("change", "laps"), ("remove", "")]
    assert corrections.correct_rows(records=said, **words) is None


def test_what_cannot_be_is_refused_and_changes_nothing(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    row = result("george-russell")
    with pytest.raises(CorrectionError, match="needs a reason"):
        correct(Edit.change(row, laps=1), reason=" ")
    with pytest.raises(CorrectionError, match="begins with https"):
        correct(Edit.change(row, laps=1), link="javascript:alert(1)")
    with pytest.raises(CorrectionError, match="says so already"):
        correct(Edit.change(row, laps=44))
    with pytest.raises(CorrectionError, match="display_order"):
        correct(Edit.change(row, display_order=1))
    with pytest.raises(CorrectionError, match="race makes the row what it is"):
        correct(Edit.change(row, race=(2021, "belgium")))
    with pytest.raises(CorrectionError, match=r"By its results .* is completed"):
        correct(Edit.change(row.race, status="cancelled"))
    with pytest.raises(CorrectionError, match="Other rows"):
        correct(Edit.remove(row.driver))
    assert rows() == before
    assert not Correction.objects.exists()
    assert not CorrectedFigure.objects.exists()


def test_what_others_hang_on_is_not_taken_away(
    ingest: Importer, correct: Any, record_hash: Hash
) -> None:
    ingest()
    before, origins = record_hash(), Provenance.objects.count()
    ahead = Race.objects.get(pk=2025001)
    assert ahead.sessions.exists()
    with pytest.raises(CorrectionError, match="need this one"):
        correct(Edit.remove(ahead))
    assert (record_hash(), Provenance.objects.count()) == (before, origins)


def test_a_driver_who_stands_twice_is_told_apart(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    bottas = QualifyingResult.objects.filter(driver__code="BOT", race__season=2023)
    made = correct(Edit.change(bottas.get(status="disqualified"), q1_ms=89000))
    assert made.figures.get().key["nth"] == 2
    assert bottas.get(status="not_classified").q1_ms == 89798
    assert ingest().outcome.is_unchanged
    assert bottas.get(status="disqualified").q1_ms == 89000


def test_a_standing_is_a_figure_too(ingest: Importer, correct: Any) -> None:
    ingest()
    row = DriverStanding.objects.get(driver__code="LEC")
    correct(Edit.change(row, points=Decimal(178)))
    assert ingest().outcome.is_unchanged
    row.refresh_from_db()
    assert row.points == 178


@pytest.mark.parametrize("is_removed_first", [True, False])
def test_a_corrected_twin_outlives_the_other(
    ingest: Importer, correct: Any, editor: Any, is_removed_first: bool
) -> None:
    ingest()
    before = rows()
    bottas = QualifyingResult.objects.filter(driver__code="BOT", race__season=2023)
    first, second = bottas.order_by("display_order")
    edits = [Edit.remove(first), Edit.change(second, q1_ms=89000)]
    made = [correct(edit) for edit in (edits if is_removed_first else edits[::-1])]
    corrected = rows()
    assert ingest().outcome.is_unchanged
    assert rows() == corrected
    for each in made:
        corrections.undo(correction=each, author=editor)
    assert rows() == before


def test_a_corrected_twin_is_undone_while_the_other_is_removed(
    ingest: Importer, correct: Any, editor: Any
) -> None:
    ingest()
    before = rows()
    bottas = QualifyingResult.objects.filter(driver__code="BOT", race__season=2023)
    first, second = bottas.order_by("display_order")
    changed = correct(Edit.change(second, q1_ms=89000))
    removed = correct(Edit.remove(first))
    corrections.undo(correction=changed, author=editor)
    assert bottas.get().q1_ms == second.q1_ms
    again = correct(Edit.add(as_record(BY_MODEL[QualifyingResult], first)))
    assert ingest().outcome.is_unchanged
    assert bottas.count() == 2
    corrections.undo(correction=again, author=editor)
    corrections.undo(correction=removed, author=editor)
    assert rows() == before
