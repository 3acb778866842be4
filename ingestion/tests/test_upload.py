"""CSV files of one sheet of a race: what is taken, refused, and given back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from f1site.testing.lasting import lasting
from ingestion.admin.upload import SALT
from ingestion.errors import CorrectionError, SourceFormatError
from ingestion.models import (
    CorrectedFigure,
    Correction,
    GridSlot,
    PracticeResult,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    SourceFetch,
)
from ingestion.services import corrections
from ingestion.services.edits import Edit
from ingestion.services.upload import UploadReport, export_upload, import_upload
from ingestion.sources.upload import LAYOUTS, MAX_BYTES, MAX_ROWS
from ingestion.tests.factories import MiniSeason, make_driver, mini_season

NOW = datetime(2024, 4, 1, 9, tzinfo=UTC)
HEAD = "position,driver,status,points"
GOOD = f"""{HEAD},laps,time
1,PER,finished,25,57,1:31:44.742
2,Max Verstappen,finished,18,57,
,charles-leclerc,retired,0,12,
"""
MAX = "max-verstappen"
User: Any = get_user_model()


made = lasting(mini_season, F1_NOW=NOW)


@pytest.fixture
def season(made: Callable[[], MiniSeason], db: None, settings: Any) -> MiniSeason:
    settings.F1_NOW = NOW
    return made()


@pytest.fixture
def bare(season: MiniSeason) -> Race:
    """A race that was run and of which nothing is known but who was entered."""
    race = season.next_race
    Race.objects.filter(pk=race.pk).update(starts_at=NOW, starts_on=NOW.date())
    return Race.objects.get(pk=race.pk)


@pytest.fixture
def held(season: MiniSeason) -> Race:
    return season.races[0]


def upload(
    race: Race, text: str | bytes = GOOD, sheet: str = "results", **how: Any
) -> UploadReport:
    content = text.encode() if isinstance(text, str) else text
    return import_upload(race=race, sheet=sheet, content=content, author=None, **how)


def has(race: Race, sheet: str, source: str) -> None:
    moments = {"changed_at": NOW, "confirmed_at": NOW}
    Provenance.objects.create(race=race, sheet=sheet, source=source, **moments)


def problems(race: Race, text: str | bytes, sheet: str = "results") -> str:
    """Why a file is refused; nothing of it may stay."""
    before = list(RaceResult.objects.order_by("pk").values())
    with pytest.raises(SourceFormatError) as caught:
        upload(race, text, sheet)
    assert list(RaceResult.objects.order_by("pk").values()) == before
    assert not SourceFetch.objects.filter(outcome="done").exists()
    return "\n".join([caught.value.message, *caught.value.problems])


# --- what is taken ----------------------------------------------------------------
def test_a_result_is_stored_as_the_editors_own(bare: Race) -> None:
    report = upload(bare, filename="japan.csv")

    first, second, third = RaceResult.objects.filter(race=bare)
    assert (first.driver.code, first.position, first.time_ms) == ("PER", 1, 5_504_742)
    assert (second.driver.slug, second.team.slug, second.car_number) == (
        MAX,
        "red-bull",
        "1",
    )
    assert (third.position, third.is_classified, third.laps) == (None, False, 12)
    assert (report.n_rows, report.count("added")) == (3, 3)
    told = Provenance.objects.get(race=bare, sheet="results")
    assert (told.source, told.fetch) == ("upload", report.fetch)
    assert report.fetch and report.fetch.location == "japan.csv"


def test_a_race_with_an_uploaded_result_was_held(bare: Race) -> None:
    upload(bare)

    bare.refresh_from_db()
    assert bare.is_completed
    assert bare.results_changed_at == NOW


def test_a_dry_run_stores_nothing(bare: Race) -> None:
    report = upload(bare, dry_run=True)

    assert [(row.driver, row.action) for row in report.changes] == [
        ("Sergio Perez", "added"),
        ("Max Verstappen", "added"),
        ("Charles Leclerc", "added"),
    ]
    assert not RaceResult.objects.filter(race=bare).exists()
    assert not SourceFetch.objects.exists()
    assert not Race.objects.get(pk=bare.pk).is_completed


def test_a_second_file_takes_the_place_of_the_first(bare: Race) -> None:
    upload(bare)
    report = upload(bare, f"{HEAD}\n1,VER,finished,26\n2,PER,finished,18\n")

    actions = {row.driver: row.action for row in report.changes}
    assert actions == {
        "Max Verstappen": "changed",
        "Sergio Perez": "changed",
        "Charles Leclerc": "removed",
    }
    winner = RaceResult.objects.get(race=bare, position=1)
    assert (winner.driver.slug, str(winner.points)) == (MAX, "26.00")


def test_a_second_file_leaves_what_was_corrected_in_the_first(bare: Race) -> None:
    upload(bare)
    first, second = RaceResult.objects.filter(race=bare, position__isnull=False)
    edits = [Edit.change(first, laps=56), Edit.change(second, laps=56)]
    corrections.correct(edits=edits, author=None, reason="counted twice")

    newer = GOOD.replace("25,57", "25,55").replace("18,57", "18.5,57")
    seen = upload(bare, newer, dry_run=True)
    assert [change.figures for change in seen.changes] == [[("points", "18", "18.5")]]
    assert [note.partition(": ")[2] for note in seen.notes] == [
        "the source has changed to something else"
    ]

    assert upload(bare, newer).digest == seen.digest
    assert list(bare.results.values_list("laps", flat=True)) == [56, 56, 12]
    states = CorrectedFigure.objects.values_list("state", flat=True)
    assert sorted(states) == ["conflict", "standing"]


def test_a_column_left_out_leaves_the_figures_as_they_are(bare: Race) -> None:
    upload(bare)
    upload(bare, "\n".join(line.rsplit(",", 2)[0] for line in GOOD.splitlines()))

    assert RaceResult.objects.get(race=bare, position=1).time_ms == 5_504_742


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD + ",,,,,\n\n",
        GOOD.replace("PER", " per ").replace("finished", "Finished"),
        GOOD.replace("position", " Position "),
    ],
)
def test_what_spreadsheets_make_of_a_file_is_understood(bare: Race, text: str) -> None:
    assert upload(bare, text).count("added") == 3


def test_every_kind_of_sheet_is_taken(bare: Race) -> None:
    upload(bare, "position,driver,status,q1\n1,VER,classified,1:29.708\n", "qualifying")
    upload(bare, "position,driver\n1,VER\npit,PER\n", "grid")
    upload(bare, "position,driver,time\n1,LEC,1:31.375\n", "fp2")

    assert QualifyingResult.objects.get(race=bare).q1_ms == 89_708
    slots = GridSlot.objects.filter(race=bare).order_by("display_order")
    assert [(s.position, s.from_pit_lane) for s in slots] == [(1, False), (None, True)]
    assert PracticeResult.objects.get(race=bare).kind == "FP2"


def test_the_other_sessions_of_a_table_stay(bare: Race) -> None:
    upload(bare, "position,driver,time\n1,LEC,1:31.375\n", "fp1")
    upload(bare, "position,driver,time\n1,LEC,1:31.375\n", "fp2")

    assert PracticeResult.objects.filter(race=bare).count() == 2


def test_somebody_who_is_not_entered_is_taken_by_his_name(bare: Race) -> None:
    make_driver("oliver-bearman")
    text = "position,driver,team,status,points\n1,Oliver Bearman,ferrari,finished,25\n"

    report = upload(bare, text)

    assert report.notes == ["oliver-bearman is not in the entry list"]


# --- what is refused --------------------------------------------------------------
ROW = "1,VER,finished,25\n"
LATIN = f"{HEAD},reason\n,VER,retired,0,Getriebeschäden\n".encode("latin-1")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (f"{HEAD}\n", "has no rows"),
        (LATIN, "CSV UTF-8"),
        (f"{HEAD}\n".encode("utf-16"), "NUL bytes"),
        (f"{HEAD}\n1,V\x00ER,finished,25\n", "NUL bytes"),
        (b"PK\x03\x04\xff\xfe\xfa", "CSV UTF-8"),
        ("position,driver,points\n1,VER,25\n", "column status is missing"),
        (f"{HEAD},Laptime\n1,VER,finished,25,x\n", "column laptime is unknown"),
        (f"{HEAD},laps,laps\n1,VER,finished,25,1,2\n", "column laps stands twice"),
        (f"{HEAD}\n1,VER,finished\n", "has 3 cells, the header has 4"),
        (f"{HEAD}\n1,ALO,finished,25\n", "'ALO'; expected slug, full name"),
        (f"{HEAD}\n1,VER,won,25\n", "'won'; expected one of finished"),
        (f"{HEAD}\nfirst,VER,finished,25\n", "'first'; expected from 1"),
        (f"{HEAD}\n0,VER,finished,25\n", "'0'; expected from 1"),
        (f"{HEAD}\n1,VER,finished,-25\n", "'-25'; expected as 25"),
        (f"{HEAD}\n1,VER,finished,NaN\n", "'NaN'; expected as 25"),
        (f"{HEAD}\n1,VER,finished,1e9\n", "'1e9'; expected as 25"),
        (f"{HEAD}\n1,VER,finished,0.123\n", "'0.123'; expected as 25"),
        (f"{HEAD},time\n1,VER,finished,25,91 min\n", "'91 min'; expected as 1:31:44"),
        (f"{HEAD},time\n1,VER,finished,25,1:99.000\n", "'1:99.000'; expected as"),
        (f"{HEAD},laps\n1,VER,finished,25,99999\n", "'99999'; expected whole"),
        (f"{HEAD},reason\n,VER,retired,0,=cmd|'/c calc'!A1\n", "no formula"),
        (f"{HEAD},reason\n,VER,retired,0,@SUM(A1)\n", "no formula"),
        (f"{HEAD},reason\n,VER,retired,0,{'x' * 101}\n", "no formula"),
        (f'{HEAD},reason\n,VER,retired,0,"a\nb"\n', "no formula"),
        (f'{HEAD}\n1,"VER,finished,25\n', "is not CSV"),
        (f"{HEAD}\n{ROW}2,max-verstappen,finished,18\n", "max-verstappen stands 2"),
        (f"{HEAD}\n{ROW}1,PER,finished,25\n", "row 3: position 1 is given twice"),
        (f"{HEAD}\n{ROW}3,PER,finished,15\n", "row 3: position 2 is missing"),
        (f"{HEAD}\n2,PER,finished,18\n{ROW}", "position 1 stands below position 2"),
        (f"{HEAD}\n,VER,finished,25\n", "finished, but without a position"),
        (f"{HEAD}\n1,VER,did_not_start,0\n", "did_not_start, but with a position"),
        (f"race,{HEAD}\n2024-1,{ROW}", "'2024-1'; expected 2024-4, the race"),
        (f"{HEAD}\n" + ROW * 100_000, "larger than 100 kB"),
        (f"{HEAD}\n" + ROW * (MAX_ROWS + 1), f"more than {MAX_ROWS} rows"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(
    bare: Race, text: str | bytes, word: str
) -> None:
    assert word in problems(bare, text)
    assert not RaceResult.objects.filter(race=bare).exists()


def test_every_wrong_row_is_named(bare: Race) -> None:
    said = problems(bare, f"{HEAD}\nx,VER,finished,25\n2,NOBODY,finished,18\n,PER,,0\n")

    assert "upload.csv row 2, position: 'x'" in said
    assert "upload.csv row 3, driver: 'NOBODY'" in said
    assert "upload.csv row 4, status: ''" in said


def test_somebody_who_drove_for_nobody_is_refused(bare: Race) -> None:
    make_driver("oliver-bearman")

    assert "name one" in problems(bare, f"{HEAD}\n1,Oliver Bearman,finished,25\n")


def test_a_code_that_two_share_is_refused(bare: Race, season: MiniSeason) -> None:
    season.drivers["sergio-perez"].code = "VER"
    season.drivers["sergio-perez"].save()

    assert "'VER'; expected slug" in problems(bare, f"{HEAD}\n{ROW}")


def test_a_race_ahead_has_no_result(season: MiniSeason, settings: Any) -> None:
    settings.F1_NOW = season.next_race.starts_at
    settings.F1_NOW -= timedelta(hours=1)
    assert "has not been run" in problems(season.next_race, GOOD)


def test_a_race_ahead_has_a_grid(season: MiniSeason, settings: Any) -> None:
    settings.F1_NOW = NOW - timedelta(days=20)
    upload(season.next_race, "position,driver\n1,VER\n2,PER\n", "grid")

    assert GridSlot.objects.filter(race=season.next_race).count() == 2


def test_a_cancelled_race_has_no_sheets(bare: Race) -> None:
    Race.objects.filter(pk=bare.pk).update(status="cancelled", round=None)

    assert "was cancelled" in problems(Race.objects.get(pk=bare.pk), GOOD)


def test_what_the_database_refuses_is_said(bare: Race) -> None:
    text = "position,driver,status,points,shared_car\n1,VER,finished,25,yes\n"
    text += "1,PER,finished,25,yes\n"

    assert upload(bare, text, dry_run=True).n_rows == 2  # a shared win may be
    assert "is given twice" in problems(bare, text.replace("yes", "no"))


# --- a sheet that a source has ----------------------------------------------------
@pytest.mark.parametrize("source", ["archive", "starter", "live"])
def test_what_a_source_has_is_corrected(held: Race, source: str) -> None:
    has(held, "results", source)
    text = export_upload(race=held, sheet="results").replace(",25,", ",24,")

    seen = upload(held, text, dry_run=True)
    assert (seen.corrects, Correction.objects.count()) == (source, 0)
    assert RaceResult.objects.get(race=held, position=1).points == 25

    report = upload(held, text, reason="a typing error", link="https://x.example/")

    correction = Correction.objects.get()
    assert report.correction == correction
    (figure,) = correction.figures.all()
    assert (figure.field, float(str(figure.beneath))) == ("points", 25.0)
    assert RaceResult.objects.get(race=held, position=1).points == 24
    assert Provenance.objects.get(race=held, sheet="results").source == source


def test_a_correction_needs_a_reason(held: Race) -> None:
    has(held, "results", "archive")
    text = export_upload(race=held, sheet="results").replace(",25,", ",24,")

    with pytest.raises(CorrectionError, match="needs a reason"):
        upload(held, text)
    assert RaceResult.objects.get(race=held, position=1).points == 25


# --- what is given back -----------------------------------------------------------
@pytest.mark.parametrize("sheet", ["results", "qualifying", "grid"])
def test_a_file_that_was_given_out_changes_nothing(held: Race, sheet: str) -> None:
    text = export_upload(race=held, sheet=sheet)

    assert upload(held, text, sheet, dry_run=True).changes == []


def test_every_column_goes_there_and_back(held: Race) -> None:
    row = RaceResult.objects.get(race=held, position=2)
    odd: dict[str, Any] = {
        "grid": None,
        "from_pit_lane": True,
        "gap_laps": 2,
        "penalty_ms": 5000,
        "points": Decimal("0.5"),
        "reason": "=1+1, \"quoted\"; 'so'",
        "best_lap_ms": 59_001,
        "pit_stops": 3,
        "has_fastest_lap": True,
        "time_ms": None,
    }
    RaceResult.objects.filter(pk=row.pk, race=held).update(**odd)
    text = export_upload(race=held, sheet="results")
    assert upload(held, text, dry_run=True).changes == []

    RaceResult.objects.filter(pk=row.pk, race=held).update(
        **{name: getattr(row, name) for name in odd}
    )
    upload(held, text)

    again = RaceResult.objects.get(race=held, position=2)
    assert {name: getattr(again, name) for name in odd} == odd


def test_no_cell_is_a_formula_elsewhere(held: Race) -> None:
    for sign in "=+-@":
        RaceResult.objects.filter(race=held, position=1).update(reason=f"{sign}1+1")
        assert f",'{sign}1+1," in export_upload(race=held, sheet="results")


def test_a_sheet_without_rows_comes_with_its_entries(bare: Race) -> None:
    lines = export_upload(race=bare, sheet="grid").splitlines()

    assert lines[0].startswith("race,driver,team,car_number,position")
    assert "2024-4,max-verstappen,red-bull,1,,,," in lines
    assert len(lines) == 7


# --- in the admin -----------------------------------------------------------------
def page(race: Race) -> str:
    return reverse("admin:ingestion_race_upload", args=[race.pk])


def look(client: Client, race: Race, text: str | bytes = GOOD, **more: Any) -> Any:
    content = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("japan.csv", content)
    return client.post(page(race), {"sheet": "results", "file": file, **more})


def signed(answer: Any) -> str:
    return str(answer.context["confirm"]["signed"].value())


@pytest.fixture
def person(client: Client) -> Callable[[str], Any]:
    def enter(role: str) -> Any:
        user = User.objects.create(
            email=f"{role}@example.org", is_staff=role in {"editor", "admin"}
        )
        user.groups.set([Group.objects.get(name=role)])
        client.force_login(user)
        return user

    return enter


def test_an_editor_looks_and_then_stores(
    bare: Race, client: Client, person: Callable[[str], Any]
) -> None:
    person("editor")
    seen = look(client, bare)
    text = seen.content.decode()

    assert "Sergio Perez" in text
    assert "Store 3 rows" in text
    assert not RaceResult.objects.filter(race=bare).exists()

    answer = client.post(page(bare), {"signed": signed(seen)}, follow=True)

    assert "3 rows stored: 3 added" in answer.content.decode()
    assert RaceResult.objects.filter(race=bare).count() == 3


def test_errors_are_shown_row_by_row(
    bare: Race, client: Client, person: Callable[[str], Any]
) -> None:
    person("editor")
    answer = look(client, bare, f"{HEAD}\n1,<b>x</b>,finished,25\nx,PER,finished,0\n")
    text = answer.content.decode()

    assert answer.status_code == 422
    assert "japan.csv row 2, driver: &#x27;&lt;b&gt;x" in text
    assert "japan.csv row 3, position" in text
    assert "Store" not in text


def test_a_correction_asks_for_its_reason(
    held: Race, client: Client, person: Callable[[str], Any]
) -> None:
    user = person("editor")
    has(held, "results", "archive")
    seen = look(
        client, held, export_upload(race=held, sheet="results").replace(",25,", ",24,")
    )
    assert "becomes a correction" in seen.content.decode()

    asked = client.post(page(held), {"signed": signed(seen)})
    assert "A correction needs a reason." in asked.content.decode()
    assert not Correction.objects.exists()

    client.post(page(held), {"signed": signed(asked), "reason": "typed wrong"})
    correction = Correction.objects.get()
    assert (correction.author, correction.reason) == (user, "typed wrong")


def test_a_file_is_stored_as_it_was_seen_or_not_at_all(
    bare: Race, held: Race, client: Client, person: Callable[[str], Any]
) -> None:
    person("admin")
    theirs = signed(look(client, bare))
    person("editor")
    mine = signed(look(client, bare))
    known = signing.loads(mine, salt=SALT)
    forged = [
        signing.dumps(known, salt="other"),
        mine[:-4] + "AAAA",
        theirs,
        "",
    ]
    for text in forged:
        answer = client.post(page(bare), {"signed": text}, follow=True)
        assert "Nothing was stored" in answer.content.decode()
    assert "Nothing was stored" in (
        client.post(page(held), {"signed": mine}, follow=True).content.decode()
    )
    assert not RaceResult.objects.filter(race=bare).exists()


def test_a_record_that_changed_meanwhile_is_looked_at_again(
    bare: Race, client: Client, person: Callable[[str], Any]
) -> None:
    person("editor")
    seen = signed(look(client, bare))
    upload(bare, f"{HEAD}\n{ROW}")

    answer = client.post(page(bare), {"signed": seen})

    assert "The record has changed" in answer.content.decode()
    assert RaceResult.objects.filter(race=bare).count() == 1


def test_a_large_file_is_not_read(
    bare: Race, client: Client, person: Callable[[str], Any]
) -> None:
    person("editor")
    answer = look(client, bare, b"x" * (MAX_BYTES + 1))

    assert "Larger than 100 kB" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 302), ("viewer", 302), ("analyst", 302), ("editor", 200), ("admin", 200)],
)
def test_only_editors_may_upload(
    bare: Race,
    client: Client,
    person: Callable[[str], Any],
    role: str,
    status: int,
) -> None:
    if role:
        person(role)

    assert client.get(page(bare)).status_code == status
    assert look(client, bare).status_code == status
    file = reverse("admin:ingestion_race_download", args=[bare.pk, "grid"])
    assert client.get(file).status_code == status


def test_staff_without_the_right_are_turned_away(bare: Race, client: Client) -> None:
    user = User.objects.create(email="staff@example.org", is_staff=True)
    client.force_login(user)

    assert client.get(page(bare)).status_code == 403


def test_who_may_not_change_the_rows_uploads_none(bare: Race, client: Client) -> None:
    user = User.objects.create(email="staff@example.org", is_staff=True)
    names = ["change_race", "add_raceresult", "change_raceresult"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    assert look(client, bare).status_code == 403

    user.user_permissions.add(Permission.objects.get(codename="delete_raceresult"))
    seen = look(client, bare)
    assert seen.status_code == 200

    user.user_permissions.set(Permission.objects.filter(codename="change_race"))
    assert client.post(page(bare), {"signed": signed(seen)}).status_code == 403
    assert not RaceResult.objects.filter(race=bare).exists()


def test_a_form_of_another_site_is_refused(bare: Race) -> None:
    client = Client(enforce_csrf_checks=True)
    root = User.objects.create(
        email="root@example.org", is_staff=True, is_superuser=True
    )
    client.force_login(root)

    assert look(client, bare).status_code == 403


def test_the_way_there_and_the_files(
    held: Race, client: Client, person: Callable[[str], Any]
) -> None:
    person("editor")
    listed = client.get(reverse("admin:ingestion_race_changelist"))
    shown = client.get(reverse("admin:ingestion_race_change", args=[held.pk]))
    text = client.get(page(held)).content.decode()

    assert page(held) in listed.content.decode()
    assert page(held) in shown.content.decode()
    assert " style=" not in text
    assert "<script>" not in text
    for layout in LAYOUTS:
        url = reverse("admin:ingestion_race_download", args=[held.pk, layout])
        assert url in text
        assert client.get(url)["Content-Type"].startswith("text/csv")
    gone = reverse("admin:ingestion_race_download", args=[held.pk, "nonsense"])
    assert client.get(gone).status_code == 404
    assert client.get("/admin/ingestion/race/9/upload/").status_code == 404
