"""Findings: where sources disagree, and names that nobody knows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from f1site.testing.lasting import lasting
from ingestion.errors import CorrectionError
from ingestion.models import Correction, Finding, RaceResult, ResultVersion
from ingestion.services import findings
from ingestion.services.corrections import correct
from ingestion.services.edits import Edit
from ingestion.services.reading import read
from ingestion.services.tables import BY_NAME
from ingestion.tests.factories import MiniSeason, mini_season

NOW = datetime(2024, 4, 1, 9, tzinfo=UTC)
MAX = "max-verstappen"


made = lasting(mini_season, F1_NOW=NOW)


@pytest.fixture
def season(made: Callable[[], MiniSeason], db: None, settings: Any) -> MiniSeason:
    settings.F1_NOW = NOW
    return made()


def said(season: MiniSeason, table: str = "results", **changed: Any) -> list[Any]:
    """What a source says of the first race: as the record, but for Verstappen."""
    rows = read(BY_NAME[table], Q(race=season.races[0]))
    return [replace(row, **changed) if row.driver == MAX else row for row in rows]


@pytest.fixture
def note(season: MiniSeason) -> Callable[..., int]:
    def run(rows: list[Any], table: str = "results") -> int:
        return findings.note_disagreements(source="live", passed_over={table: rows})

    return run


def still_open() -> list[Finding]:
    return list(Finding.objects.filter(resolved_at=None).order_by("field"))


def test_sources_that_agree_leave_nothing(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    assert note(said(season)) == 0
    assert not Finding.objects.exists()


def test_each_figure_that_differs_is_one_finding(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    rows = said(season, position=2, points=Decimal("18.5"))

    assert note(rows) == 2

    points, position = still_open()
    assert position.subject == "2024 Bahrain: Max Verstappen"
    assert (position.field, position.ours, position.theirs) == ("position", "1", "2")
    assert (points.ours, points.theirs) == ("25", "18.5")
    assert (position.race, position.sheet) == (season.races[0], "results")
    assert position.kind == "disagreement"


def test_a_second_look_touches_what_it_finds_again(
    season: MiniSeason, note: Callable[..., int], settings: Any
) -> None:
    note(said(season, position=2))
    settings.F1_NOW = NOW + timedelta(hours=1)
    note(said(season, position=3))

    (finding,) = Finding.objects.all()
    assert finding.theirs == "3"
    assert finding.first_seen_at == NOW
    assert finding.last_seen_at == NOW + timedelta(hours=1)


def test_it_resolves_by_itself_once_the_sources_agree(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, position=2))
    note(said(season))

    (finding,) = Finding.objects.all()
    assert (finding.resolved_at, finding.resolution) == (NOW, "the sources agree")


def test_sheets_that_were_not_compared_stay_as_they_are(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, position=2))
    note(said(season, "qualifying_results"), "qualifying_results")

    assert len(still_open()) == 1


def test_rows_that_one_side_lacks_are_findings(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    known = [row for row in said(season) if row.driver != MAX]
    newcomer = replace(known[0], driver="oscar-piastri", car_number="99")

    note([*known, newcomer])

    found = {row.subject: (row.ours, row.theirs) for row in still_open()}
    assert found == {
        "2024 Bahrain: Max Verstappen": ("has the row", "lacks the row"),
        "2024 Bahrain: Oscar Piastri, row 2": ("lacks the row", "has the row"),
    }


@pytest.mark.parametrize(
    "changed",
    [{"time_ms": 5_401_001}, {"time_ms": None}, {"gap_ms": 7}, {"reason": "x"}],
)
def test_rounding_and_what_a_source_does_not_know_is_no_disagreement(
    season: MiniSeason, note: Callable[..., int], changed: dict[str, Any]
) -> None:
    assert note(said(season, **changed)) == 0


def test_a_time_that_is_off_by_more_is_one(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    assert note(said(season, time_ms=5_401_002)) == 1


def test_parts_of_qualifying_are_compared(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    rows = said(season, "qualifying_results", q3_ms=89_000)

    assert note(rows, "qualifying_results") == 1
    assert still_open()[0].sheet == "qualifying_results qualifying"


def test_what_an_editor_dismissed_stays_dismissed(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, position=2))
    findings.resolve(findings=still_open(), reason="the archive is right")

    note(said(season, position=2))
    assert still_open() == []

    note(said(season, position=3))
    assert len(still_open()) == 1


def test_a_dismissal_needs_a_reason(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, position=2))

    with pytest.raises(ValueError, match="says nothing"):
        findings.resolve(findings=still_open(), reason=" ")


def test_a_record_that_comes_round_closes_the_finding(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, laps=56, points=Decimal(26)))
    mine = RaceResult.objects.filter(race=season.races[0], driver__slug=MAX)
    mine.update(laps=56, points=Decimal("25.5"))

    assert findings.recheck() == 1

    (points,) = still_open()
    assert (points.field, points.ours) == ("points", "25.5")


PIT: dict[str, Any] = {"grid": None, "from_pit_lane": True}


@pytest.mark.parametrize(
    ("changed", "theirs"),
    [
        ({"points": Decimal("18.5")}, "18.5"),
        ({"position": None, "is_classified": False}, ""),
        ({"position": 2, "is_classified": True}, "2"),
        (PIT, "pit lane"),
        ({"grid": 4, "from_pit_lane": False}, "4"),
    ],
)
def test_what_the_source_says_can_be_taken_over(
    season: MiniSeason, note: Callable[..., int], changed: Any, theirs: str
) -> None:
    note(said(season, **changed))
    (finding,) = still_open()

    assert finding.theirs == theirs
    assert findings.fields_of(finding) == changed
    assert findings.record_of(finding).driver == MAX


def test_a_start_from_the_pit_lane_is_one_figure(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, **PIT))
    (finding,) = still_open()
    assert (finding.field, finding.ours, finding.theirs) == ("grid", "1", "pit lane")

    RaceResult.objects.filter(race=season.races[0], driver__slug=MAX).update(**PIT)
    assert findings.recheck() == 1


def test_taking_it_over_is_a_correction(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season, laps=56))
    (finding,) = still_open()

    correction = findings.take(finding=finding, author=None, reason="live source")

    row = RaceResult.objects.get(race=season.races[0], driver__slug=MAX)
    assert row.laps == 56
    (figure,) = correction.figures.all()
    assert (figure.field, figure.beneath, figure.value) == ("laps", 57, 56)
    assert still_open() == []
    assert note(said(season, laps=56)) == 0


def test_a_correction_of_his_own_closes_it_too(
    season: MiniSeason,
    note: Callable[..., int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    note(said(season, laps=56))
    row = RaceResult.objects.get(race=season.races[0], driver__slug=MAX)

    with django_capture_on_commit_callbacks(execute=True):
        edit = Edit.change(row, laps=56)
        correct(edits=[edit], author=None, reason="the report says so")

    assert Finding.objects.get().resolution == "the sources agree"


def test_a_figure_that_the_record_cannot_hold_is_not_taken(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    rows = said(season)
    note([replace(row, position=1) if row.position == 2 else row for row in rows])
    (finding,) = still_open()

    with pytest.raises(CorrectionError):
        findings.take(finding=finding, author=None, reason="live source")
    assert len(still_open()) == 1


def test_a_row_of_one_side_cannot_be_taken(
    season: MiniSeason, note: Callable[..., int]
) -> None:
    note(said(season)[1:])
    (finding,) = still_open()

    with pytest.raises(CorrectionError, match="no figure"):
        findings.take(finding=finding, author=None, reason="live source")


# --- in the admin -----------------------------------------------------------------
def decide(finding: Finding) -> str:
    return reverse("admin:ingestion_finding_decide", args=[finding.pk])


@pytest.fixture
def finding(season: MiniSeason, note: Callable[..., int]) -> Finding:
    note(said(season, laps=56))
    return still_open()[0]


def test_an_editor_looks_and_takes_it_over(
    finding: Finding, admin_client: Client
) -> None:
    why = {"reason": "live source", "link": "https://example.org/doc.pdf"}
    shown = admin_client.get(decide(finding)).content.decode()
    assert "See what taking it over would change" in shown

    seen = admin_client.post(decide(finding), {**why, "act": "look"})
    assert "Correct the record" in seen.content.decode()
    assert not Correction.objects.exists()

    take = {**why, "act": "take", "_seal": seen.context["seal"]}
    admin_client.post(decide(finding), take)
    correction = Correction.objects.get()
    assert (correction.reason, correction.link) == ("live source", why["link"])
    assert still_open() == []
    row = RaceResult.objects.get(race=finding.race_id, driver__slug=MAX)
    entry = LogEntry.objects.get_for_object(row).latest("pk")
    assert entry.changes_dict == {"laps": ["57", "56"]}
    told = {**why, "correction": correction.pk}
    assert entry.additional_data == told
    assert ResultVersion.objects.filter(correction=correction).exists()
    assert row.race.results_changed_at == NOW


def test_only_what_was_looked_at_is_taken_over(
    finding: Finding, note: Callable[..., int], season: MiniSeason, admin_client: Client
) -> None:
    why = {"reason": "live source"}
    seal = admin_client.post(decide(finding), {**why, "act": "look"}).context["seal"]
    note(said(season, laps=55))

    for sent in ({}, {"_seal": seal}):
        page = admin_client.post(decide(finding), {**why, **sent, "act": "take"})
        assert page.context["seal"] != seal
    assert not Correction.objects.exists()


def test_an_editor_dismisses_for_a_reason(
    finding: Finding, admin_client: Client
) -> None:
    admin_client.post(decide(finding), {"act": "dismiss", "reason": ""})
    assert len(still_open()) == 1

    admin_client.post(decide(finding), {"act": "dismiss", "reason": "checked"})
    assert Finding.objects.get().resolution == "checked"


@pytest.mark.parametrize(("reason", "n_open"), [("checked", 0), (" ", 1)])
def test_many_are_dismissed_at_once(
    finding: Finding, admin_client: Client, reason: str, n_open: int
) -> None:
    ticked = {"action": "dismiss", "_selected_action": [finding.pk], "reason": reason}
    admin_client.post(reverse("admin:ingestion_finding_changelist"), ticked)

    assert len(still_open()) == n_open


def test_who_may_only_look_decides_nothing(finding: Finding, client: Client) -> None:
    user = get_user_model().objects.create(email="x@example.org", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_finding"))
    client.force_login(user)
    url = reverse("admin:ingestion_finding_change", args=[finding.pk])

    assert "decide/" not in client.get(url).content.decode()
    assert client.post(decide(finding), {"act": "take"}).status_code == 403
    listed = client.get(reverse("admin:ingestion_finding_changelist"))
    assert "Dismiss, for a reason" not in listed.content.decode()


def test_a_whole_season_costs_few_queries(
    season: MiniSeason, django_assert_max_num_queries: Any
) -> None:
    rows = read(BY_NAME["results"], Q(race__season=2024))
    wrong = [replace(row, points=Decimal(99)) for row in rows]

    with django_assert_max_num_queries(12):
        found = findings.note_disagreements(
            source="live", passed_over={"results": wrong}
        )
    assert found == len(rows)
