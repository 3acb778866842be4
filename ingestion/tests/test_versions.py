"""Versions of a result: provisional, final, amended; each is kept as it stood."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from ingestion import queries
from ingestion.models import Alias, Driver, Race, RaceResult, ResultVersion, Team
from ingestion.services.versions import note_typed_in, note_versions
from ingestion.tests.conftest import Importer
from ingestion.tests.factories import make_driver, make_race, make_team
from ingestion.tests.mini_archive import RESULTS, MiniArchive

SPRINT = "f1db-races-sprint-race-results.csv"
#: Belgium 2024, lights out on 28 July at 13:00: watched until the 30th, 15:00.
BELGIUM = "1115"
EVENING, MORNING = "2024-07-28T16:00", "2024-07-29T09:00"
AFTER, AUTUMN = "2024-07-30T15:00", "2024-09-20T10:00"

ImportAt = Callable[[str], list[str]]


@pytest.fixture
def import_at(ingest: Importer, mini: MiniArchive, settings: Settings) -> ImportAt:
    """Import the archive at a moment; answers the versions of Belgium 2024."""
    for race in ("1122", "1126", "1127"):  # not yet held, or ahead
        mini.drop_race(race)

    def run(moment: str) -> list[str]:
        settings.F1_NOW = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        ingest()
        return standings()

    return run


def belgium() -> Race:
    return Race.objects.get(season=2024, grand_prix="belgium")


def versions(kind: str = "race") -> list[ResultVersion]:
    return list(reversed(queries.versions_of(belgium(), kind)))


def standings() -> list[str]:
    return [version.standing for version in versions()]


def podium(version: ResultVersion) -> list[tuple[str, str, Decimal]]:
    rows: Any = queries.rows_of(version)[:2]
    return [(row.driver.slug, row.status, row.points) for row in rows]


def disqualify_hamilton(mini: MiniArchive) -> None:
    row = mini.find(RESULTS, raceId=BELGIUM, driverId="lewis-hamilton")
    row |= {"positionText": "DSQ", "positionNumber": "", "points": ""}


def award_less(mini: MiniArchive, points: str) -> None:
    mini.find(RESULTS, raceId=BELGIUM, driverId="max-verstappen")["points"] = points


def test_a_result_is_provisional_then_final_then_amended(
    import_at: ImportAt, mini: MiniArchive
) -> None:
    assert import_at(EVENING) == ["provisional"]
    assert import_at("2024-07-30T14:59") == ["provisional"]
    assert import_at(AFTER) == ["provisional", "final"]
    disqualify_hamilton(mini)
    assert import_at(AUTUMN) == ["provisional", "final", "amended"]

    first, second, third = versions()
    assert [version.known_at.isoformat()[:16] for version in versions()] == [
        EVENING,
        AFTER,
        AUTUMN,
    ]
    assert first.content_hash == second.content_hash != third.content_hash
    assert {version.source for version in versions()} == {"archive"}
    assert [version.fetch and version.fetch.outcome for version in versions()] == [
        "done"
    ] * 3
    assert podium(first)[0] == ("lewis-hamilton", "finished", Decimal(25))
    assert podium(third)[0] == ("lewis-hamilton", "disqualified", Decimal(0))


def test_the_same_twice_adds_nothing(import_at: ImportAt) -> None:
    import_at(AFTER)
    assert ResultVersion.objects.count() == 4
    assert import_at(AUTUMN) == ["final"]
    assert ResultVersion.objects.count() == 4


def test_it_stays_provisional_while_it_is_watched(
    import_at: ImportAt, mini: MiniArchive
) -> None:
    import_at(EVENING)
    award_less(mini, "11")
    assert import_at(MORNING) == ["provisional", "provisional"]
    award_less(mini, "10")
    assert import_at(AUTUMN) == ["provisional", "provisional", "final"]


@pytest.mark.parametrize(
    ("moment", "standing"),
    [("2021-08-31T23:59", "provisional"), ("2021-09-01T00:00", "final")],
)
def test_without_an_hour_the_watch_begins_with_the_end_of_the_day(
    moment: str, standing: str, import_at: ImportAt
) -> None:
    import_at(moment)
    race = Race.objects.get(season=2021, grand_prix="belgium")
    assert queries.versions_of(race).get().standing == standing


def test_an_undo_is_a_version_of_its_own(
    import_at: ImportAt, mini: MiniArchive
) -> None:
    import_at(AFTER)
    award_less(mini, "11")
    import_at(AUTUMN)
    award_less(mini, "12")
    assert import_at(AUTUMN) == ["final", "amended", "amended"]
    first, _, third = versions()
    assert (first.content_hash, first.rows) == (third.content_hash, third.rows)


def test_a_sprint_has_versions_of_its_own(
    ingest: Importer, mini: MiniArchive, settings: Settings
) -> None:
    settings.F1_NOW = datetime(2024, 11, 6, tzinfo=UTC)
    ingest()
    mini.find(SPRINT, driverId="lando-norris", raceId="1122")["points"] = "7.5"
    ingest()
    race = Race.objects.get(season=2024, grand_prix="sao-paulo")
    assert [
        (version.kind, version.number, version.standing)
        for version in ResultVersion.objects.filter(race=race)
    ] == [("race", 1, "final"), ("sprint", 1, "final"), ("sprint", 2, "amended")]
    newest, before = queries.versions_of(race, "sprint")
    assert [version.rows[0]["points"] for version in (before, newest)] == [
        "8.00",
        "7.50",
    ]


def test_a_version_reads_as_the_tables_did(ingest: Importer) -> None:
    """Every field, also of shared cars, pit lanes and half points."""
    ingest()
    names = {field.attname for field in RaceResult._meta.concrete_fields} - {"id"}
    for race in Race.objects.held():
        rows: Any = queries.rows_of(queries.versions_of(race).get())
        was = [[getattr(row, name) for name in sorted(names)] for row in rows]
        now = race.results.order_by("display_order").values_list(*sorted(names))
        assert was == [list(row) for row in now]


def test_names_that_are_gone_are_followed_or_spelled_out(ingest: Importer) -> None:
    ingest()
    version = queries.versions_of(belgium()).get()
    Driver.objects.filter(slug="lewis-hamilton").update(slug="sir-lewis")
    Alias.objects.create(kind="driver", alias="lewis-hamilton", slug="sir-lewis")
    Team.objects.filter(slug="kick-sauber").update(slug="audi")
    rows: Any = queries.rows_of(version)
    assert rows[0].driver.slug == "sir-lewis"
    assert (rows[3].team.pk, rows[3].team.name) == (None, "Kick Sauber")


def test_it_is_no_version_when_nothing_is_left(ingest: Importer) -> None:
    ingest()
    race = belgium()
    race.results.all().delete()
    assert note_versions([race.pk], source="live") == []
    assert queries.versions_of(race).count() == 1


def test_an_editor_does_not_make_it_final(
    import_at: ImportAt, settings: Settings
) -> None:
    """A source has to say it again; somebody who saved a form has not."""
    import_at(EVENING)
    settings.F1_NOW = datetime.fromisoformat(AUTUMN).replace(tzinfo=UTC)
    note_typed_in([belgium().pk])
    assert standings() == ["provisional"]


def test_what_is_typed_in_row_by_row_is_one_version(
    import_at: ImportAt, settings: Settings
) -> None:
    import_at(AFTER)
    race = belgium()
    for display_order, points in ((1, 24), (2, 14), (3, 11)):
        race.results.filter(display_order=display_order).update(points=points)
        note_typed_in([race.pk])
    assert standings() == ["final", "amended"]
    typed_in = versions()[-1]
    assert (typed_in.source, typed_in.correction) == ("correction", None)
    assert [row["points"] for row in typed_in.rows[:3]] == ["24.00", "14.00", "11.00"]

    settings.F1_NOW = datetime.fromisoformat(AUTUMN).replace(tzinfo=UTC)
    race.results.filter(display_order=1).update(points=23)
    note_typed_in([race.pk])
    assert standings() == ["final", "amended", "amended"]


def test_rows_saved_in_the_admin_are_noted(admin_client: Client) -> None:
    race, team = make_race(), make_team()
    for place, slug in enumerate(("ann-one", "bob-two"), start=1):
        row: dict[str, Any] = {"race": race.pk, "team": team.pk}
        row |= {"driver": make_driver(slug).pk, "display_order": place}
        row |= {"points": 0, "status": "retired"}
        admin_client.post(reverse("admin:ingestion_raceresult_add"), row)
    version = ResultVersion.objects.get(race=race)
    assert [row["driver"] for row in version.rows] == ["ann-one", "bob-two"]
    assert (version.standing, version.source) == ("final", "correction")
