"""The strip below a chart: the whole record in small, and which part is shown."""

from collections.abc import Sequence
from datetime import date
from itertools import chain

from predictions.charts.frame import (
    UNITS_X,
    UNITS_Y,
    Frame,
    frame_of,
    inside,
    path,
    runs,
)
from predictions.charts.series import Band, Point, Series
from predictions.charts.svg import percent, tag


def overview(
    series: Sequence[Series],
    *,
    first: int,
    last: int,
    start: int,
    end: int,
    bands: Sequence[Band] = (),
) -> str:
    """Named lines from first to last season, and a window from start to end.

    Parameters
    ----------
    series : lines of one point a season; may be empty
    first, last : years of the strip
    start, end : years of the window, both inside
    bands : eras behind the lines
    """
    span = date(first, 1, 1), date(last + 1, 1, 1)
    frame = frame_of(_with_ground(series, span[0]), span)
    left, right = frame.x(date(start, 1, 1)), frame.x(date(end + 1, 1, 1))
    window = tag(
        "rect",
        class_="window",
        x=percent(left),
        width=percent(right - left),
        height="100%",
    )
    years = "".join(_decade(year, frame) for year in range(first, last + 1))
    return tag(
        "svg",
        _bands(bands, frame) + window + _paths(series, frame) + years,
        class_="overview",
        data_brush="",
        data_first=first,
        data_last=last,
        aria_hidden="true",
    )


def _with_ground(series: Sequence[Series], on: date) -> list[Series]:
    """Without any point there would be no scale."""
    if any(line.points for line in series):
        return [line for line in series if line.points]
    return [Series(label="", name="", points=[Point(on=on, rating=1500)])]


def _bands(bands: Sequence[Band], frame: Frame) -> str:
    return "".join(
        tag(
            "rect",
            class_="band",
            x=percent(start),
            width=percent(end - start),
            height="100%",
        )
        for _, start, end in list(inside(bands, frame))[1::2]
    )


def _paths(series: Sequence[Series], frame: Frame) -> str:
    strokes = chain.from_iterable(
        ((line, run) for run in runs(line.points, by_team=False))
        for line in series
        if line.points
    )
    drawn = "".join(
        tag("path", class_=f"line {line.team_class}", d=path(run, frame))
        for line, run in strokes
    )
    return tag(
        "svg",
        drawn,
        viewBox=f"0 0 {UNITS_X} {UNITS_Y}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )


def _decade(year: int, frame: Frame) -> str:
    if year % 10:
        return ""
    x = percent(frame.x(date(year, 1, 1)))
    odd = "odd" if year % 20 else None
    return tag("text", str(year), x=x, y="100%", dx="3", dy="-5", class_=odd)
