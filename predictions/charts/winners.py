"""Race by race: the chance that each winner was given, on a log scale.

A dot for each race, with moving means of ours and of a baseline; what was given less
than 1 % stands at the foot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import log10

from predictions.charts.labels import spread
from predictions.charts.svg import number, percent, tag, title

FOOT = 0.01  # the least chance on the scale
TICKS = (1.0, 0.5, 0.25, 0.1, 0.03, 0.01)
UNITS_X, UNITS_Y = 2000, 1000  # the stretched coordinates of the paths
LABEL_GAP = 0.07  # share of the height between two end labels
NAME_WIDTH = 0.011  # share of the width for a character of a name
NAME_HEIGHT = 0.09  # share of the height that a name takes
MOST_NAMES = 6
CROSS = "M-4 -4L4 4M4 -4L-4 4"
FEW_SEASONS = 5  # of which every year has its label in a narrow drawing, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A race: the chance that its winner was given, and his rank in the forecast."""

    chance: float
    rank: int
    season: int
    name: str  # of the winner, short
    reading: str
    url: str


@dataclass(frozen=True, slots=True)
class Mean:
    """A moving mean of chances; None where it does not begin yet."""

    label: str
    values: Sequence[float | None]
    is_ours: bool = False


def height(chance: float) -> float:
    """Place of a chance as a share of the height, 1 at the top: 0, 0.01 or less: 1."""
    return log10(1 / min(1.0, max(FOOT, chance))) / log10(1 / FOOT)


def plot(dots: Sequence[Dot], means: Sequence[Mean]) -> str:
    """The whole drawing; empty without a race.

    Parameters
    ----------
    dots : in order of time
    means : with as many values as there are dots
    """
    if not dots:
        return ""
    parts = [_side(), _area(dots, means), _ends(means), _years(dots)]
    return tag("div", "".join(parts), class_="plot winners")


def kind(rank: int) -> str:
    """Class of a dot: the favourite won, our second or third, one further down."""
    return "hit" if rank == 1 else "near" if rank <= 3 else "far"


def _x(index: int, n: int) -> float:
    return (index + 0.5) / n


def _side() -> str:
    texts = (
        tag("text", f"{100 * tick:.0f}", x="100%", y=percent(height(tick)))
        for tick in TICKS
    )
    return tag("svg", "".join(texts), class_="plot-y", aria_hidden="true")


def _area(dots: Sequence[Dot], means: Sequence[Mean]) -> str:
    rules = "".join(
        tag("line", class_="grid", x1="0", x2="100%", y1=y, y2=y)
        for y in (percent(height(tick)) for tick in TICKS)
    )
    rules += "".join(
        tag("line", class_="grid", x1=x, x2=x, y1="0", y2="100%")
        for x in (percent(start) for _, start, _ in _seasons(dots))
    )
    paths = tag(
        "svg",
        "".join(map(_path, means)),
        viewBox=f"0 0 {UNITS_X} {UNITS_Y}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )
    n = len(dots)
    marks = "".join(
        _dot(dot, _x(i, n), is_last=i == n - 1) for i, dot in enumerate(dots)
    )
    points = tag("g", marks, class_="points")
    return tag(
        "svg",
        rules + paths + points + _names(dots),
        class_="plot-area",
        data_rove="",
    )


def _path(mean: Mean) -> str:
    n = len(mean.values)
    spots = [
        f"{number(UNITS_X * _x(i, n), 0)} {number(UNITS_Y * height(value), 0)}"
        for i, value in enumerate(mean.values)
        if value is not None
    ]
    if len(spots) < 2:
        return ""
    name = "line ours" if mean.is_ours else "line"
    return tag("path", class_=name, d="M" + "L".join(spots))


def _dot(dot: Dot, x: float, *, is_last: bool) -> str:
    spot, y = percent(x), percent(height(dot.chance))
    mark = tag("circle", cx=spot, cy=y)
    if kind(dot.rank) == "far":
        cross = tag("path", d=CROSS)
        mark += tag("svg", cross, class_="cross", x=spot, y=y)
    return tag(
        "a",
        title(dot.reading) + mark,
        href=dot.url or None,
        class_=kind(dot.rank),
        tabindex=None if is_last else "-1",
    )


def _names(dots: Sequence[Dot]) -> str:
    """Winners of the costliest misses, as many as have room."""
    n = len(dots)
    placed: list[tuple[float, float, float]] = []
    texts: list[str] = []
    worst = sorted(range(n), key=lambda i: dots[i].chance)
    for i in worst:
        if dots[i].rank <= 3 or len(texts) == MOST_NAMES:
            continue
        half = NAME_WIDTH * len(dots[i].name) / 2
        x, y = min(1 - half, max(half, _x(i, n))), height(dots[i].chance)
        if any(
            abs(x - other_x) < half + other_half and abs(y - other_y) < NAME_HEIGHT
            for other_x, other_y, other_half in placed
        ):
            continue
        placed.append((x, y, half))
        texts.append(
            tag("text", escape(dots[i].name), x=percent(x), y=percent(y), dy="-10")
        )
    body = "".join(texts)
    return tag("g", body, class_="names", aria_hidden="true") if body else ""


def _ends(means: Sequence[Mean]) -> str:
    """Labels beside the ends of the lines."""
    ended = [mean for mean in means if mean.values and mean.values[-1] is not None]
    wanted = [height(mean.values[-1] or FOOT) for mean in ended]
    spots = spread(wanted, LABEL_GAP, low=0.03, high=0.97)
    texts = "".join(
        tag(
            "text",
            escape(mean.label),
            class_="key" if mean.is_ours else None,
            x="6",
            y=percent(spot),
        )
        for mean, spot in zip(ended, spots, strict=True)
    )
    return tag("svg", texts, class_="plot-end", aria_hidden="true")


def _seasons(dots: Sequence[Dot]) -> list[tuple[int, float, float]]:
    """Year, and where its races begin and end, as shares of the width."""
    n, at, found = len(dots), 0, []
    for year, of_year in groupby(dots, key=lambda dot: dot.season):
        size = len(list(of_year))
        found.append((year, at / n, (at + size) / n))
        at += size
    return found


def _years(dots: Sequence[Dot]) -> str:
    """The seasons below the plot, each where its races begin."""
    seasons = _seasons(dots)
    step = -(-len(seasons) // FEW_SEASONS)
    texts = (
        tag(
            "text",
            str(year),
            x=percent(start),
            y="18",
            class_="odd" if n % step else None,
        )
        for n, (year, start, end) in enumerate(seasons)
        if end - start >= 0.04
    )
    return tag("svg", "".join(texts), class_="plot-x", aria_hidden="true")
