"""What the page of a race tells of its weekend beside forecast and result."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils.html import strip_tags

from ingestion.models import (
    Circuit,
    Entry,
    GridPenalty,
    GridSlot,
    QualifyingResult,
    Race,
    RaceResult,
    Session,
    WeatherData,
)
from predictions.tests import api_cast
from predictions.tests.api_cast import Cast

Words = Callable[[str], str]
VEGAS, MELBOURNE = "/races/2024/22/", "/races/2025/1/"


@pytest.fixture
def cast(db: None, settings: Any) -> Cast:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    return api_cast.make()


@pytest.fixture
def words(client: Client) -> Words:
    """A page without its markup."""

    def read(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200
        return " ".join(strip_tags(response.content.decode()).split())

    return read


def test_who_is_classified_without_the_flag_has_his_reason(
    cast: Cast, words: Words
) -> None:
    cast.vegas.results.filter(position=3).update(status="retired", reason="Brakes")
    assert "Ferrari 3 – brakes" in words(VEGAS)


def test_a_race_of_one_lap_has_no_laps(cast: Cast, words: Words) -> None:
    cast.vegas.laps, cast.vegas.course_length_km = 1, Decimal("7.004")
    cast.vegas.save()
    assert "1 lap of 7.004 km" in words(VEGAS)
    cast.vegas.laps, cast.vegas.course_length_km = 1, None
    cast.vegas.save()
    assert "1 lap " in words(VEGAS)


def test_a_race_behind_the_next_one_waits_for_those_before_it(
    cast: Cast, words: Words
) -> None:
    jeddah = api_cast._race(
        2025_002, 2, "saudi-arabia", "Jeddah", datetime(2025, 3, 23, tzinfo=UTC).date()
    )
    said = words("/races/2025/2/")
    assert (
        "Only the next race is forecast: this one once the result of the"
        " Melbourne Grand Prix is in the record." in said
    )
    assert "It is issued" not in said
    for path in ("/", MELBOURNE):
        assert "Its line-up is in the record" in words(path)
    jeddah.delete()
    cast.melbourne.entries.all().delete()
    for path in ("/", MELBOURNE):
        assert "from the line-up of the last race" in words(path)


def test_weather_that_is_still_to_come_says_when(
    cast: Cast, words: Words, settings: Any
) -> None:
    for path in ("/", MELBOURNE):
        assert "No weather forecast yet" in words(path)
    settings.F1_NOW = datetime(2025, 2, 1, 12, tzinfo=UTC)
    for path in ("/", MELBOURNE):
        assert "Weather forecast from 1 Mar 2025 on" in words(path)


def test_the_page_of_a_sprint_shows_its_own_weather(cast: Cast, words: Words) -> None:
    cast.vegas.sprint_format = "qualifying_2024"
    cast.vegas.save()
    said = words(f"{VEGAS}sprint/")
    assert "Sprint not known – – – – –" in said
    assert "12 °C, dry" not in said
    WeatherData.objects.create(
        race=cast.vegas, kind="sprint", source="test", air_temp_c=15, condition="wet"
    )
    assert "Sprint 15 °C, wet" in words(f"{VEGAS}sprint/")
    assert "Sprint not known" not in words(VEGAS)


def test_the_timetable_says_what_is_over_and_what_is_next(
    cast: Cast, words: Words, settings: Any
) -> None:
    race = cast.melbourne
    Circuit.objects.filter(pk=race.circuit_id).update(time_zone="Australia/Melbourne")
    race.sessions.all().delete()
    friday = datetime(2025, 3, 14, 1, 30, tzinfo=UTC)
    for kind, hours in (("FP1", 0), ("FP2", 3.5), ("race", 0)):
        moment = friday + timedelta(hours=hours)
        Session.objects.create(
            race=race, kind=kind, starts_on=moment.date(), starts_at=moment
        )
    Session.objects.create(race=race, kind="qualifying", starts_on=date(2025, 3, 15))
    lines = [
        "FP1 Fri 14 Mar 2025, 01:30 UTC 12:30 Fri",
        "FP2 Fri 14 Mar 2025, 05:00 UTC 16:00 Fri",
        "Qualifying 15 Mar 2025, time not known",
        "Race Sun 16 Mar 2025, 06:00 UTC 17:00 Sun",
    ]
    said = words(MELBOURNE)
    assert "Timetable next: FP1, 14 Mar, 01:30 UTC" in said
    assert " ".join([f"{lines[0]} next", *lines[1:]]) in said
    settings.F1_NOW = friday + timedelta(minutes=10)
    shown = [f"{lines[0]} under way", f"{lines[1]} next", *lines[2:]]
    assert " ".join(shown) in words(MELBOURNE)
    settings.F1_NOW = friday + timedelta(hours=5)
    shown = [f"{lines[0]} over", f"{lines[1]} over", f"{lines[2]} next", lines[3]]
    assert " ".join(shown) in words(MELBOURNE)


def test_nothing_of_a_postponed_weekend_is_over(
    cast: Cast, words: Words, settings: Any
) -> None:
    Race.objects.filter(pk=cast.melbourne.pk).update(status="postponed")
    settings.F1_NOW = datetime(2025, 3, 20, tzinfo=UTC)
    said = words(MELBOURNE)
    assert "Race Sun 16 Mar 2025, 06:00 UTC" in said
    assert "06:00 UTC over" not in said


def test_a_weekend_without_times_says_so(cast: Cast, words: Words) -> None:
    cast.vegas.sessions.all().delete()
    Race.objects.filter(pk=cast.vegas.pk).update(starts_at=None)
    assert "Timetable no times in the record No times in the record" in words(VEGAS)


def test_the_page_of_a_sprint_has_its_start_at_the_track(
    cast: Cast, words: Words
) -> None:
    Race.objects.filter(pk=cast.melbourne.pk).update(sprint_format="qualifying_2024")
    Circuit.objects.filter(pk=cast.melbourne.circuit_id).update(
        time_zone="Australia/Melbourne"
    )
    start = datetime(2025, 3, 15, 2, tzinfo=UTC)
    Session.objects.create(
        race=cast.melbourne, kind="sprint", starts_on=start.date(), starts_at=start
    )
    said = words(f"{MELBOURNE}sprint/")
    assert "13:00 Sat at the track" in said
    assert "Sprint Sat 15 Mar 2025, 02:00 UTC 13:00 Sat" in said


@pytest.fixture
def qualified(cast: Cast) -> Cast:
    """Three parts; the third lost his laps, the last was out in the first part."""
    laps = [(90_500, 90_100, 89_000), (90_600, 90_000, 89_152), (90_700, None, None)]
    for place, (q1, q2, q3) in enumerate(laps, start=1):
        QualifyingResult.objects.filter(
            race=cast.vegas, kind="qualifying", position=place
        ).update(q1_ms=q1, q2_ms=q2, q3_ms=q3)
    QualifyingResult.objects.filter(
        race=cast.vegas, kind="qualifying", position=4
    ).update(position=None, status="excluded", q1_ms=None)
    return cast


def test_qualifying_shows_its_parts_the_gap_and_who_was_out_where(
    qualified: Cast, words: Words
) -> None:
    said = words(VEGAS)
    assert "Qualifying RUS first in 1:29.000, 0.152 s before HAM" in said
    assert "Pos. Driver Team Q1 Q2 Q3 Gap Out in" in said
    assert (
        "1 RUSGeorge Russell Mercedes 1:30.500 1:30.100 1:29.000 – "
        "2 HAMLewis Hamilton Mercedes 1:30.600 1:30.000 1:29.152 +0.152 "
        "3 SAICarlos Sainz Ferrari 1:30.700 – +1.700 Q2 "
        "– LECCharles Leclerc Ferrari – excluded Q1"
    ) in said


def test_qualifying_in_one_part_shows_its_lap(cast: Cast, words: Words) -> None:
    rows = QualifyingResult.objects.filter(race=cast.vegas, kind="qualifying")
    rows.update(q1_ms=None, time_ms=F("display_order") * 1000 + 90_000)
    said = words(VEGAS)
    assert "Pos. Driver Team Lap Gap 1 RUSGeorge Russell Mercedes 1:31.000 –" in said
    assert "2 HAMLewis Hamilton Mercedes 1:32.000 +1.000" in said


def test_the_page_of_a_sprint_shows_what_set_its_grid(cast: Cast, words: Words) -> None:
    Race.objects.filter(pk=cast.vegas.pk).update(sprint_format="qualifying_2024")
    QualifyingResult.objects.filter(race=cast.vegas, kind="sprint_qualifying").update(
        q1_ms=95_000, q2_ms=94_000, q3_ms=93_000
    )
    said = words(f"{VEGAS}sprint/")
    assert "Sprint qualifying RUS first in 1:33.000" in said
    assert "Team SQ1 SQ2 SQ3 Gap" in said
    assert "1:30.000" not in said
    assert "Entry list" not in said
    assert "Starting grid RUS and HAM on the front row" in said  # of its result


def test_the_grid_says_who_moved_and_why(cast: Cast, words: Words) -> None:
    slots = GridSlot.objects.filter(race=cast.vegas)
    slots.update(qualifying_position=2)
    slots.filter(position=2).update(penalty="5", penalty_places=5)
    slots.filter(position=3).update(penalty="SFB")
    slots.filter(position=4).update(position=None, from_pit_lane=True)
    GridPenalty.objects.create(
        race=cast.vegas,
        driver=cast.drivers["lewis-hamilton"],
        places=5,
        reason="gearbox",
        announced_at=datetime(2024, 11, 23, tzinfo=UTC),
    )
    said = words(VEGAS)
    assert "Starting grid RUS and HAM on the front row, 2 penalised" in said
    assert (
        "2 HAMLewis Hamilton Mercedes 2nd 5 places, gearbox "
        "3 SAICarlos Sainz Ferrari 2nd back of the grid "
        "pit LECCharles Leclerc Ferrari 2nd "
    ) in said


def test_a_grid_that_came_with_the_result_is_shown(cast: Cast, words: Words) -> None:
    GridSlot.objects.all().delete()
    RaceResult.objects.filter(race=cast.vegas, grid=1).update(
        grid=None, from_pit_lane=True
    )
    said = words(VEGAS)
    assert "Starting grid HAM and SAI on the front row Slot" in said
    assert "pit RUSGeorge Russell Mercedes – " in said


def test_penalties_are_told_before_there_is_a_grid(
    cast: Cast, words: Words, settings: Any
) -> None:
    GridPenalty.objects.create(
        race=cast.melbourne,
        driver=cast.drivers["lewis-hamilton"],
        places=5,
        reason="gearbox",
        announced_at=datetime(2025, 3, 10, 13, tzinfo=UTC),
    )
    said = words(MELBOURNE)
    assert "Not in the record yet: practice, qualifying, starting grid" in said
    assert "Practice has no source here: an editor uploads it." in said
    assert "gearbox" not in said
    settings.F1_NOW = datetime(2025, 3, 10, 14, tzinfo=UTC)
    said = words(MELBOURNE)
    assert "Announced for the grid: Lewis Hamilton, 5 places: gearbox." in said


def test_practice_shows_best_laps_by_session(cast: Cast, words: Words) -> None:
    cast.vegas.practice_results.update(position=F("display_order"))
    row = cast.vegas.practice_results.get(position=2)
    row.pk, row.kind, row.time_ms, row.position = None, "FP2", 90_500, 1
    row.save()
    said = words(VEGAS)
    assert "Practice HAM fastest, 1:30.500 in FP2" in said
    assert (
        "HAMLewis Hamilton Mercedes 1:31.001 (2) 1:30.500 (1) 1:30.500 "
        "RUSGeorge Russell Mercedes 1:31.000 (1) 1:31.000 "
    ) in said


def test_stand_ins_are_marked_with_whom_they_replace(cast: Cast, words: Words) -> None:
    before = api_cast._race(2024_021, 21, "brazil", "Interlagos", date(2024, 11, 3))
    for entry in Entry.objects.filter(race=cast.vegas):
        entry.pk, entry.race = None, before
        entry.save()
    bearman = api_cast._driver("oliver-bearman", "Oliver Bearman", "BEA")
    Entry.objects.filter(race=cast.vegas, driver__slug="carlos-sainz-jr").update(
        driver=bearman, car_number="38"
    )
    Entry.objects.create(
        race=cast.vegas,
        driver=api_cast._driver("theo-pourchaire", "Theo Pourchaire", "POU"),
        team=cast.teams["mercedes"],
        is_practice_only=True,
    )
    said = words(VEGAS)
    assert "Entry list 4 drivers" in said
    assert "38 BEAOliver Bearman Ferrari for Carlos Sainz " in said
    assert "– POUTheo Pourchaire Mercedes practice only" in said
    assert "for Carlos Sainz" not in words("/races/2024/21/")


@pytest.mark.parametrize(
    ("card", "n_rows", "column"),
    [
        ("timetable", 2, "at_the_track"),
        ("qualifying", 4, "gap_ms"),
        ("grid", 4, "penalty"),
        ("practice", 4, "time_ms"),
        ("entries", 4, "stands_in_for"),
    ],
)
def test_each_table_can_be_taken_along(
    card: str, n_rows: int, column: str, cast: Cast, client: Client
) -> None:
    page = client.get(VEGAS).content.decode()
    for form in ("csv", "json"):
        assert f'href="{VEGAS}{card}.{form}"' in page
    rows = list(
        csv.DictReader(client.get(f"{VEGAS}{card}.csv").content.decode().splitlines())
    )
    lines = json.loads(client.get(f"{VEGAS}{card}.json").content)["results"]
    assert len(rows) == len(lines) == n_rows
    assert column in rows[0]
    assert list(rows[0]) == list(lines[0])


def test_a_table_that_is_not_there_has_no_file(cast: Cast, client: Client) -> None:
    assert client.get(f"{MELBOURNE}grid.csv").status_code == 404
    assert client.get(f"{MELBOURNE}timetable.csv").status_code == 200
