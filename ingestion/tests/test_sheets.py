"""Cells become values, or an error that says which cell."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import SourceFormatError
from ingestion.sources import f1db, sheets
from ingestion.sources.sheets import Sheet
from ingestion.sources.weather import kmh


@dataclass(frozen=True)
class Lap:
    driver: str
    time_ms: int | None


LAPS = Sheet(
    "laps.csv",
    Lap,
    {
        "driver": sheets.required("driver"),
        "time_ms": sheets.optional_whole("millis"),
    },
    unique=("driver",),
)


@given(st.integers(min_value=0))
def test_whole_numbers_come_back(number: int) -> None:
    assert sheets.whole_number(str(number)) == number


@given(st.text())
def test_a_whole_number_is_digits_and_nothing_else(text: str) -> None:
    is_plain = text != "" and all(letter in "0123456789" for letter in text)
    try:
        assert sheets.whole_number(text) == int(text)
        assert is_plain
    except ValueError:
        assert not is_plain


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_decimals_come_back(number: Decimal) -> None:
    assert sheets.decimal_number(f"{number:f}") == number


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e9", "", ".", "-", "1_0", "٣"])
def test_what_only_looks_like_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        sheets.decimal_number(text)


@given(st.dates(), st.times(timezones=st.none()).map(lambda t: t.replace(second=0)))
def test_moments_are_in_utc(day: date, at: time) -> None:
    moment = sheets.moment(day.isoformat(), f"{at:%H:%M}")
    assert moment == datetime(*day.timetuple()[:3], at.hour, at.minute, tzinfo=UTC)
    assert sheets.moment(day.isoformat(), "") is None


@given(st.lists(st.tuples(st.text(min_size=1), st.none() | st.integers(0))))
def test_rows_come_back_whatever_their_texts(
    laps: list[tuple[str, int | None]],
) -> None:
    rows = dict(laps)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("millis", "more", "driver"))
    writer.writerows((millis, "", driver) for driver, millis in rows.items())
    out.seek(0)
    assert LAPS.read(out) == [Lap(*row) for row in rows.items()]


def test_errors_name_row_column_value_and_what_was_expected() -> None:
    lines = ["driver,millis\n", "VER,1\n", ",2\n", "HAM,fast\n", "VER,3\n", "VER,4\n"]
    with pytest.raises(SourceFormatError) as caught:
        LAPS.read(lines)
    assert caught.value.problems == [
        "laps.csv row 3, driver: ''; expected text",
        "laps.csv row 4, millis: 'fast'; expected a whole number or nothing",
        "laps.csv row 6 has the same driver as a row above",
    ]


def test_reading_stops_when_everything_is_wrong() -> None:
    lines = ["driver,millis\n", *[",x\n"] * 100_000]
    with pytest.raises(SourceFormatError) as caught:
        LAPS.read(lines)
    assert len(caught.value.problems) == sheets.ENOUGH


def test_an_empty_file_lacks_its_columns() -> None:
    with pytest.raises(SourceFormatError, match="begins with nothing at all"):
        LAPS.read([])


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        (("1", "1", "", ""), "finished"),
        (("12", "12", "1", ""), "lapped"),
        (("17", "17", "", "Brakes"), "retired"),
        (("20", "20", "7", "Collision damage"), "retired"),
        (("", "DNF", "", "Engine"), "retired"),
        (("", "DNS", "", "Accident"), "did_not_start"),
        (("", "DNP", "", ""), "did_not_start"),
        (("", "EX", "", "Car underweight"), "did_not_start"),
        (("", "DNQ", "", ""), "did_not_qualify"),
        (("", "DNPQ", "", ""), "did_not_qualify"),
        (("", "DSQ", "", ""), "disqualified"),
        (("", "NC", "15", ""), "not_classified"),
    ],
)
def test_how_a_race_ended(cells: tuple[str, str, str, str], status: str) -> None:
    assert f1db.finish_status(cells) == status


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (("2021", "SPRINT_RACE", ""), "sets_grid_2021"),
        (("2022", "SPRINT_RACE", ""), "sets_grid_2022"),
        (("2023", "KNOCKOUT", "SPRINT_SHOOTOUT"), "shootout_2023"),
        (("2024", "KNOCKOUT", "SPRINT_SHOOTOUT"), "qualifying_2024"),
        (("2025", "KNOCKOUT", "SPRINT_SHOOTOUT"), "qualifying_2024"),
        (("2025", "KNOCKOUT", ""), ""),
    ],
)
def test_sprint_formats(cells: tuple[str, str, str], name: str) -> None:
    assert f1db.sprint_format(cells) == name


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("VER", "Verstappen"), "VER"),
        (("D'O", "D'Orey"), "DOR"),
        (("É-L", "Él"), "EL"),
        (("VE3", "Verstappen"), "VER"),
    ],
)
def test_codes_are_plain_capitals(cells: tuple[str, str], code: str) -> None:
    assert f1db.driver_code(cells) == code


def test_wind_becomes_kilometres_per_hour() -> None:
    assert kmh("3.82") == 13.75
