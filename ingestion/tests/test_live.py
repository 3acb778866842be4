"""A season through the live source: what the record says afterwards."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import (
    Alias,
    Circuit,
    CorrectedFigure,
    Correction,
    Driver,
    DriverStanding,
    Entry,
    Finding,
    Provenance,
    QualifyingResult,
    Race,
    RaceResult,
    Session,
    SourceFetch,
    SourceRequest,
    SprintResult,
    TeamStanding,
)
from ingestion.services import corrections, import_live
from ingestion.services.edits import Edit
from ingestion.tests.conftest import Importer
from ingestion.tests.factories import make_driver, make_race, make_result, make_team
from ingestion.tests.live_season import LiveSeason
from ingestion.tests.live_server import LiveServer

Row = dict[str, Any]
SEASON = 2023


def result(round: int, slug: str) -> RaceResult:
    return RaceResult.objects.get(race__round=round, driver__slug=slug)


def line_up(round: int) -> set[tuple[str, str, str]]:
    rows = Entry.objects.filter(race__round=round)
    return set(rows.values_list("driver__slug", "team__slug", "car_number"))


# --- what is read -------------------------------------------------------------------
def test_a_season_is_there_after_one_import(server: LiveServer) -> None:
    run = import_live(season=SEASON)

    assert list(Race.objects.values_list("grand_prix", "status", "sprint_format")) == [
        ("bahrain", "completed", ""),
        ("saudi-arabia", "completed", ""),
        ("azerbaijan", "completed", "shootout_2023"),
        ("australia", "scheduled", ""),
    ]
    assert RaceResult.objects.count() == QualifyingResult.objects.count() == 18
    assert SprintResult.objects.count() == 6
    assert run.outcome.changes["drivers"].added == 6
    assert len(server.asked) == 12
    assert run.sha256
    fetch = SourceFetch.objects.get()
    assert (fetch.source, fetch.outcome) == ("live", "done")
    assert fetch.location == f"{server.url}{SEASON}"
    assert import_live(season=SEASON).outcome.is_unchanged


def test_names_are_those_of_the_archive(server: LiveServer) -> None:
    import_live(season=SEASON)
    assert set(Driver.objects.values_list("slug", flat=True)) == {
        "max-verstappen",
        "sergio-perez",
        "fernando-alonso",
        "carlos-sainz-jr",
        "charles-leclerc",
        "nico-hulkenberg",
    }
    assert Circuit.objects.get(slug="melbourne").place == "Melbourne"
    # An id that is a slug, in a record that was empty.
    assert Finding.objects.get(sheet="drivers").subject == "max-verstappen"


def test_the_time_of_a_lapped_car_is_none(server: LiveServer) -> None:
    import_live(season=SEASON)
    lapped, third = result(1, "nico-hulkenberg"), result(1, "fernando-alonso")
    assert (lapped.status, lapped.gap_laps) == ("lapped", 1)
    assert (lapped.time_ms, lapped.gap_ms) == (None, None)
    assert (third.time_ms, third.gap_ms, third.has_fastest_lap) == (
        5675373,
        38637,
        True,
    )
    assert result(1, "max-verstappen").gap_ms is None


def test_slot_nought_is_the_pit_lane_of_who_ran(server: LiveServer) -> None:
    import_live(season=SEASON)
    ran, stood = result(2, "nico-hulkenberg"), result(2, "charles-leclerc")
    assert (ran.grid, ran.from_pit_lane, ran.status) == (None, True, "lapped")
    assert (stood.grid, stood.from_pit_lane, stood.laps) == (None, False, None)
    assert (stood.status, stood.position) == ("did_not_start", None)


def test_who_stopped_near_the_end_is_classified(server: LiveServer) -> None:
    import_live(season=SEASON)
    stopped = result(2, "carlos-sainz-jr")  # milliseconds, and an empty time
    assert (stopped.status, stopped.is_classified) == ("retired", True)
    assert (stopped.position, stopped.time_ms) == (4, None)
    broken = result(3, "nico-hulkenberg")
    assert (broken.status, broken.reason, broken.position) == (
        "retired",
        "Engine",
        None,
    )


@pytest.mark.parametrize(
    ("said", "status", "is_classified"),
    [
        ({"positionText": "4", "status": "Disqualified"}, "disqualified", False),
        ({"positionText": "D", "status": "Disqualified"}, "disqualified", False),
        ({"positionText": "4", "status": "Brakes"}, "retired", True),
        ({"positionText": "4", "status": "+2 Laps", "laps": "48"}, "lapped", True),
        ({"positionText": "R", "status": "+8 Laps"}, "not_classified", False),
        ({"positionText": "N", "status": "Finished"}, "not_classified", False),
        ({"positionText": "W", "status": "Withdrew"}, "retired", False),
        ({"positionText": "W", "status": "Accident", "laps": "0"}, "did_not_start", 0),
        (
            {"positionText": "R", "status": "Accident", "laps": "0", "grid": "0"},
            "did_not_start",
            False,
        ),
        ({"positionText": "R", "status": "Accident", "laps": "0"}, "retired", False),
        ({"positionText": "F", "status": "Engine"}, "did_not_qualify", False),
        ({"positionText": "E", "status": "Excluded"}, "did_not_start", False),
    ],
)
def test_it_tells_apart_how_a_race_ended(
    server: LiveServer,
    season: LiveSeason,
    said: Row,
    status: str,
    is_classified: bool,
) -> None:
    row = season.results[2][3]
    row.pop("Time")
    row |= said
    import_live(season=SEASON)
    found = result(2, "carlos-sainz-jr")
    assert (found.status, found.is_classified) == (status, bool(is_classified))
    assert (found.position is not None) == found.is_classified


def test_who_set_no_time_is_not_classified_in_qualifying(server: LiveServer) -> None:
    import_live(season=SEASON)
    row = QualifyingResult.objects.get(
        race__round=2, driver__slug="max-verstappen", kind="qualifying"
    )
    assert (row.position, row.display_order, row.status) == (None, 6, "not_classified")
    assert result(2, "max-verstappen").qualifying_position == 6
    assert result(1, "max-verstappen").has_pole


def test_sessions_have_their_times(server: LiveServer) -> None:
    import_live(season=SEASON)
    sessions = Session.objects.filter(race__round=3).order_by("starts_at")
    assert list(sessions.values_list("kind", flat=True)) == [
        "qualifying",
        "sprint_qualifying",
        "sprint",
        "race",
    ]
    assert sessions[2].starts_at == datetime(2023, 4, 29, 13, 30, tzinfo=UTC)


def test_standings_stand_after_their_round(
    server: LiveServer, season: LiveSeason
) -> None:
    import_live(season=SEASON)
    first = DriverStanding.objects.get(race__round=3, display_order=1)
    assert (first.driver.slug, first.points) == ("sergio-perez", Decimal(76))
    assert not first.is_champion  # a race is left
    assert TeamStanding.objects.filter(race__round=3).count() == 4

    season.calendar.pop()
    import_live(season=SEASON)
    first.refresh_from_db()
    assert first.is_champion


def test_an_engine_is_that_of_the_season(server: LiveServer) -> None:
    import_live(season=SEASON)
    TeamStanding.objects.update(engine="honda-rbpt")
    later: Row = {"race": make_race(2024), "engine": "ford", "points": 0}
    TeamStanding.objects.create(team=make_team("red-bull"), display_order=1, **later)
    assert import_live(season=SEASON).outcome.is_unchanged


def test_who_has_no_points_has_no_place_in_the_standings(
    server: LiveServer, season: LiveSeason
) -> None:
    for rows in (*season.results.values(), *season.sprint.values()):
        for row in rows:
            row["points"] = "0"
    import_live(season=SEASON)
    assert set(DriverStanding.objects.values_list("position", flat=True)) == {None}


# --- a race of it -------------------------------------------------------------------
def test_one_race_takes_few_requests(server: LiveServer) -> None:
    import_live(season=SEASON, round=2, kinds=["results"])
    assert [asked.path for asked in server.asked] == ["/2023/2/results.json"]
    assert list(Race.objects.values_list("round", "status")) == [(2, "completed")]
    import_live(season=SEASON)
    assert Race.objects.count() == 4
    assert SourceFetch.objects.order_by("pk")[0].location.endswith("2023/2/results")


def test_qualifying_alone_gives_the_line_up(
    server: LiveServer, season: LiveSeason
) -> None:
    del season.results[3], season.sprint[3]
    import_live(season=SEASON)
    race = Race.objects.get(round=3)
    assert (race.status, race.results.count()) == ("scheduled", 0)
    assert len(line_up(3)) == 6


# --- entry lists --------------------------------------------------------------------
def test_races_ahead_expect_who_raced_last(
    server: LiveServer, season: LiveSeason
) -> None:
    import_live(season=SEASON)
    assert line_up(4) == line_up(3)
    season.results[3][5] |= season.results[3][5]
    for rows in (season.results[3], season.qualifying[3], season.sprint[3]):
        stand_in(rows)
    import_live(season=SEASON)
    assert ("oliver-bearman", "ferrari", "38") in line_up(4)
    assert ("carlos-sainz-jr", "ferrari", "55") not in line_up(4)
    assert ("carlos-sainz-jr", "ferrari", "55") in line_up(2)


def stand_in(rows: list[Row]) -> None:
    for row in rows:
        if row["Driver"]["driverId"] == "sainz":
            row["number"] = "38"
            row["Driver"] = row["Driver"] | {
                "driverId": "bearman",
                "givenName": "Oliver",
                "familyName": "Bearman",
                "code": "BEA",
                "dateOfBirth": "2005-05-08",
            }


def test_a_line_up_that_an_editor_wrote_stands(server: LiveServer) -> None:
    import_live(season=SEASON)
    race = Race.objects.get(round=4)
    race.entries.all().delete()
    Entry.objects.create(
        race=race, driver=make_driver("liam-lawson"), team=make_team("ferrari")
    )
    import_live(season=SEASON)
    assert line_up(4) == {("liam-lawson", "ferrari", "")}


# --- the calendar -------------------------------------------------------------------
def test_a_race_may_move(server: LiveServer, season: LiveSeason) -> None:
    import_live(season=SEASON)
    key = Race.objects.get(grand_prix="australia").pk
    season.calendar[3] |= {"date": "2023-05-21"}
    import_live(season=SEASON)
    assert Race.objects.get(pk=key).starts_on == date(2023, 5, 21)


def test_a_race_that_leaves_the_calendar_is_cancelled_and_may_return(
    server: LiveServer, season: LiveSeason
) -> None:
    import_live(season=SEASON)
    race = season.calendar.pop()
    run = import_live(season=SEASON)
    assert Race.objects.get(grand_prix="australia").status == "cancelled"
    assert run.outcome.notes == ["2023 australia vanished from the calendar: cancelled"]
    season.calendar.append(race)
    import_live(season=SEASON)
    assert Race.objects.get(grand_prix="australia").status == "scheduled"


def test_a_calendar_that_lost_most_races_is_not_believed(
    server: LiveServer, season: LiveSeason, settings: Any
) -> None:
    settings.F1_NOW = datetime(2023, 2, 1, tzinfo=UTC)
    for held in (season.results, season.qualifying, season.sprint):
        held.clear()
    import_live(season=SEASON)
    del season.calendar[1:]
    with pytest.raises(SourceFormatError) as refused:
        import_live(season=SEASON)
    assert "3 of 4 races ahead of 2023 are missing" in refused.value.problems[0]
    assert Race.objects.open().count() == 4
    import_live(season=SEASON, allow_removals=True)
    assert Race.objects.filter(status="cancelled").count() == 3


def test_a_held_race_stays_held_without_its_results(
    server: LiveServer, season: LiveSeason
) -> None:
    import_live(season=SEASON)
    season.hide = {"results"}
    import_live(season=SEASON)
    assert Race.objects.held().count() == 3


def test_what_only_the_record_knows_of_a_race_stays(
    server: LiveServer, season: LiveSeason
) -> None:
    import_live(season=SEASON)
    Race.objects.filter(round=4).update(
        official_name="The Long Name", laps=58, course_length_km=Decimal("5.278")
    )
    season.calendar[3] |= {"date": "2023-05-21"}
    import_live(season=SEASON)
    race = Race.objects.get(round=4)
    assert (race.official_name, race.laps) == ("The Long Name", 58)
    assert race.course_length_km == Decimal("5.278")


def test_a_race_of_a_new_name_is_added_and_flagged(
    server: LiveServer, season: LiveSeason
) -> None:
    season.calendar[3]["raceName"] = "Grand Prix of the Moon"
    run = import_live(season=SEASON)
    race = Race.objects.get(grand_prix="grand-prix-of-the-moon")
    finding = Finding.objects.get(sheet="races")
    assert (finding.race, finding.theirs) == (race, "grand-prix-of-the-moon")
    assert any("Unknown grand prix" in note for note in run.outcome.notes)


def test_two_rounds_cannot_be_the_same_grand_prix(
    server: LiveServer, season: LiveSeason
) -> None:
    season.calendar[3]["raceName"] = "Bahrain Grand Prix"
    with pytest.raises(SourceFormatError, match="are the same Grand Prix"):
        import_live(season=SEASON)
    assert not Race.objects.exists()


# --- who is who ---------------------------------------------------------------------
def a_new_driver(season: LiveSeason, **facts: str) -> None:
    tables = (season.results, season.qualifying, season.sprint)
    for rows in (rows for table in tables for rows in table.values()):
        for row in rows:
            if row["Driver"]["driverId"] == "alonso":
                row["Driver"] = row["Driver"] | {"driverId": "x_new", **facts}


def test_the_same_name_and_birth_date_is_the_same_driver(
    server: LiveServer, season: LiveSeason
) -> None:
    make_driver("fernando-alonso", name="Fernando Alonso", born_on=date(1981, 7, 29))
    a_new_driver(season)
    import_live(season=SEASON)
    alias = Alias.objects.get(alias="x_new")
    assert (alias.source, alias.slug) == ("live", "fernando-alonso")
    assert alias.note == "same name and birth date"
    assert not Finding.objects.filter(subject__contains="alonso").exists()


def test_the_same_name_alone_is_another_driver(
    server: LiveServer, season: LiveSeason
) -> None:
    make_driver("fernando-alonso", name="Fernando Alonso", born_on=date(1951, 1, 1))
    a_new_driver(season)
    import_live(season=SEASON)
    newcomer = Driver.objects.get(born_on=date(1981, 7, 29))
    assert newcomer.slug == "x_new-2023"
    assert Finding.objects.filter(sheet="drivers", subject=newcomer.slug).exists()


def test_a_newcomer_heals_once_an_editor_says_who_he_is(
    server: LiveServer, season: LiveSeason
) -> None:
    known = make_driver("fernando-alonso-diaz", born_on=date(1981, 1, 1))
    a_new_driver(season, givenName="Nando", dateOfBirth="1981-07-01")
    run = import_live(season=SEASON, kinds=["calendar", "results", "qualifying"])
    assert result(1, "nando-alonso").points == 15
    finding = Finding.objects.get(sheet="drivers", theirs="x_new")
    assert (finding.kind, finding.source) == ("unknown", "live")
    assert (finding.subject, finding.theirs) == ("nando-alonso", "x_new")
    assert "Unknown driver x_new (Nando Alonso): added as nando-alonso" in (
        run.outcome.notes
    )
    again = import_live(season=SEASON, kinds=["results"])
    assert again.outcome.notes == []
    finding.refresh_from_db()
    assert finding.resolved_at is None

    Alias.objects.filter(alias="x_new").update(slug=known.slug)
    import_live(season=SEASON, kinds=["results", "qualifying"])

    assert result(1, known.slug).points == 15
    assert not RaceResult.objects.filter(driver__slug="nando-alonso").exists()
    assert RaceResult.objects.count() == 18
    finding.refresh_from_db()
    assert finding.resolved_at and finding.resolution == f"x_new is {known.slug}"


def test_an_alias_may_hold_from_a_season_on(
    server: LiveServer, season: LiveSeason
) -> None:
    for first, slug in ((2022, "haas-of-2022"), (2024, "haas-of-2024")):
        Alias.objects.create(
            source="live", kind="team", alias="haas", slug=slug, first_season=first
        )
    import_live(season=SEASON)
    assert result(1, "nico-hulkenberg").team.slug == "haas-of-2022"


# --- beside the archive -------------------------------------------------------------
def test_an_archive_that_is_behind_leaves_live_results_standing(
    ingest: Importer, server: LiveServer, settings: Any
) -> None:
    ingest()
    ahead = Race.objects.open().filter(season=2025).first()
    assert ahead
    driver, team = make_driver("max-verstappen"), make_team("red-bull")
    make_result(ahead, driver, team, 1, car_number="1")
    Race.objects.filter(pk=ahead.pk).update(status="completed")
    fetch = SourceFetch.objects.create(source="live", location="x", outcome="done")
    fetch.counts = {"results": {"last_race": ahead.pk}}
    fetch.save()
    for sheet in ("results", "races", "entries"):
        Provenance.objects.update_or_create(
            race=ahead,
            sheet=sheet,
            defaults={
                "source": "live",
                "changed_at": settings.F1_NOW,
                "confirmed_at": settings.F1_NOW,
            },
        )
    ahead.entries.all().delete()
    Entry.objects.create(race=ahead, driver=driver, team=team, is_typed_in=False)

    run = ingest()

    ahead.refresh_from_db()
    assert (ahead.status, ahead.results.count(), ahead.entries.count()) == (
        "completed",
        1,
        1,
    )
    assert any("does not have yet: kept" in note for note in run.outcome.notes)


# --- asking as little as can be -----------------------------------------------------
def test_what_is_fresh_is_not_asked_again(server: LiveServer, settings: Any) -> None:
    settings.LIVE_FRESH_S = 3600
    import_live(season=SEASON)
    n_asked = len(server.asked)
    import_live(season=SEASON)
    assert len(server.asked) == n_asked
    import_live(season=SEASON, refresh=True)
    assert len(server.asked) == 2 * n_asked


def test_pages_are_never_older_than_the_first(
    server: LiveServer, season: LiveSeason, settings: Any
) -> None:
    """A race more: the first page has expired, the others are fresh and outdated."""
    settings.LIVE_FRESH_S = 3600
    later = season.results.pop(3)
    import_live(season=SEASON, kinds=["results"])
    SourceRequest.objects.filter(address__contains="offset=0").update(
        answered_at=F("answered_at") - timedelta(days=1)
    )
    season.results[3] = later
    import_live(season=SEASON, kinds=["results"])
    assert RaceResult.objects.count() == 18


def test_replay_needs_no_source(
    server: LiveServer, settings: Any, record_hash: Callable[[], str]
) -> None:
    with pytest.raises(SourceUnavailableError, match="cannot be replayed"):
        import_live(season=SEASON, replay=True)
    import_live(season=SEASON)
    before, n_asked = record_hash(), len(server.asked)
    RaceResult.objects.update(points=1)

    import_live(season=SEASON, replay=True)

    assert (record_hash(), len(server.asked)) == (before, n_asked)


def test_an_answer_without_sense_is_asked_for_once_an_hour(
    server: LiveServer, season: LiveSeason, settings: Any
) -> None:
    settings.LIVE_FRESH_S = 3600
    season.results[1][0]["points"] = "many"
    for words in ("points is 'many'", "made no sense when it was last asked"):
        with pytest.raises(SourceFormatError, match=words):
            import_live(season=SEASON, kinds=["results"])
    assert len(server.asked) == 3
    season.results[1][0]["points"] = "25"
    import_live(season=SEASON, kinds=["results"], refresh=True)
    assert RaceResult.objects.count() == 18


# --- the command --------------------------------------------------------------------
def test_the_command_says_what_it_did(server: LiveServer) -> None:
    out = StringIO()
    call_command("ingest_live", season=SEASON, round=1, stdout=out)
    assert "results" in out.getvalue()
    assert "stored" in out.getvalue()


def test_the_command_says_what_went_wrong(
    server: LiveServer, season: LiveSeason
) -> None:
    season.results[2][1]["laps"] = "-5"
    season.results[3][0]["Time"]["millis"] = "soon"
    with pytest.raises(CommandError) as error:
        call_command("ingest_live", season=SEASON, stdout=StringIO())
    said = str(error.value)
    assert "2023 round 2 max_verstappen, laps is '-5'; expected laps" in said
    assert "2023 round 3 perez, Time, millis is 'soon'" in said
    assert said.endswith("The record is as it was.")


def test_unknown_kinds_are_refused(server: LiveServer) -> None:
    with pytest.raises(ValueError, match="laps"):
        import_live(season=SEASON, kinds=["laps"])


def test_a_season_that_nobody_knows_is_empty(server: LiveServer) -> None:
    run = import_live(season=2031)
    assert len(run.outcome.notes) == 6
    assert not Race.objects.exists()


def test_a_race_typed_in_is_met_by_place_and_day(server: LiveServer) -> None:
    circuit = Circuit.objects.create(
        slug="baku", name="Baku", full_name="Baku", place="", country="", kind="street"
    )
    race = make_race(
        2023, 7, grand_prix="caspian", circuit=circuit, starts_on=date(2023, 4, 30)
    )
    Alias.objects.filter(alias="azerbaijan-grand-prix").delete()
    import_live(season=SEASON)
    race.refresh_from_db()
    assert (race.round, race.status, race.results.count()) == (3, "completed", 6)


# --- below a correction -------------------------------------------------------------
def put_right(race: Race, **fields: Any) -> Correction:
    edit = Edit.change(race, **fields)
    return corrections.correct(edits=[edit], author=None, reason="the promoter")


def test_an_hour_that_the_source_leaves_out_is_not_its_word(
    server: LiveServer, season: LiveSeason
) -> None:
    for row in season.calendar:
        row.pop("time", None)
    import_live(season=SEASON)
    race = Race.objects.get(round=4)
    made = put_right(race, starts_at=datetime(2023, 5, 7, 5, tzinfo=UTC))

    import_live(season=SEASON)

    figure = CorrectedFigure.objects.get()
    assert (figure.state, figure.beneath) == ("standing", None)
    corrections.undo(correction=made, author=None)
    race.refresh_from_db()
    assert race.starts_at is None


def test_results_alone_do_not_agree_with_a_corrected_date(
    server: LiveServer, season: LiveSeason
) -> None:
    held = {3: season.results.pop(3)}
    import_live(season=SEASON)
    race = Race.objects.get(round=3)
    before = race.starts_at
    made = put_right(race, starts_at=datetime(2023, 4, 30, 12, tzinfo=UTC))

    season.results |= held
    import_live(season=SEASON, round=3, kinds=["results"])

    race.refresh_from_db()
    assert race.is_completed
    assert CorrectedFigure.objects.get().state == "standing"
    corrections.undo(correction=made, author=None)
    race.refresh_from_db()
    assert race.starts_at == before


def test_a_code_with_a_digit_is_named(server: LiveServer, season: LiveSeason) -> None:
    season.results[1][0]["Driver"]["code"] = "V3R"
    with pytest.raises(SourceFormatError) as refused:
        import_live(season=SEASON, kinds=["results"])
    assert any("code is 'V3R'" in problem for problem in refused.value.problems)
