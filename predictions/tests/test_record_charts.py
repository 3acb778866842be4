"""The charts of the track record."""

from itertools import pairwise

import pytest

from predictions.charts import calibration, gains, winners
from predictions.charts.bars import Axis
from predictions.charts.winners import Dot, Mean
from predictions.forecasting.reliability import Bin
from predictions.tests.test_charts import well_formed

LOW = Bin(0.01, 0.0, 0.0, 0.02, 1200, 0.0, 0.02)
HIGH = Bin(0.5, 0.5, 0.25, 0.75, 12, 0.5, 0.6)


def dot(chance: float, rank: int = 1, season: int = 2024, name: str = "Rindt") -> Dot:
    return Dot(
        chance=chance,
        rank=rank,
        season=season,
        name=name,
        reading=f"Race\n{name}",
        url="/races/2024/1/",
    )


def test_a_bin_is_a_point_with_whiskers_and_a_reading() -> None:
    drawn = calibration.plot([LOW, HIGH])
    assert (
        '<a role="img" tabindex="-1"><title>Said 50 to 60\u202f%: 12 times\n'
        "Happened 6 times, 50\u202f%\n"
        "95\u202f% interval 25 to 75\u202f%</title>"
        '<rect x="50%" width="10%"/>'
        '<line class="whisker" x1="50%" x2="50%" y1="75%" y2="25%"/>'
        '<circle cx="50%" cy="50%"/></a>'
    ) in drawn
    assert (
        '<path class="band" d="M10 980L500 250L500 750L10 1000Z"/>'
        '<path class="line" d="M10 1000L500 500"/>'
    ) in drawn
    assert "style=" not in drawn
    assert calibration.plot([]) == ""


def test_counts_stand_on_a_log_scale_and_figures_never_touch() -> None:
    chances = (0.01, 0.035, 0.075, 0.15, 0.25)
    bins = [Bin(c, c, 0.0, 1.0, 10 ** (5 - n)) for n, c in enumerate(chances)]
    root = well_formed(calibration.plot(bins))
    counts = root.find(".//svg[@class='counts']")
    assert counts is not None
    heights = [float(bar.attrib["height"][:-1]) for bar in counts.iter("rect")]
    steps = [a - b for a, b in pairwise(heights)]
    assert steps == pytest.approx([steps[0]] * 4, abs=0.02)
    figures = [text.text for text in counts.iter("text")]
    assert figures[1:] == ["100,000", "100", "10"]


def test_a_gain_is_a_bar_from_zero_with_its_interval() -> None:
    axis = Axis(low=-0.1, high=0.4, ticks=(0.0, 0.2))
    assert gains.gain_bar(0.2, 0.1, 0.3, axis) == (
        '<svg class="gain" aria-hidden="true">'
        '<line class="grid" x1="20%" x2="20%" y1="0" y2="100%"/>'
        '<line class="grid" x1="60%" x2="60%" y1="0" y2="100%"/>'
        '<rect class="h5" x="20%" y="25%" width="40%" height="50%"/>'
        '<line class="zero" x1="20%" x2="20%" y1="0" y2="100%"/>'
        '<line class="whisker" x1="40%" x2="80%" y1="50%" y2="50%"/>'
        '<line class="whisker" x1="40%" x2="40%" y1="32%" y2="68%"/>'
        '<line class="whisker" x1="80%" x2="80%" y1="32%" y2="68%"/>'
        "</svg>"
    )


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ([0.05, 0.1], (0.0, 0.05, 0.1)),
        ([-0.4, 0.6], (-0.4, -0.2, 0.0, 0.2, 0.4, 0.6)),
        ([], (0.0, 0.05, 0.1)),
        ([-7.0, 0.3], (-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2)),
    ],
)
def test_the_axis_of_gains_holds_zero_and_round_ticks(
    ends: list[float], ticks: tuple[float, ...]
) -> None:
    axis = gains.gain_axis(ends)
    assert axis.ticks == pytest.approx(ticks)
    assert "−40" in gains.gain_labels(gains.gain_axis([-0.4, 0.6]))


def test_tenths_are_level_with_the_dashes_where_they_are_alike() -> None:
    assert gains.tenths([0.5, 0.5]) == (
        '<svg class="tenths" aria-hidden="true">'
        '<rect class="h5" x="0.3%" y="10.71%" width="49.4%" height="89.29%"/>'
        '<text x="25%" y="100%" dy="-7">50.0</text>'
        '<rect class="h5" x="50.3%" y="10.71%" width="49.4%" height="89.29%"/>'
        '<text x="75%" y="100%" dy="-7">50.0</text>'
        '<line class="ideal" x1="0" x2="100%" y1="10.71%" y2="10.71%"/>'
        "</svg>"
    )


def test_chances_stand_on_a_log_scale_with_a_foot() -> None:
    heights = [winners.height(chance) for chance in (1.0, 0.1, 0.01, 0.0001)]
    assert heights == pytest.approx([0, 0.5, 1, 1])


def test_a_winner_is_a_dot_and_a_miss_a_cross_with_a_name() -> None:
    drawn = winners.plot([dot(1.0), dot(0.1, rank=7, name="<Ickx>")], [])
    assert (
        '<a href="/races/2024/1/" class="hit" tabindex="-1"><title>Race\nRindt</title>'
        '<circle cx="25%" cy="0%"/></a>'
        '<a href="/races/2024/1/" class="far"><title>Race\n&lt;Ickx&gt;</title>'
        '<circle cx="75%" cy="50%"/><svg class="cross" x="75%" y="50%">'
        '<path d="M-4 -4L4 4M4 -4L-4 4"/></svg></a>'
        '</g><g class="names" aria-hidden="true">'
        '<text x="75%" y="50%" dy="-10">&lt;Ickx&gt;</text></g>'
    ) in drawn
    assert winners.plot([], []) == ""


def test_names_of_misses_that_would_collide_are_left_out() -> None:
    dots = [dot(0.5) for _ in range(100)]
    dots[40], dots[41] = dot(0.012, 9, name="Worse"), dot(0.01, 9, name="Worst")
    dots[90] = dot(0.015, 9, name="Apart")
    root = well_formed(winners.plot(dots, []))
    names = root.find(".//g[@class='names']")
    assert names is not None
    assert [text.text for text in names] == ["Worst", "Apart"]


def test_lines_begin_where_they_have_enough_races_and_end_with_their_name() -> None:
    dots = [dot(0.5, season=2023), dot(0.5), dot(0.5), dot(0.5)]
    means = [
        Mean("ours", [None, 1.0, 0.1, 0.1], is_ours=True),
        Mean("Elo", [None, 0.1, 0.1, 0.1]),
    ]
    root = well_formed(winners.plot(dots, means))
    ours, other = root.findall(".//path")
    assert ours.attrib == {"class": "line ours", "d": "M750 0L1250 500L1750 500"}
    assert other.attrib["class"] == "line"
    ends = root.findall(".//svg[@class='plot-end']/text")
    assert [end.text for end in ends] == ["ours", "Elo"]
    one, two = (float(end.attrib["y"][:-1]) for end in ends)
    assert abs(one - two) == pytest.approx(100 * winners.LABEL_GAP)
    years = root.findall(".//svg[@class='plot-x']/text")
    assert [(y.text, y.attrib["x"]) for y in years] == [("2023", "0%"), ("2024", "25%")]
