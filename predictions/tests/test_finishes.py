"""Dots of finishes by season, and races from the grid to the flag."""

from itertools import pairwise
from math import pi

import pytest

from predictions.charts import bars, finishes, ranges, starts
from predictions.charts.finishes import FinishRow
from predictions.charts.starts import Start
from predictions.tests.test_charts import well_formed


def season(**facts: object) -> FinishRow:
    known: dict[str, object] = {
        "year": 2024,
        "team_name": "Ferrari",
        "team_class": "team-ferrari",
        "counts": (1, 0, 4),
        "n_retired": 2,
    }
    return FinishRow(**(known | facts))  # type: ignore[arg-type]


def start(n: int = 1, **facts: object) -> Start:
    known: dict[str, object] = {
        "code": f"R{n:02}",
        "race": f"Race {n}",
        "team_name": "Ferrari",
        "team_class": "team-ferrari",
        "grid": 5,
        "from_pit_lane": False,
        "order": 2,
        "result": "2",
        "is_classified": True,
    }
    return Start(**(known | facts))  # type: ignore[arg-type]


# Finishes


def test_a_season_is_dots_dashes_and_a_figure() -> None:
    assert finishes.strip(season(), 20, most=4) == (
        '<svg class="team-ferrari" aria-hidden="true">'
        '<line class="rule" x1="13.33%" x2="13.33%" y1="0" y2="100%"/>'
        '<line class="rule" x1="44.44%" x2="44.44%" y1="0" y2="100%"/>'
        '<circle class="dot" cx="2.22%" cy="50%" r="3.89">'
        "<title>2024, Ferrari\nplace 1: 1 race of 7</title></circle>"
        '<circle class="dot" cx="11.11%" cy="50%" r="7.78">'
        "<title>2024, Ferrari\nplace 3: 4 races of 7</title></circle>"
        '<text x="96.3%" y="50%">2</text></svg>'
    )


@pytest.mark.parametrize("most", [1, 8, 19])
def test_areas_of_dots_are_in_proportion_to_races(most: int) -> None:
    areas = [pi * finishes.radius(n, most) ** 2 for n in range(1, most + 1)]
    assert areas == pytest.approx([n * areas[0] for n in range(1, most + 1)])
    assert finishes.radius(most, most) <= finishes.LARGEST


def test_dashes_follow_the_points_of_the_season() -> None:
    root = well_formed(finishes.strip(season(n_points=6), 20, most=4))
    podium, points = root.findall(".//line")
    assert points.attrib["x1"] == f"{100 * 6 / 22.5:.2f}%"
    assert podium.attrib["x1"] == f"{100 * 3 / 22.5:.2f}%"


def test_the_axis_grows_with_the_field_and_keeps_its_labels_apart() -> None:
    assert finishes.n_places([season()]) == 20
    assert finishes.n_places([season(counts=(0,) * 32 + (1,))]) == 33
    texts = well_formed(finishes.axis(20)).findall(".//text")
    assert [text.text for text in texts] == ["1", "3", "5", "10", "15", "20", "ret."]
    places = [float(text.attrib["x"].rstrip("%")) for text in texts]
    assert all(b - a > 7 for a, b in pairwise(places))


# Grid to finish


def test_a_race_leads_from_a_hollow_dot_to_a_solid_one() -> None:
    drawn = starts.plot([start(url="/races/2024/1/")])
    assert (
        '<a href="/races/2024/1/" class="team-ferrari">'
        "<title>Race 1\nfrom grid 5, finished 2\nFerrari</title>"
        '<rect x="7%" width="93%"/>'
        '<line class="leader" x1="53.5%" x2="53.5%" y1="38" y2="17"/>'
        '<circle class="dot hollow" cx="53.5%" cy="38" r="4.5"/>'
        '<circle class="dot" cx="53.5%" cy="17" r="4.5"/></a></svg>'
    ) in drawn
    assert drawn.startswith('<svg class="slope points" height="153" data-rove="">')
    assert starts.plot([]) == ""


def test_who_was_not_classified_has_a_cross_and_the_pit_lane_a_row() -> None:
    out = start(2, is_classified=False, result="Ret", order=19)
    pit = start(3, grid=None, from_pit_lane=True)
    unknown = start(4, grid=None)
    root = well_formed(starts.plot([start(), out, pit, unknown]))
    first, crossed, from_pit, nowhere = root.findall(".//a")
    assert crossed.find(".//path") is not None
    assert "from grid 5, Ret" in (crossed.findtext("title") or "")
    assert first.find(".//path") is None
    lowest = float(from_pit.findall("circle")[0].attrib["cy"])
    assert lowest > starts.TOP + starts.STEP * 19
    assert len(nowhere.findall("circle")) == 1
    assert "pit" in [text.text for text in root.findall(".//text")]
    assert (out.gained, pit.gained, start().gained) == (None, None, 3)
    assert [a.attrib.get("tabindex") for a in root.findall(".//a")] == [
        None,
        "-1",
        "-1",
        "-1",
    ]


@pytest.mark.parametrize("n", [1, 12, 24, 40])
def test_as_many_races_are_named_as_fit(n: int) -> None:
    root = well_formed(starts.plot([start(i) for i in range(n)]))
    names = root.findall(".//svg[@class='axis']/text")
    narrow = [name for name in names if name.attrib.get("class") != "odd"]
    assert len(names) <= starts.NAMES_WIDE
    assert 1 <= len(narrow) <= starts.NAMES_NARROW
    assert set(narrow) <= set(names)


# Shares


def test_a_share_stands_in_its_interval() -> None:
    axis = bars.Axis(low=0.0, high=0.5, ticks=(0.25,))
    root = well_formed(ranges.share_range(0.1, 0.05, 0.2, axis))
    line, dot = root.find(".//line[@class='range']"), root.find(".//circle")
    assert line is not None
    assert dot is not None
    assert (line.attrib["x1"], line.attrib["x2"]) == ("10%", "40%")
    assert dot.attrib["cx"] == "20%"
