"""Corrections in the admin: looked at, confirmed, undone, decided."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from ingestion import effects
from ingestion.effects import Comparison, Effect
from ingestion.models import (
    CorrectedFigure,
    Correction,
    Driver,
    Entry,
    Race,
    RaceResult,
    ResultVersion,
    Session,
    WeatherData,
)
from ingestion.services import corrections
from ingestion.services.edits import Edit
from ingestion.tests.conftest import Importer
from ingestion.tests.mini_archive import RESULTS, MiniArchive
from ingestion.tests.test_admin import address, form
from ingestion.tests.test_corrections import SAO_PAULO, SPA, SPA_2021, result, rows

pytestmark = pytest.mark.django_db

NO_LAYOUTS = {"layouts-TOTAL_FORMS": 0, "layouts-INITIAL_FORMS": 0}
NONE_BESIDE = {
    f"{name}-{count}_FORMS": 0
    for name in ("sessions", "weather")
    for count in ("TOTAL", "INITIAL")
}
WHY = {"correction_reason": "fuel flow", "correction_link": "https://example.org/d.pdf"}


@pytest.fixture(autouse=True)
def stopped_clock(settings: Any) -> None:
    settings.F1_NOW = datetime(2025, 1, 6, 9, tzinfo=UTC)


@pytest.fixture
def editor(client: Client, django_user_model: Any) -> Client:
    return logged_in(client, django_user_model, "editor")


def logged_in(client: Client, users: Any, role: str) -> Client:
    person = users.objects.create_user(f"{role}@example.org", is_staff=True)
    person.groups.set([Group.objects.get(name=role)])
    client.force_login(person)
    return client


def confirm(client: Client, url: str, sent: dict[str, Any]) -> Any:
    """Send a form, look at what follows, and confirm it as a browser would."""
    page = client.post(url, sent)
    assert page.status_code == 200, page.content.decode()
    assert "Nothing is stored yet" in page.content.decode()
    carried = dict(page.context.get("carried", []))
    return client.post(url, {**WHY, **sent, **carried, "_seal": page.context["seal"]})


def edited(client: Client, row: Any, **fields: Any) -> tuple[str, dict[str, Any]]:
    url = address(row, "change")
    return url, {**form(client, url), **WHY, **fields}


def test_nothing_is_stored_before_it_was_looked_at(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    before, n_logged = rows(), LogEntry.objects.count()
    url, sent = edited(editor, result("lewis-hamilton"), points="24")
    page = editor.post(url, sent)
    told = page.content.decode()
    assert rows() == before
    assert not Correction.objects.exists()
    assert LogEntry.objects.count() == n_logged
    (line,) = page.context["lines"]
    assert (line.field, line.source, line.now, line.then) == (
        "points",
        "25.00",
        "25.00",
        "24.00",
    )
    effect = page.context["effects"]["points"]
    assert ("2024", "Lewis Hamilton", "25", "24") in effect.rows
    assert ("2024", "Mercedes (team)", "37", "36") in effect.rows
    assert "standings are a sheet of their own" in told
    assert " style=" not in told and "<script>" not in told


def test_a_confirmed_correction_stands_with_its_reason(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    row = result("george-russell")
    url, sent = edited(editor, row, laps="43")
    answer = confirm(editor, url, sent)
    assert answer.status_code == 302
    made = Correction.objects.get()
    assert (made.reason, made.link) == tuple(WHY.values())
    assert made.author.email == "editor@example.org"  # type: ignore[union-attr]
    assert result("george-russell").laps == 43
    shown = editor.get(url).content.decode()
    assert "Corrected by an editor" in shown
    assert "fuel flow" in shown
    assert "editor@example.org" in shown
    assert ResultVersion.objects.filter(correction=made).exists()
    assert ingest().outcome.is_unchanged


def test_a_figure_of_a_source_needs_a_reason(ingest: Importer, editor: Client) -> None:
    ingest()
    url, sent = edited(editor, result("george-russell"), laps="43")
    page = editor.post(url, {**sent, "correction_reason": ""})
    assert "say why it is wrong" in page.content.decode()
    page = editor.post(url, {**sent, "correction_link": "javascript:alert(1)"})
    assert page.context["errors"]
    page = editor.post(url, {**sent, "correction_link": "ftp://example.org"})
    assert page.context["errors"]
    assert not Correction.objects.exists()


def test_what_the_source_does_not_know_needs_none(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    circuit = Race.objects.get(pk=SPA).circuit
    url = address(circuit, "change")
    sent = {**form(editor, url), **NO_LAYOUTS, "time_zone": "Europe/Paris"}
    answer = editor.post(url, sent)
    assert answer.status_code == 302
    circuit.refresh_from_db()
    assert circuit.time_zone == "Europe/Paris"
    assert not Correction.objects.exists()
    assert LogEntry.objects.get_for_object(circuit).exists()


def test_an_editor_goes_back_to_the_form(ingest: Importer, editor: Client) -> None:
    ingest()
    url, sent = edited(editor, result("george-russell"), laps="43")
    page = editor.post(url, {**sent, "_edit": "Back to the form"})
    assert page.context["adminform"].form["laps"].value() == "43"
    assert "Nothing is saved yet" in page.content.decode()


def test_what_changed_since_it_was_looked_at_is_looked_at_again(
    ingest: Importer, editor: Client, mini: MiniArchive
) -> None:
    ingest()
    url, sent = edited(editor, result("george-russell"), laps="43")
    seal = editor.post(url, sent).context["seal"]
    mini.find(RESULTS, raceId="1115", driverId="george-russell")["laps"] = "42"
    ingest()
    page = editor.post(url, {**sent, "_seal": seal})
    assert page.context["lines"][0].source == "42"
    assert not Correction.objects.exists()


def test_what_the_record_cannot_hold_is_said(ingest: Importer, editor: Client) -> None:
    ingest()
    race = Race.objects.get(pk=SPA)
    url, sent = edited(editor, race, status="cancelled", **NONE_BESIDE)
    sent |= {"starts_at_0": "2024-07-28", "starts_at_1": "13:00"}
    page = editor.post(url, sent)
    assert page.status_code == 422
    assert "is completed" in page.content.decode()


def test_a_removed_row_asks_for_the_reason(ingest: Importer, editor: Client) -> None:
    ingest()
    before, url = rows(), address(result("valtteri-bottas"), "delete")
    page = editor.get(url)
    assert "taken away" in page.content.decode()
    seal = page.context["seal"]
    page = editor.post(url, {"_seal": seal, "correction_reason": ""})
    assert "This field is required" in page.content.decode()
    assert rows() == before
    assert editor.post(url, {"_seal": seal, **WHY}).status_code == 302
    assert not RaceResult.objects.filter(race=SPA, driver__code="BOT").exists()
    assert ingest().outcome.is_unchanged


def test_rows_are_removed_together(ingest: Importer, editor: Client) -> None:
    ingest()
    url = reverse("admin:ingestion_raceresult_changelist")
    keys = [result("valtteri-bottas").pk, result("george-russell").pk]
    sent = {"action": "delete_selected", "_selected_action": keys}
    page = editor.post(url, sent)
    assert [value for _, value in page.context["carried"]][1:] == list(map(str, keys))
    answer = editor.post(url, {**sent, **WHY, "_seal": page.context["seal"]})
    assert answer.status_code == 302
    assert Correction.objects.get().figures.filter(action="remove").count() == 2
    assert ingest().outcome.is_unchanged


def test_a_row_is_added_to_a_sheet_of_a_source(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    norris = result("lando-norris", SAO_PAULO)
    row: dict[str, Any] = {
        "race": SPA,
        "driver": norris.driver_id,
        "team": norris.team_id,
    }
    row |= {"display_order": 9, "status": "retired", "points": 0, "car_number": "4"}
    url = reverse("admin:ingestion_raceresult_add")
    assert "say why it is wrong" in editor.post(url, row).content.decode()
    assert confirm(editor, url, {**row, **WHY}).status_code == 302
    assert Correction.objects.get().figures.get().action == "add"
    assert ingest().outcome.is_unchanged
    assert result("lando-norris").display_order == 9


def test_a_line_up_that_is_typed_in_stays_as_it_was(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    ahead = Race.objects.get(pk=2025001)
    driver, team = Driver.objects.get(code="RUS"), result("george-russell").team
    row = {"race": ahead.pk, "driver": driver.pk, "team": team.pk, "car_number": "63"}
    url = reverse("admin:ingestion_entry_add")
    assert editor.post(url, {**row, "is_typed_in": "on"}).status_code == 302
    assert not Correction.objects.exists()
    ingest()
    assert Entry.objects.filter(race=ahead, driver=driver, is_typed_in=True).exists()


def test_weather_that_nobody_brought_is_typed_in(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    sent = {"race": SPA, "kind": "race", "source": "editor", "condition": "wet"}
    url = reverse("admin:ingestion_weatherdata_add")
    assert editor.post(url, sent).status_code == 302
    assert WeatherData.objects.get().is_wet
    assert not Correction.objects.exists()


def test_sessions_and_weather_are_corrected_on_their_own_pages(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    session = Session.objects.filter(race__season=2024).earliest("pk")
    shown = editor.get(address(session.race, "change")).content.decode()
    assert address(session, "change") in shown
    assert 'name="sessions-0-starts_on' not in shown
    url, sent = edited(editor, session, starts_on="2024-07-26")
    for name, part in (("starts_at_0", ""), ("starts_at_1", "")):
        sent[name] = part
    sent.pop("starts_at", None)
    assert confirm(editor, url, sent).status_code == 302
    session.refresh_from_db()
    assert (str(session.starts_on), session.starts_at) == ("2024-07-26", None)


def test_a_disqualification_is_one_act(ingest: Importer, editor: Client) -> None:
    ingest()
    third = result("charles-leclerc")
    url = reverse("admin:ingestion_raceresult_disqualify", args=[third.pk])
    assert url in editor.get(address(third, "change")).content.decode()
    seal = editor.get(url).context["seal"]
    # Asking for the points as well is something else than what was looked at.
    page = editor.post(url, {"_seal": seal, "move_points": "on", **WHY})
    assert page.context["seal"] != seal
    assert not Correction.objects.exists()
    seal = page.context["seal"]
    answer = editor.post(url, {"_seal": seal, "move_points": "on", **WHY})
    assert answer.status_code == 302
    third.refresh_from_db()
    assert (third.position, third.status) == (None, "disqualified")
    assert result("max-verstappen").points == 15
    assert ingest().outcome.is_unchanged


def test_gaps_that_cannot_be_worked_out_are_told_of(
    ingest: Importer, editor: Client
) -> None:
    ingest()
    winner = result("max-verstappen", SPA_2021)
    url = reverse("admin:ingestion_raceresult_disqualify", args=[winner.pk])
    assert "Gaps stay" not in editor.get(url).content.decode()
    RaceResult.objects.filter(race=SPA_2021, position=2).update(time_ms=None)
    assert "Gaps stay" in editor.get(url).content.decode()


def test_undo_in_the_admin(ingest: Importer, editor: Client) -> None:
    ingest()
    before = rows()
    confirm(editor, *edited(editor, result("lewis-hamilton"), points="24"))
    made = Correction.objects.get()
    page = editor.get(address(made, "change"))
    url = reverse("admin:ingestion_correction_undo", args=[made.pk])
    assert url in page.content.decode()
    assert editor.get(url).status_code == 405
    corrected = rows()
    page = editor.post(url)
    assert rows() == corrected
    assert "Nothing is stored yet" in page.content.decode()
    (line,) = page.context["lines"]
    assert (line.field, line.now, line.then) == ("points", "24.00", "25.00")
    effect = page.context["effects"]["points"]
    assert ("2024", "Lewis Hamilton", "24", "25") in effect.rows
    assert not LogEntry.objects.filter(changes__points=["24.00", "25.00"]).exists()
    editor.post(url, {"_seal": page.context["seal"]})
    assert rows() == before
    assert url not in editor.get(address(made, "change")).content.decode()
    again = editor.post(url, follow=True)
    assert "undone before" in again.content.decode()


def test_an_undo_of_what_changed_meanwhile_is_looked_at_again(
    ingest: Importer, editor: Client, mini: MiniArchive
) -> None:
    ingest()
    confirm(editor, *edited(editor, result("george-russell"), laps="43"))
    made = Correction.objects.get()
    url = reverse("admin:ingestion_correction_undo", args=[made.pk])
    seal = editor.post(url).context["seal"]
    mini.find(RESULTS, raceId="1115", driverId="george-russell")["laps"] = "41"
    ingest()
    page = editor.post(url, {"_seal": seal})
    assert page.context["lines"][0].then == "41"
    assert result("george-russell").laps == 43


def test_conflicts_wait_in_a_list_of_their_own(
    ingest: Importer, editor: Client, mini: MiniArchive
) -> None:
    ingest()
    for driver, laps in (("george-russell", "43"), ("lewis-hamilton", "42")):
        confirm(editor, *edited(editor, result(driver), laps=laps))
    url = reverse("admin:ingestion_correctedfigure_changelist")
    assert "0 corrected figures" in editor.get(url).content.decode()
    mini.find(RESULTS, raceId="1115", driverId="george-russell")["laps"] = "43"
    mini.find(RESULTS, raceId="1115", driverId="lewis-hamilton")["laps"] = "41"
    ingest()
    page = editor.get(url)
    assert page.context["title"] == (
        "Corrected figures: 1 in conflict with the source,"
        " 1 that the source has come to agree with"
    )
    agreed = CorrectedFigure.objects.get(state="agreed")
    conflict = CorrectedFigure.objects.get(state="conflict")
    for figure, action in ((agreed, "take_sources"), (conflict, "keep_ours")):
        editor.post(url, {"action": action, "_selected_action": [figure.pk]})
    assert not CorrectedFigure.objects.open().exists()
    conflict.refresh_from_db()
    assert (conflict.state, result("lewis-hamilton").laps) == ("standing", 42)
    assert ingest().outcome.notes == []
    for query in ("?state=all", "?state=retired", "?q=spa&season=2024"):
        assert editor.get(url + query).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_others_correct_nothing(
    ingest: Importer, client: Client, django_user_model: Any, role: str
) -> None:
    ingest()
    row = result("george-russell")
    made = corrections.correct(
        edits=[Edit.change(row, laps=43)], author=None, reason="miscounted"
    )
    logged_in(client, django_user_model, role)
    pages = [
        address(row, "change"),
        address(row, "delete"),
        reverse("admin:ingestion_raceresult_disqualify", args=[row.pk]),
        reverse("admin:ingestion_correction_undo", args=[made.pk]),
    ]
    for url in pages:
        assert client.post(url, {"laps": "1", **WHY}).status_code == 403, url
    queue = reverse("admin:ingestion_correctedfigure_changelist")
    sent = {"action": "take_sources", "_selected_action": [made.figures.get().pk]}
    client.post(queue, sent)
    assert result("george-russell").laps == 43
    assert made.figures.get().state == "standing"


def test_forms_of_other_sites_are_refused(
    ingest: Importer, django_user_model: Any
) -> None:
    ingest()
    row = result("george-russell")
    made = corrections.correct(
        edits=[Edit.change(row, laps=43)], author=None, reason="miscounted"
    )
    client = logged_in(Client(enforce_csrf_checks=True), django_user_model, "editor")
    for url in (
        address(row, "change"),
        address(row, "delete"),
        reverse("admin:ingestion_raceresult_disqualify", args=[row.pk]),
        reverse("admin:ingestion_correction_undo", args=[made.pk]),
    ):
        assert client.post(url, WHY).status_code == 403


def test_a_reason_is_text_and_nothing_else(ingest: Importer, editor: Client) -> None:
    ingest()
    bad = '<script>alert("x")</script>'
    url, sent = edited(editor, result("george-russell"), laps="43")
    sent |= {"correction_reason": bad, "reason": bad}
    pages = [editor.post(url, sent)]
    confirm(editor, url, sent)
    made = Correction.objects.get()
    entry = LogEntry.objects.get_for_object(result("george-russell")).first()
    assert entry is not None
    pages += [
        editor.get(address)
        for address in (
            url,
            address_of(made),
            reverse("admin:ingestion_correction_changelist"),
            reverse("admin:ingestion_correctedfigure_changelist") + "?state=all",
            reverse("admin:auditlog_logentry_changelist") + "?q=alert",
            reverse("admin:auditlog_logentry_change", args=[entry.pk]),
        )
    ]
    for page in pages:
        assert page.status_code == 200
        assert bad not in page.content.decode()
        assert "unsafe-inline" not in page["Content-Security-Policy"]
        assert " style=" not in page.content.decode()


def address_of(row: Any) -> str:
    return address(row, "change")


def test_history_of_accounts_is_for_those_who_may_see_them(
    client: Client, django_user_model: Any
) -> None:
    person = django_user_model.objects.create_user("a@example.org", "hunter2-hunter2")
    person.set_password("hunter3-hunter3")
    person.save()
    person.groups.add(Group.objects.get(name="analyst"))
    entries = LogEntry.objects.get_for_object(person)
    assert [
        entry.changes_dict.get("groups", {}).get("objects") for entry in entries
    ] == [
        ["analyst"],
        None,
    ]
    assert not any("password" in entry.changes_dict for entry in entries)
    url = reverse("admin:auditlog_logentry_changelist") + "?q=a@example.org"
    logged_in(client, django_user_model, "editor")
    assert "0 log entries" in client.get(url).content.decode()
    logged_in(client, django_user_model, "admin")
    assert "User: modify permissions" not in client.get(url).content.decode()
    assert ">2 log entries" in client.get(url).content.decode().replace("\n", "")
    entry = reverse("admin:auditlog_logentry_change", args=[entries[0].pk])
    assert client.post(entry, {}).status_code == 403


def test_an_effect_that_fails_keeps_nobody_from_correcting(
    ingest: Importer, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(races: Any) -> Comparison:
        yield
        list(Race.objects.raw("SELECT no_such_column FROM ingestion_race"))
        return Effect()

    monkeypatch.setattr(effects, "_previews", {"something": broken})
    ingest()
    url, sent = edited(editor, result("george-russell"), laps="43")
    assert confirm(editor, url, sent).status_code == 302
    assert result("george-russell").laps == 43


Told = list[set[int]]


def test_those_above_are_told_once_it_is_certain(
    ingest: Importer,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    told: Told = []
    monkeypatch.setattr(effects, "_after", [lambda races: told.append(set(races))])
    ingest()
    edits = [Edit.change(result("george-russell"), laps=43)]
    with django_capture_on_commit_callbacks(execute=True):
        corrections.preview(edits=edits)
    assert told == []
    with django_capture_on_commit_callbacks(execute=True):
        made = corrections.correct(edits=edits, author=None, reason="miscounted")
        assert told == []
    with django_capture_on_commit_callbacks(execute=True):
        corrections.undo(correction=made, author=None)
    assert told == [{SPA}, {SPA}]
