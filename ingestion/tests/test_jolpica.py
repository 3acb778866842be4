"""What the live source may say and what it may not, value by value; no network."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ingestion.errors import SourceFormatError
from ingestion.sources import jolpica
from ingestion.sources.jolpica import QUERIES, Query, fetch_query
from ingestion.tests.live_season import SEASON, LiveSeason

Row = dict[str, Any]
BY_NAME = {query.name: query for query in QUERIES}


def said(
    name: str, season: LiveSeason, change: Callable[[Row], None] = lambda data: None
) -> list[Any]:
    """The lines of a query, of answers that somebody changed."""
    query: Query = BY_NAME[name]

    def ask(address: str, offset: int) -> bytes:
        page = season.answer(address, {"limit": "100", "offset": str(offset)})
        document = json.loads(page or b"{}")
        change(document["MRData"])
        return json.dumps(document).encode()

    return query.parse(fetch_query(query, ask, SEASON, None), SEASON)


@pytest.mark.parametrize(
    ("name", "n_lines"),
    [
        ("calendar", 4),
        ("qualifying", 18),
        ("sprint", 6),
        ("results", 18),
        ("drivers", 6),
        ("teams", 4),
    ],
)
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_are_put_together(name: str, n_lines: int, limit: int) -> None:
    whole = said(name, LiveSeason(limit=100))
    assert said(name, LiveSeason(limit=limit)) == whole
    assert len(whole) == n_lines


def test_order_is_that_of_each_race() -> None:
    lines = said("results", LiveSeason())
    assert [line.display_order for line in lines] == [1, 2, 3, 4, 5, 6] * 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("points", "many"),
        ("points", "-1"),
        ("points", "NaN"),
        ("points", "1e9"),
        ("points", "12.345"),
        ("points", "٣"),
        ("points", "9999"),
        ("points", None),
        ("points", 25),
        ("points", ["25"]),
        ("laps", "-3"),
        ("laps", "251"),
        ("laps", "1.5"),
        ("laps", "1\0"),
        ("laps", ""),
        ("grid", "P1"),
        ("grid", "101"),
        ("position", "0"),
        ("position", ""),
        ("positionText", "X"),
        ("positionText", "0"),
        ("positionText", "1 or 2"),
        ("status", ""),
        ("status", "x" * 101),
        ("number", "1234"),
        ("Time", "1:33"),
        ("Time", {"millis": "0", "time": ""}),
        ("Time", {"millis": "5636736.5"}),
        ("FastestLap", {"Time": {"time": "1:3X.500"}}),
        ("FastestLap", {"rank": "first"}),
        ("Driver", None),
        ("Driver", {"driverId": "../etc"}),
        ("Constructor", "red_bull"),
    ],
)
def test_a_value_that_cannot_be_right_is_named(field: str, value: Any) -> None:
    season = LiveSeason()
    season.results[2][0][field] = value
    with pytest.raises(SourceFormatError) as error:
        said("results", season)
    (problem,) = error.value.problems
    assert problem.startswith("2023 round 2 ")
    assert field in problem or "driverId" in problem or "millis" in problem


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "2023-02-30"),
        ("date", "2022-12-31"),
        ("time", "25:00:00Z"),
        ("time", "15:00:00"),
        ("round", "0"),
        ("round", "1.0"),
        ("raceName", " "),
        ("raceName", "x" * 101),
        ("FirstPractice", {"date": "Friday"}),
        ("Circuit", {"circuitId": "bahrain"}),
    ],
)
def test_a_date_that_cannot_be_right_is_named(field: str, value: Any) -> None:
    season = LiveSeason()
    season.calendar[0][field] = value
    with pytest.raises(SourceFormatError):
        said("calendar", season)


@pytest.mark.parametrize("lat", ["91", "-91", "NaN", "Infinity", "north"])
def test_places_are_on_the_globe(lat: str) -> None:
    season = LiveSeason()
    season.calendar[0]["Circuit"]["Location"]["lat"] = lat
    with pytest.raises(SourceFormatError, match="expected degrees north"):
        said("calendar", season)


def test_many_wrong_values_are_named_at_once() -> None:
    season = LiveSeason()
    for rows in season.results.values():
        rows[0]["laps"] = "?"
    with pytest.raises(SourceFormatError) as error:
        said("results", season)
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total": "many"}, "total is 'many'"),
        ({"total": None}, "total is 'None'"),
        ({"total": "1501"}, "claims 1,501 rows"),
        ({"limit": "1000"}, "answers with 1000"),
        ({"offset": "-1"}, "offset is '-1'"),
        ({"RaceTable": []}, "RaceTable is"),
        ({"RaceTable": {"Races": {}}}, "a list of objects"),
        ({"RaceTable": {"Races": [1]}}, "a list of objects"),
        ({"RaceTable": {"Races": []}}, "0 rows from 0 on"),
    ],
)
def test_a_page_must_fit_what_was_asked_for(change: Row, words: str) -> None:
    with pytest.raises(SourceFormatError, match=words):
        said("results", LiveSeason(), lambda data: data.update(change))


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{}", b"<html>", b"\xff\xfe", b"[" * 10_000, b'{"a": NaN}'],
)
def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(SourceFormatError, match=r"2023/results\.json"):
        fetch_query(BY_NAME["results"], lambda address, offset: content, SEASON, None)


def test_a_total_that_grows_while_it_is_read_is_refused() -> None:
    def grow(data: Row) -> None:
        data["total"] = str(int(data["total"]) + (data["offset"] != "0"))

    with pytest.raises(SourceFormatError, match="changed while it was read"):
        said("results", LiveSeason(), grow)


def test_nobody_stands_twice_in_a_race() -> None:
    season = LiveSeason()
    season.results[1][3]["Driver"] = season.results[1][0]["Driver"]
    with pytest.raises(SourceFormatError) as error:
        said("results", season)
    assert error.value.problems == ["2023 round 1: max_verstappen stands there twice"]


def test_a_place_in_qualifying_may_be_held_twice() -> None:
    season = LiveSeason()
    season.qualifying[1][4]["position"] = "4"
    assert len(said("qualifying", season)) == 18


def test_rounds_of_a_calendar_have_no_gap() -> None:
    season = LiveSeason()
    del season.calendar[1]
    with pytest.raises(SourceFormatError, match=r"has the rounds \[1, 3, 4\]"):
        said("calendar", season)


def test_half_points_and_empty_fields_are_read() -> None:
    season = LiveSeason()
    season.results[1][0] |= {"points": "12.5", "FastestLap": {"lap": "3"}}
    del season.results[1][0]["Driver"]["permanentNumber"]
    del season.results[1][0]["Driver"]["dateOfBirth"]
    del season.calendar[0]["time"]
    first = said("results", season)[0]
    assert (first.points, first.best_lap_ms) == (Decimal("12.5"), None)
    assert (first.driver.permanent_number, first.driver.born_on) == ("", None)
    assert said("calendar", season)[0].starts_at is None


@pytest.mark.parametrize(
    ("text", "ms"), [("1:31.295", 91295), ("59.001", 59001), ("10:00.000", 600000)]
)
def test_lap_times_are_milliseconds(text: str, ms: int) -> None:
    assert jolpica.lap_time_ms(text) == ms
