"""What the drawings of the history add: early ends, marks, gaps and the strip."""

import re
from dataclasses import replace
from datetime import date

import pytest

from predictions.charts import lines, overview
from predictions.charts.lines import Point, Series
from predictions.tests.test_charts import line_of, well_formed


def test_lines_that_end_early_have_their_code_inside() -> None:
    late = line_of([1500, 1520], start=date(2024, 3, 1))
    early = Series(label="SEN", name="Senna", points=line_of([1600, 1648]).points)
    other = Series(label="PRO", name="Prost", points=early.points, is_third_car=True)
    drawn = lines.rating_plot(
        [late, early, other], span=(date(2023, 1, 1), late.last.on)
    )
    root = well_formed(drawn)
    area = root.find(".//svg[@class='plot-area']")
    assert area is not None
    inside = area.findall("./g[@class='plot-end']/a/text")
    assert [text.text for text in inside] == ["SEN 1648", "PRO 1648"]
    assert len({text.get("y") for text in inside}) == 2
    assert drawn.count('class="leader"') == 1
    assert "line team-other s2 third" in drawn


def test_a_long_line_has_readings_where_it_is_marked() -> None:
    points = [
        replace(p, is_mark=i % 2 == 0) for i, p in enumerate(line_of([1, 2, 3]).points)
    ]
    drawn = lines.rating_plot([Series(label="A", name="A", points=points)])
    assert len(well_formed(drawn).findall(".//a")) == 2


def test_a_missed_season_breaks_a_line_of_season_ends() -> None:
    ends = [Point(on=date(year, 12, 1), rating=1500) for year in (1961, 1962, 1964)]
    grey = Series(label="", name="Grey", points=ends, is_context=True)
    drawn = lines.rating_plot([grey, line_of([1500, 1600])])
    (path,) = re.findall(r'class="line context" d="([^"]+)"', drawn)
    assert path.count("M") == 2


@pytest.mark.parametrize("series", [[], [line_of([1500])], [line_of([1500, 1520])]])
def test_the_overview_marks_the_years_that_are_shown(series: list[Series]) -> None:
    drawn = overview.overview(
        series, first=2021, last=2024, start=2023, end=2024, bands=lines.ENGINE_ERAS
    )
    root = well_formed(drawn)
    window = root.find(".//rect[@class='window']")
    assert window is not None
    assert (window.get("x"), window.get("width")) == ("49.97%", "50.03%")
    assert root[0].get("data-first") == "2021"
