"""What of the record is rated, and as what."""

from typing import Any

import pytest

from ingestion.models import QualifyingResult, Race, ResultStatus, Team, TeamEra
from ingestion.tests.factories import (
    make_driver,
    make_race,
    make_result,
    make_team,
    mini_season,
)
from ratings.elo import Ending
from ratings.rows import Lineages, Record, ending_of, read_record

pytestmark = pytest.mark.django_db


def held(**facts: Any) -> Race:
    return make_race(status=Race.Status.COMPLETED, laps=57, **facts)


def rows_of(record: Record, kind: str = "race") -> list[tuple[int, int, int]]:
    """Key of the driver, rank and ending of each row."""
    history = record.histories[kind]
    drivers = record.driver_ids[history.driver].tolist()
    return list(
        zip(drivers, history.rank.tolist(), history.ending.tolist(), strict=True)
    )


def test_rows_come_by_driver_not_by_finish() -> None:
    season = mini_season()
    record = read_record()
    assert record.race_ids.tolist() == [race.pk for race in season.races]
    assert record.driver_ids.tolist() == sorted(d.pk for d in season.drivers.values())
    for history in record.histories.values():
        assert history.driver.tolist() == [*range(6)] * 3


@pytest.mark.parametrize(
    ("status", "reason", "ending"),
    [
        ("retired", "Engine", Ending.FAILED),
        ("retired", "", Ending.FAILED),
        ("retired", "Spun off", Ending.CRASHED),
        ("retired", "Collision damage", Ending.CRASHED),
        ("retired", "Fatal accident", Ending.CRASHED),
        ("not_classified", "Accident", Ending.FAILED),
    ],
)
def test_retirements_go_by_their_cause(
    status: str, reason: str, ending: Ending
) -> None:
    assert ending_of(status, reason) == ending


def test_only_who_raced_is_rated() -> None:
    race, team = held(), make_team()
    drivers = {status: make_driver(status.replace("_", "-")) for status in ResultStatus}
    for place, status in enumerate(ResultStatus, start=1):
        is_home = status in {ResultStatus.FINISHED, ResultStatus.LAPPED}
        make_result(
            race,
            drivers[status],
            team,
            place,
            position=place if is_home else None,
            status=status,
        )
    assert rows_of(read_record()) == [
        (drivers[ResultStatus.FINISHED].pk, 1, Ending.FINISHED),
        (drivers[ResultStatus.LAPPED].pk, 2, Ending.FINISHED),
        (drivers[ResultStatus.RETIRED].pk, 1003, Ending.FAILED),
        (drivers[ResultStatus.NOT_CLASSIFIED].pk, 1007, Ending.FAILED),
    ]


def test_who_finished_counts_though_a_reason_is_given() -> None:
    race, driver = held(), make_driver()
    make_result(race, driver, make_team(), 1, reason="Engine")
    assert rows_of(read_record()) == [(driver.pk, 1, Ending.FINISHED)]


def test_who_stopped_is_no_finisher_though_the_rules_count_the_distance() -> None:
    race, team = held(), make_team()
    stops = {1: "", 2: "Accident", 3: "Fuel system", 4: "", 5: "Gearbox"}
    drivers = {place: make_driver(f"driver-{place}") for place in stops}
    for place, reason in stops.items():
        make_result(
            race,
            drivers[place],
            team,
            place,
            position=place if place < 5 else None,
            status="retired" if reason else "finished",
            reason=reason,
        )
    assert rows_of(read_record()) == [
        (drivers[1].pk, 1, Ending.FINISHED),
        (drivers[2].pk, 1002, Ending.CRASHED),
        (drivers[3].pk, 1003, Ending.FAILED),
        (drivers[4].pk, 4, Ending.FINISHED),
        (drivers[5].pk, 1005, Ending.FAILED),
    ]


def test_indianapolis_is_left_out_while_it_was_a_world_of_its_own() -> None:
    then = held(year=1955, round=3, grand_prix="indianapolis")
    later = held(year=2005, round=9, grand_prix="united-states")
    for race in (then, later):
        make_result(race, make_driver(), make_team(), 1)
    assert read_record().race_ids.tolist() == [later.pk]


def test_a_race_of_a_lap_or_two_was_none() -> None:
    spa = held(year=2021, round=12)
    Race.objects.filter(pk=spa.pk).update(laps=1)
    driver, team = make_driver(), make_team()
    make_result(spa, driver, team, 1)
    qualify(spa, 1, position=1)
    record = read_record()
    assert (rows_of(record), len(rows_of(record, "qualifying"))) == ([], 1)


def qualify(race: Race, place: int, **facts: Any) -> QualifyingResult:
    facts.setdefault("driver", make_driver(f"driver-{place}"))
    return QualifyingResult.objects.create(
        race=race, team=make_team(), display_order=place, **facts
    )


def test_qualifying_counts_where_it_counted() -> None:
    race = held()
    first, second, third = (
        qualify(race, 1, position=1).driver_id,
        qualify(race, 2, status="not_classified").driver_id,
        qualify(race, 3, position=3, status="disqualified").driver_id,
    )
    qualify(race, 4, position=1, kind="sprint_qualifying")
    assert rows_of(read_record(), "qualifying") == [
        (first, 1, Ending.FINISHED),
        (second, 1002, Ending.FAILED),
        (third, 1003, Ending.FAILED),
    ]


def test_of_two_rows_of_a_driver_the_first_counts() -> None:
    race, driver = held(), make_driver()
    make_result(race, driver, make_team("ferrari"), 5)
    make_result(race, driver, make_team("maserati"), 3, is_shared_car=True)
    record = read_record()
    assert rows_of(record) == [(driver.pk, 3, Ending.FINISHED)]
    assert record.lineages == ["maserati"]


def test_lineages_go_by_year() -> None:
    renault = make_team("renault")
    TeamEra.objects.create(
        team=renault, lineage="toleman", first_year=2002, last_year=2011
    )
    TeamEra.objects.create(team=renault, lineage="toleman", first_year=2016)
    lineages = Lineages()
    found = {year: lineages.of(renault.pk, year) for year in (1980, 2005, 2013, 2030)}
    assert found == {
        1980: "renault",
        2005: "toleman",
        2013: "renault",
        2030: "toleman",
    }


def test_digests_tell_races_apart_and_nothing_else() -> None:
    season = mini_season()
    before = read_record()
    last = season.races[-1]
    last.results.filter(position=1).update(points=99)
    make_driver("aaron-new-comer")
    Team.objects.filter(slug="ferrari").update(name="Scuderia")
    assert read_record().digests == before.digests
    last.results.filter(position=None).update(reason="Accident")
    after = read_record()
    assert after.digests[:2] == before.digests[:2]
    assert after.digests[2] != before.digests[2]
    assert after.data_hash != before.data_hash
