"""Calibration: how often that came true which was given a chance.

A point for each bin of the chances, on the dashes where they can be taken at their
word, with a 95 % band and whiskers; below, on a log scale, how many cases there are.
The square stretches with its card, text keeps its size.
"""

from collections.abc import Sequence
from math import log10

from predictions.charts import words
from predictions.charts.svg import number, percent, tag, title
from predictions.forecasting.reliability import Bin

UNITS = 1000  # the stretched side of the paths
TICKS = (0, 20, 40, 60, 80, 100)
BAR = 0.026  # width of a count's bar, share of the drawing
COUNTS = 0.66  # share of the height below which the longest of these bars stays
APART = 0.075  # figures that are nearer than this would run into each other
ROOMY = 0.15  # the same where the drawing is narrow


def plot(bins: Sequence[Bin]) -> str:
    """The whole drawing; empty without a case.

    Parameters
    ----------
    bins : from ``forecasting.reliability``, the lowest first
    """
    if not bins:
        return ""
    parts = [_side(), _area(bins), _foot(), _counts(bins)]
    return tag("div", "".join(parts), class_="plot calibration")


def reading(one: Bin) -> str:
    """What is said of a bin."""
    n_happened = round(one.share * one.n)
    return (
        f"Said {100 * one.start:.0f} to {100 * one.end:.0f}{words.THIN}%:"
        f" {one.n:,} time{'s' * (one.n != 1)}\n"
        f"Happened {n_happened:,} time{'s' * (n_happened != 1)},"
        f" {100 * one.share:.0f}{words.THIN}%\n"
        f"95{words.THIN}% interval {100 * one.low:.0f} to {100 * one.high:.0f}"
        f"{words.THIN}%"
    )


def _side() -> str:
    texts = (
        tag("text", f"{tick}", x="100%", y=percent(1 - tick / 100)) for tick in TICKS
    )
    return tag("svg", "".join(texts), class_="plot-y", aria_hidden="true")


def _foot() -> str:
    texts = (tag("text", f"{tick}", x=percent(tick / 100), y="18") for tick in TICKS)
    return tag("svg", "".join(texts), class_="plot-x", aria_hidden="true")


def _area(bins: Sequence[Bin]) -> str:
    rules = "".join(
        tag("line", class_="grid", **one)
        for place in (percent(tick / 100) for tick in TICKS)
        for one in (
            {"x1": place, "x2": place, "y1": "0", "y2": "100%"},
            {"x1": "0", "x2": "100%", "y1": place, "y2": place},
        )
    )
    names = tag("text", "happened, %", class_="name", x="8", y="20")
    names += tag("text", "forecast, %", class_="name end", x="100%", y="100%")
    ideal = tag("line", class_="ideal", x1="0", x2="100%", y1="100%", y2="0")
    points = tag(
        "g",
        "".join(_point(one, is_first=one is bins[0]) for one in bins),
        class_="points",
    )
    return tag(
        "svg",
        rules + _paths(bins) + ideal + names + points,
        class_="plot-area",
        data_rove="",
    )


def _paths(bins: Sequence[Bin]) -> str:
    """Band and line, in stretched units."""
    upper = [(one.chance, one.high) for one in bins]
    lower = [(one.chance, one.low) for one in reversed(bins)]
    band = tag("path", class_="band", d=_path([*upper, *lower]) + "Z")
    line = tag("path", class_="line", d=_path([(b.chance, b.share) for b in bins]))
    return tag(
        "svg",
        band + line,
        viewBox=f"0 0 {UNITS} {UNITS}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )


def _path(spots: Sequence[tuple[float, float]]) -> str:
    at = [f"{number(UNITS * x, 1)} {number(UNITS * (1 - y), 1)}" for x, y in spots]
    return "M" + "L".join(at)


def _point(one: Bin, *, is_first: bool) -> str:
    x = percent(one.chance)
    column = tag(
        "rect", x=percent(one.start), width=percent(max(0.0, one.end - one.start))
    )
    whisker = tag(
        "line",
        class_="whisker",
        x1=x,
        x2=x,
        y1=percent(1 - one.low),
        y2=percent(1 - one.high),
    )
    dot = tag("circle", cx=x, cy=percent(1 - one.share))
    return tag(
        "a",
        title(reading(one)) + column + whisker + dot,
        role="img",
        tabindex="0" if is_first else "-1",
    )


def _counts(bins: Sequence[Bin]) -> str:
    most = max(log10(one.n) for one in bins) + 0.3
    heights = [COUNTS * (log10(one.n) + 0.3) / most for one in bins]
    bars = "".join(
        tag(
            "rect",
            x=percent(one.chance - BAR / 2),
            y=percent(1 - height),
            width=percent(BAR),
            height=percent(height),
        )
        for one, height in zip(bins, heights, strict=True)
    )
    texts = "".join(
        tag(
            "text",
            f"{one.n:,}",
            x=percent(one.chance),
            y=percent(1 - height),
            dy="-5",
            class_="odd" if is_odd else None,
        )
        for one, height, is_odd in _labelled(bins, heights)
    )
    name = tag("text", "number of chances (log)", class_="name", x="100%", y="12")
    return tag("svg", name + bars + texts, class_="counts", aria_hidden="true")


def _labelled(
    bins: Sequence[Bin], heights: Sequence[float]
) -> list[tuple[Bin, float, bool]]:
    """Bins whose number has room, and whether it has none in a narrow drawing."""
    found: list[tuple[Bin, float, bool]] = []
    last, last_narrow = -1.0, -1.0
    for one, height in zip(bins, heights, strict=True):
        if one.chance - last < APART:
            continue
        is_odd = one.chance - last_narrow < ROOMY
        last, last_narrow = one.chance, last_narrow if is_odd else one.chance
        found.append((one, height, is_odd))
    return found
