"""Several sources, one record: who is right about what, and where rows came from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q

from ingestion.errors import SourceFormatError
from ingestion.models import (
    Driver,
    PracticeResult,
    Provenance,
    Race,
    RaceResult,
    Session,
    Source,
    SourceFetch,
    Team,
)
from ingestion.records import EntryRecord, Facts, PracticeResultRecord
from ingestion.services import import_archive
from ingestion.services.provenance import documented
from ingestion.services.reading import read
from ingestion.services.record import Outcome, Reach, store
from ingestion.services.tables import (
    DRIVER_STANDINGS,
    ENTRIES,
    PRACTICE_RESULTS,
    QUALIFYING_RESULTS,
    RACES,
    RESULTS,
    SESSIONS,
)
from ingestion.services.upload import export_upload, import_upload
from ingestion.sources.archive import quiet
from ingestion.tests.conftest import Importer
from ingestion.tests.factories import CAST, mini_season
from ingestion.tests.mini_archive import PRACTICE, QUALIFYING, MiniArchive
from ingestion.tests.mini_archive import RESULTS as RACE_RESULTS

BELGIUM = Q(race__season_id=2024, race__grand_prix="belgium")
AHEAD = Q(season_id=2025, grand_prix="australia")
DRIVERS = """max-verstappen lewis-hamilton george-russell charles-leclerc
    lando-norris valtteri-bottas oliver-bearman""".split()


def say(source: str, facts: Facts, **options: Any) -> Outcome:
    with documented(source, "a test") as run:
        run.outcome = store(
            facts, fetch=run.fetch, reach=Reach.SHEETS, progress=quiet, **options
        )
    return run.outcome


def origin(race: Race, sheet: str) -> Provenance:
    return Provenance.objects.get(race=race, sheet=sheet)


def practice(race: Race, kind: str, slug: str, place: int) -> PracticeResultRecord:
    return PracticeResultRecord(
        race=(race.season_id, race.grand_prix),
        driver=slug,
        team=CAST[slug],
        car_number="",
        display_order=place,
        position=place,
        kind=kind,
        time_ms=90_000 + place,
        laps=20,
    )


# --- rows of the past ---------------------------------------------------------------
def test_the_live_source_gives_way_to_the_archive(
    ingest: Importer, record_hash: Callable[[], str]
) -> None:
    ingest()
    before, rows = record_hash(), read(RESULTS, BELGIUM)
    other = [replace(row, laps=1) for row in rows]

    outcome = say(Source.LIVE, Facts(results=other))

    assert record_hash() == before
    assert outcome.passed_over == {"results": other}


def test_a_sheet_that_the_archive_lacks_is_taken_from_the_live_source(
    ingest: Importer, mini: MiniArchive
) -> None:
    mini.drop(QUALIFYING, raceId="1115")
    ingest()
    assert not Provenance.objects.filter(
        race__grand_prix="belgium", sheet__startswith="qua", race__season=2024
    )
    race = Race.objects.by_round(2024, 14)
    (first, *_) = read(RESULTS, BELGIUM)
    row = QUALIFYING_RESULTS.record(
        race=first.race,
        driver=first.driver,
        team=first.team,
        car_number=first.car_number,
        display_order=1,
        position=1,
        kind="qualifying",
        status="classified",
        time_ms=None,
        q1_ms=110_000,
        q2_ms=None,
        q3_ms=None,
        laps=None,
    )

    outcome = say(Source.LIVE, Facts(qualifying_results=[row]))

    assert outcome.changes["qualifying_results"].added == 1
    assert origin(race, "qualifying_results qualifying").source == Source.LIVE


def test_the_archive_takes_over_what_the_live_source_had(ingest: Importer) -> None:
    ingest()
    race = Race.objects.by_round(2024, 14)
    Provenance.objects.filter(race=race, sheet="results").update(source=Source.LIVE)
    rows = [replace(row, laps=7) for row in read(RESULTS, BELGIUM)]
    say(Source.LIVE, Facts(results=rows))
    assert set(RaceResult.objects.filter(race=race).values_list("laps")) == {(7,)}

    ingest()

    assert read(RESULTS, BELGIUM) != rows
    assert origin(race, "results").source == Source.ARCHIVE


# --- races ahead --------------------------------------------------------------------
def postpone(days: int) -> Race:
    """The live source says that the first race of 2025 is later."""
    (race,) = read(RACES, AHEAD)
    sessions = [
        row for row in read(SESSIONS, Q(race__season_id=2025)) if row.race == race.ref
    ]
    later = timedelta(days=days)
    moved = replace(
        race, starts_on=race.starts_on + later, starts_at=race.starts_at + later
    )
    say(
        Source.LIVE,
        Facts(
            races=[moved],
            sessions=[
                replace(
                    row,
                    starts_on=row.starts_on + later,
                    starts_at=row.starts_at and row.starts_at + later,
                )
                for row in sessions
            ],
        ),
    )
    return Race.objects.get(AHEAD)


def test_the_archive_leaves_the_dates_of_the_live_source_to_races_ahead(
    ingest: Importer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 1, tzinfo=UTC)
    ingest()
    was = Race.objects.get(AHEAD).starts_on
    race = postpone(days=7)
    dates = list(Session.objects.filter(race=race).values_list("kind", "starts_at"))

    ingest()

    race.refresh_from_db()
    assert race.starts_on == was + timedelta(days=7)
    assert (
        list(Session.objects.filter(race=race).values_list("kind", "starts_at"))
        == dates
    )


def test_a_live_source_that_fell_silent_is_not_believed_for_ever(
    ingest: Importer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 1, tzinfo=UTC)
    ingest()
    was = Race.objects.get(AHEAD).starts_on
    postpone(days=7)

    settings.F1_NOW = datetime(2025, 3, 20, tzinfo=UTC)
    ingest()

    assert Race.objects.get(AHEAD).starts_on == was


def test_a_race_that_the_live_source_cancelled_stays_so(
    ingest: Importer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 1, tzinfo=UTC)
    ingest()
    first, *others = read(RACES, Q(season_id=2025))
    renumbered = [replace(race, round=n) for n, race in enumerate(others, start=1)]

    outcome = say(Source.LIVE, Facts(races=renumbered), whole_seasons={2025})
    # What the live source says of a race it dropped is that it is not to be.
    race = Race.objects.get(season_id=2025, grand_prix=first.grand_prix)
    assert (race.status, race.round) == (Race.Status.CANCELLED, None)
    assert any("vanished" in note for note in outcome.notes)

    ingest()

    race.refresh_from_db()
    assert (race.status, race.round) == (Race.Status.CANCELLED, None)


def test_two_archives_in_a_row_do_not_move_a_race_back(
    ingest: Importer, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 1, tzinfo=UTC)
    ingest()
    race = postpone(days=7)

    for _ in range(2):
        assert ingest().outcome.is_unchanged

    assert origin(race, "races").source == Source.LIVE
    assert origin(race, "sessions").source == Source.LIVE
    assert Race.objects.get(AHEAD).starts_on == race.starts_on


# --- line-ups of races ahead --------------------------------------------------------
def seat(driver: str, team: str, car_number: str) -> EntryRecord:
    race = (2025, "australia")
    return EntryRecord(race, driver, team, car_number, is_practice_only=False)


STAND_IN = [
    seat("max-verstappen", "red-bull", "1"),
    seat("valtteri-bottas", "ferrari", "77"),
]


def line_up() -> list[str]:
    return [row.driver for row in read(ENTRIES, Q(race__in=Race.objects.filter(AHEAD)))]


def test_a_line_up_is_not_written_by_turns(ingest: Importer, settings: Any) -> None:
    settings.F1_NOW = datetime(2025, 3, 1, tzinfo=UTC)
    ingest()
    planned = line_up()
    say(Source.LIVE, Facts(entries=STAND_IN))
    assert line_up() == ["max-verstappen", "valtteri-bottas"] != planned

    for _ in range(2):
        assert ingest().outcome.is_unchanged
        assert say(Source.LIVE, Facts(entries=STAND_IN)).is_unchanged

    settings.F1_NOW = datetime(2025, 3, 20, tzinfo=UTC)
    ingest()
    assert line_up() == planned


@pytest.mark.parametrize("sheet", [RACE_RESULTS, QUALIFYING])
def test_the_archive_knows_the_line_up_of_a_session_it_has(
    sheet: str, ingest: Importer, mini: MiniArchive, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 16, tzinfo=UTC)
    ingest()
    say(Source.LIVE, Facts(entries=STAND_IN))
    row = mini.find(sheet, raceId="1115", positionDisplayOrder="2")
    mini.files[sheet].append(row | {"raceId": "1126", "positionDisplayOrder": "1"})

    ingest()
    raced = line_up()
    outcome = say(Source.LIVE, Facts(entries=STAND_IN))

    assert raced == [row["driverId"]]
    assert outcome.passed_over == {"entries": STAND_IN}
    assert line_up() == raced


# --- how far a source reaches -------------------------------------------------------
@pytest.mark.django_db
def test_a_sheet_replaces_its_session_and_leaves_the_others() -> None:
    season = mini_season()
    race, (one, two, *_) = season.next_race, list(CAST)
    friday = [practice(race, "FP1", one, 1), practice(race, "FP1", two, 2)]
    say(Source.UPLOAD, Facts(practice_results=friday))
    say(Source.UPLOAD, Facts(practice_results=[practice(race, "FP2", two, 1)]))
    say(Source.UPLOAD, Facts(practice_results=[practice(race, "FP1", two, 1)]))

    rows = PracticeResult.objects.filter(race=race).order_by("kind", "display_order")
    assert list(rows.values_list("kind", "driver__slug")) == [
        ("FP1", two),
        ("FP2", two),
    ]


@pytest.mark.django_db
def test_nothing_said_takes_nothing_away(record_hash: Callable[[], str]) -> None:
    mini_season()
    before = record_hash()
    say(Source.LIVE, Facts())
    assert record_hash() == before


def test_a_sheet_with_most_rows_missing_is_refused(
    ingest: Importer, record_hash: Callable[[], str]
) -> None:
    ingest()
    race = Race.objects.by_round(2024, 14)
    rows = read(PRACTICE_RESULTS, BELGIUM)
    Provenance.objects.filter(race=race).update(source=Source.LIVE)
    many = [
        replace(row, driver=slug, display_order=n, position=n)
        for row in rows[:1]
        for n, slug in enumerate(DRIVERS, start=1)
    ]
    say(Source.LIVE, Facts(races=read(RACES, Q(pk=race.pk)), practice_results=many))
    before = record_hash()

    with pytest.raises(SourceFormatError, match="Rows of the record are missing"):
        say(
            Source.LIVE,
            Facts(races=read(RACES, Q(pk=race.pk)), practice_results=many[:1]),
        )

    assert record_hash() == before


# --- provenance ---------------------------------------------------------------------
def test_each_sheet_knows_the_import_that_changed_it(
    ingest: Importer, mini: MiniArchive, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 1, 1, tzinfo=UTC)
    ingest()
    first = SourceFetch.objects.get()
    belgium = Race.objects.by_round(2024, 14)
    mini.find("f1db-races-race-results.csv", raceId="1115", positionText="1")[
        "points"
    ] = "24"

    settings.F1_NOW = datetime(2025, 1, 2, tzinfo=UTC)
    ingest()

    changed, same = origin(belgium, "results"), origin(belgium, "races")
    second = SourceFetch.objects.latest("id")
    assert (changed.fetch, changed.changed_at) == (second, settings.F1_NOW)
    assert (same.fetch, same.changed_at.date()) == (first, date(2025, 1, 1))
    assert {changed.confirmed_at, same.confirmed_at} == {settings.F1_NOW}
    assert changed.n_rows == RaceResult.objects.filter(race=belgium).count()


def test_a_sheet_that_is_gone_has_no_origin(
    ingest: Importer, mini: MiniArchive, tmp_path: Path
) -> None:
    ingest()
    friday = Provenance.objects.filter(sheet="practice_results FP1")
    assert friday.exists()
    mini.files[PRACTICE] = []
    release = str(mini.write_folder(tmp_path / "next"))

    with pytest.raises(SourceFormatError):
        import_archive(location=release)
    assert friday.exists()

    import_archive(location=release, allow_removals=True)
    assert not friday.exists()


def test_an_import_that_was_broken_off_is_seen(db: None) -> None:
    with pytest.raises(KeyboardInterrupt), documented("live", "somewhere") as run:
        assert SourceFetch.objects.get().outcome == SourceFetch.Outcome.RUNNING
        raise KeyboardInterrupt
    assert run.fetch
    assert (run.fetch.outcome, run.fetch.error) == ("failed", "KeyboardInterrupt")


def test_a_sheet_of_an_editor_stays_until_the_archive_has_it(
    ingest: Importer, mini: MiniArchive
) -> None:
    ingest()
    race = Race.objects.by_round(2024, 14)
    ours = practice(race, "FP2", "max-verstappen", 1)
    say(Source.UPLOAD, Facts(practice_results=[ours]))

    assert ingest().outcome.is_unchanged

    assert read(PRACTICE_RESULTS, BELGIUM & Q(kind="FP2")) == [ours]
    assert origin(race, "practice_results FP2").source == Source.UPLOAD
    theirs = mini.files[PRACTICE][0] | {"raceId": "1115"}
    mini.files["f1db-races-free-practice-2-results.csv"].append(theirs)
    ingest()
    assert read(PRACTICE_RESULTS, BELGIUM & Q(kind="FP2")) != [ours]
    assert origin(race, "practice_results FP2").source == Source.ARCHIVE


def test_rows_typed_in_where_the_archive_has_none_stay(ingest: Importer) -> None:
    ingest()
    race = Race.objects.by_round(2024, 14)
    driver = Driver.objects.get(slug="max-verstappen")
    PracticeResult.objects.create(
        race=race,
        kind="FP3",
        driver=driver,
        team=Team.objects.get(slug="red-bull"),
        display_order=1,
        position=1,
    )
    assert ingest().outcome.is_unchanged
    assert PracticeResult.objects.filter(race=race, kind="FP3").count() == 1


def test_an_archive_without_standings_leaves_those_of_the_live_source(
    ingest: Importer, mini: MiniArchive, settings: Any
) -> None:
    settings.F1_NOW = datetime(2025, 3, 20, tzinfo=UTC)
    ingest()
    (ahead,) = read(RACES, AHEAD)
    (rank, *_) = read(DRIVER_STANDINGS, Q())
    (won, *_) = read(RESULTS, BELGIUM)
    ranked = replace(rank, race=ahead.ref)
    held = replace(ahead, status="completed")
    result = replace(won, race=ahead.ref)
    say(Source.LIVE, Facts(races=[held], results=[result], driver_standings=[ranked]))
    first = mini.find(RACE_RESULTS, raceId="1115", positionDisplayOrder="2")
    mini.files[RACE_RESULTS].append(
        first | {"raceId": "1126", "positionDisplayOrder": "1"}
    )

    ingest()

    race = Race.objects.get(AHEAD)
    assert read(DRIVER_STANDINGS, Q(race=race)) == [ranked]
    assert origin(race, "results").source == Source.ARCHIVE
    assert origin(race, "driver_standings").source == Source.LIVE
    assert ingest().outcome.is_unchanged


def test_an_archive_that_lags_behind_leaves_an_upload_alone(
    ingest: Importer, settings: Any
) -> None:
    ingest()
    race = Race.objects.filter(status="scheduled").earliest("starts_on")
    settings.F1_NOW = datetime(race.season_id + 1, 1, 1, tzinfo=UTC)
    lines = export_upload(race=race, sheet="results").splitlines()
    assert len(lines) > 1
    head, row = lines[0].split(","), lines[1].split(",")
    told = dict(zip(head, row, strict=True))
    told |= {"position": "1", "status": "finished", "points": "25"}
    text = "\n".join([lines[0], ",".join(told.values())])
    import_upload(race=race, sheet="results", content=text.encode(), author=None)

    ingest()

    assert RaceResult.objects.get(race=race).points == 25
    assert Race.objects.get(pk=race.pk).is_completed
