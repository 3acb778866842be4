"""Charts: pure markup from numbers."""

import re
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from predictions.charts import (
    bars,
    heat,
    lines,
    matrix,
    ranges,
    reliability,
    spark,
    svg,
)
from predictions.charts.labels import spread
from predictions.charts.lines import Point, Series
from predictions.forecasting.reliability import Bin

ROOT = Path(__file__).resolve().parents[2]


def well_formed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<root>{markup}</root>")  # noqa: S314 - our own


def line_of(
    ratings: list[float], *, start: date = date(2023, 3, 5), **words: str
) -> Series:
    points = [
        Point(
            on=start + timedelta(days=14 * i),
            rating=rating,
            race=f"Race {i + 1}",
            url=f"/races/2023/{i + 1}/",
            team_class="team-ferrari",
            team_name="Ferrari",
        )
        for i, rating in enumerate(ratings)
    ]
    return Series(label="LEC", name="Charles Leclerc", points=points, **words)  # type: ignore[arg-type]


# Markup


def test_charts_need_no_django() -> None:
    code = (
        "import sys, predictions.charts.lines, predictions.charts.bars,"
        " predictions.charts.heat, predictions.charts.matrix,"
        " predictions.charts.ranges, predictions.charts.spark,"
        " predictions.charts.slope, predictions.charts.finishes,"
        " predictions.charts.starts,"
        " predictions.charts.slope, predictions.charts.calibration,"
        " predictions.charts.gains, predictions.charts.winners,"
        " predictions.charts.words;"
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_a_tag_escapes_its_attributes_and_leaves_out_none() -> None:
    markup = svg.tag("rect", x="5%", class_='a"b', stroke_width=1.50, rx=None)
    assert markup == '<rect x="5%" class="a&quot;b" stroke-width="1.5"/>'


def test_titles_and_names_cannot_break_out() -> None:
    evil = "</title><script>alert(1)</script>"
    line = line_of([1500, 1510])
    point = Point(on=date(2023, 5, 1), rating=1520, race=evil, team_name=evil)
    drawn = lines.rating_plot(
        [Series(label=evil, name=evil, points=[*line.points, point])]
    )
    drawn += lines.rating_plot(
        [line, Series(label=evil, name=evil, points=[point] * 2)]
    )
    drawn += heat.strip([0.4, 0.6], ["1", "2"], name=evil)
    assert "<script" not in drawn
    well_formed(drawn)


# Bars


def test_a_win_bar_draws_grid_bar_and_tick_of_the_previous_stage() -> None:
    axis = bars.Axis(low=0.0, high=0.5, ticks=(0.25,))
    assert bars.chance_bar(0.3, axis, before=0.1) == (
        '<svg class="bar" aria-hidden="true">'
        '<line class="grid" x1="50%" x2="50%" y1="0" y2="100%"/>'
        '<rect class="mark" y="25%" height="50%" width="60%"/>'
        '<line class="zero" x1="0%" x2="0%" y1="0" y2="100%"/>'
        '<line class="halo" x1="20%" x2="20%" y1="18%" y2="82%"/>'
        '<line class="tick" x1="20%" x2="20%" y1="18%" y2="82%"/>'
        "</svg>"
    )


@pytest.mark.parametrize(
    ("chances", "ticks"),
    [
        ([0.34, 0.2], (0.1, 0.2, 0.3)),
        ([0.05], (0.1,)),
        ([], (0.1,)),
        ([0.9], (0.2, 0.4, 0.6, 0.8, 1.0)),
    ],
)
def test_the_chance_axis_starts_at_zero_with_round_ticks(
    chances: list[float], ticks: tuple[float, ...]
) -> None:
    axis = bars.chance_axis(chances)
    assert axis.low == 0
    assert axis.ticks == ticks
    assert all(axis.at(chance) <= 1 for chance in chances)


def test_the_last_axis_label_carries_the_unit() -> None:
    assert "30\u202f%" in bars.axis_labels(bars.chance_axis([0.34]))


def test_a_loss_stands_left_of_zero() -> None:
    axis = bars.change_axis([10, -30])
    assert axis.low < -30 < 0 < 10 < axis.high
    mark = well_formed(bars.change_bar(-30, axis)).find(".//rect")
    assert mark is not None
    left, width = (float(mark.attrib[name].rstrip("%")) for name in ("x", "width"))
    assert left + width == pytest.approx(100 * axis.at(0), abs=0.02)


def test_an_axis_without_changes_still_has_room() -> None:
    assert bars.change_axis([]).at(0) == pytest.approx(0.5)


# Ranges


def test_a_forecast_alone_is_solid_and_a_result_makes_it_hollow() -> None:
    forecast = ranges.dumbbell(4.2, 1, 9, 20)
    review = ranges.dumbbell(4.2, 1, 9, 20, result=6, is_over=True)
    retired = ranges.dumbbell(4.2, 1, 9, 20, is_over=True)
    assert forecast.count('class="dot"') == 1
    assert "hollow" not in forecast
    assert review.count('class="dot hollow"') == review.count('class="dot"') == 1
    assert retired.count('class="dot hollow"') == 1
    assert 'class="dot"' not in retired


def test_the_first_place_stands_at_the_left_edge() -> None:
    assert ranges.place_at(1, 20) == ranges.MARGIN
    assert ranges.place_at(20, 20) == pytest.approx(1 - ranges.MARGIN)
    assert ranges.place_at(1, 1) == ranges.MARGIN
    assert ranges.place_ticks(12) == (1, 5, 10)
    assert ranges.place_ticks(26)[-1] == 25


# Heat maps


@pytest.mark.parametrize(
    ("share", "tone"), [(0, 0), (0.004, 0), (0.005, 1), (0.06, 4), (0.27, 8), (1, 8)]
)
def test_tones_follow_the_legend(share: float, tone: int) -> None:
    assert heat.level(share) == tone


def test_a_strip_colours_cells_and_prints_from_six_per_cent() -> None:
    assert heat.strip([0.3, 0.04], ["place 1", "place 2"], name="Russell") == (
        '<svg class="strip" aria-hidden="true">'
        '<rect class="h8" x="1.25%" width="47.5%" height="100%">'
        "<title>Russell\nplace 1: 30\u202f%</title></rect>"
        '<text class="on" x="25%" y="50%">30</text>'
        '<rect class="h3" x="51.25%" width="47.5%" height="100%">'
        "<title>Russell\nplace 2: 4\u202f%</title></rect>"
        "</svg>"
    )


def test_the_legend_names_eight_tones() -> None:
    assert [tone for tone in range(1, 9) if f'class="h{tone}"' in heat.legend()] == [
        *range(1, 9)
    ]


def test_the_first_column_becomes_the_published_win_chance() -> None:
    matrix_of_three = [[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5]]
    win = [0.6, 0.25, 0.15]
    fitted = heat.fit_first_column(matrix_of_three, win)
    assert [row[0] for row in fitted] == win
    for row in fitted:
        assert sum(row) == pytest.approx(1)
    for column in zip(*fitted, strict=True):
        assert sum(column) == pytest.approx(1, abs=1e-3)


def test_grid_to_finish_counts_places_and_those_who_dropped_out() -> None:
    rows = matrix.grid_to_finish([(1, 1), (1, 2), (1, None), (None, 3), (3, 9)], 3)
    assert [(row.label, row.counts) for row in rows] == [
        ("1", (1, 1, 0, 1)),
        ("pit", (0, 0, 1, 0)),
    ]
    assert rows[0].n == 3
    assert rows[0].shares == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])
    assert matrix.column_labels(3) == ["1", "2", "3", "out"]
    well_formed(matrix.strip(rows[0]))


# Lines


def test_labels_that_collide_are_spread_around_their_mean() -> None:
    assert spread([0.5, 0.1, 0.52], 0.1) == pytest.approx([0.46, 0.1, 0.56])


def test_spread_labels_stay_inside_and_keep_their_order() -> None:
    wanted = [0.99, 0.98, 0.97, 0.0]
    spots = spread(wanted, 0.2)
    assert sorted(range(4), key=spots.__getitem__) == [3, 2, 1, 0]
    assert min(spots) >= 0
    assert max(spots) <= 1
    ordered = sorted(spots)
    assert all(b - a >= 0.2 - 1e-9 for a, b in pairwise(ordered))


def test_more_labels_than_room_are_set_evenly() -> None:
    assert spread([0.5] * 5, 0.4) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert spread([], 0.1) == []


def test_a_single_line_has_a_reading_for_each_race() -> None:
    drawn = lines.rating_plot([line_of([1500, 1520, 1510])])
    root = well_formed(drawn)
    links = root.findall(".//a")
    assert [link.attrib["href"] for link in links] == [
        f"/races/2023/{n}/" for n in (1, 2, 3)
    ]
    assert [link.get("tabindex") for link in links] == ["-1", "-1", None]
    assert links[-1].findtext("title") == "Race 3\n1510 · Ferrari"
    assert root.find(".//path") is not None
    assert "data-rove" in drawn


def test_a_point_may_bring_its_own_reading() -> None:
    point = Point(on=date(2024, 9, 1), rating=1589, reading="Italy 2024: 1589 (+8)")
    assert (point.name, point.tip) == ("Italy 2024", "Italy 2024: 1589 (+8)")
    assert Point(on=date(2024, 9, 1), rating=1589).name == "2024-09-01"


def test_a_change_of_team_and_a_missed_season_start_new_strokes() -> None:
    points = [
        Point(on=date(2020, 7, 5), rating=1500, team_class="team-renault"),
        Point(on=date(2020, 12, 1), rating=1510, team_class="team-renault"),
        Point(on=date(2021, 3, 28), rating=1515, team_class="team-alpine"),
        Point(on=date(2023, 3, 5), rating=1505, team_class="team-alpine"),
        Point(on=date(2023, 3, 19), rating=1507, team_class="team-alpine"),
    ]
    root = well_formed(
        lines.rating_plot([Series(label="OCO", name="Ocon", points=points)])
    )
    paths = [path.attrib for path in root.findall(".//path")]
    assert [path["class"] for path in paths] == [
        "line team-renault",
        "line team-alpine",
        "line team-alpine",
    ]
    assert paths[1]["d"].startswith("M")


def test_several_lines_have_labels_bands_and_dashed_second_cars() -> None:
    first = line_of([1500, 1520, 1540], url="/drivers/charles-leclerc/")
    second = Series(label="SAI", name="Sainz", points=first.points, is_second_car=True)
    grey = Series(label="", name="Others", points=first.points, is_context=True)
    drawn = lines.rating_plot([first, second, grey], bands=lines.ENGINE_ERAS, mean_of=2)
    assert drawn.count('class="leader"') == 2
    assert "second" in drawn
    assert "Ground effect" in drawn
    assert 'href="/drivers/charles-leclerc/"' in drawn
    assert "1530" in drawn  # the mean of the last two
    well_formed(drawn)


@pytest.mark.parametrize("series", [[], [line_of([1500])]])
def test_no_line_without_two_points(series: list[Series]) -> None:
    assert lines.rating_plot(series) == ""


def test_a_flat_line_and_a_long_one_both_have_a_frame() -> None:
    well_formed(lines.rating_plot([line_of([1500, 1500])]))
    decades = [Point(on=date(1950 + n, 6, 1), rating=1400.0 + n * 9) for n in range(70)]
    drawn = lines.rating_plot([Series(label="", name="Ferrari", points=decades)])
    assert "2015" in drawn or "2010" in drawn


def test_the_table_twin_of_several_lines_holds_season_ends() -> None:
    one = line_of([1500, 1520], start=date(2023, 12, 25))
    two = line_of([1480, 1490], start=date(2024, 3, 1))
    assert lines.season_ends([one, two]) == [(2024, [1520, 1490]), (2023, [1500, None])]


def test_moving_means_are_shorter_at_the_start() -> None:
    assert lines.moving_mean([1, 3, 5, 7], 2) == [1, 2, 4, 6]


def test_a_spark_line_fills_its_box() -> None:
    assert 'd="M3 21L42 3L81 12"' in spark.spark_line([0, 2, 1])
    assert spark.spark_line([1500]) == ""
    assert 'd="M3 12L81 12"' in spark.spark_line([1500, 1500])


def test_charts_write_no_inline_style() -> None:
    drawn = lines.rating_plot([line_of([1500, 1520])]) + heat.legend()
    drawn += bars.chance_bar(0.3, bars.chance_axis([0.3]), before=0.2)
    assert "style=" not in drawn
    assert not re.search(r'\son\w+="', drawn)


def test_reliability_for_the_docs_is_a_file_of_its_own() -> None:
    bins = [Bin(0.05, 0.02, 0.01, 0.04, 900), Bin(0.5, 0.5, 0.35, 0.65, 40)]
    alone = well_formed(reliability.standalone(bins, bins, "final_grid"))
    assert len(list(alone.iter("{http://www.w3.org/2000/svg}circle"))) == 4
    said = [
        title.text or "" for title in alone.iter("{http://www.w3.org/2000/svg}title")
    ]
    assert said[1] == "50 % given, 50 % came true [35, 65], n = 40"
