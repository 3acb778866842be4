"""Rating lines: one driver in the colours of his teams, or several beside each other.

The drawing is a small grid: labels of the value axis, a plot area whose paths stretch
while strokes and text keep their size, labels at the line ends, and the years below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from html import escape
from itertools import groupby, pairwise

from predictions.charts.frame import (
    NARROW_PX,
    UNITS_X,
    UNITS_Y,
    WIDE_PX,
    Frame,
    band_labels,
    fits,
    frame_of,
    inside,
    is_pause,
    path,
    runs,
    value_axis,
    years,
)
from predictions.charts.labels import spread
from predictions.charts.series import (
    ENGINE_ERAS,
    Band,
    Point,
    Series,
    moving_mean,
    season_ends,
)
from predictions.charts.svg import percent, tag, title

__all__ = [
    "ENGINE_ERAS",
    "Band",
    "Point",
    "Series",
    "moving_mean",
    "rating_plot",
    "season_ends",
]

LABEL_GAP = 0.068  # share of the height between two end labels: 16 px of 236
EDGE = 0.97  # share of the width: lines that end before it have their label inside
NEAR = 0.1  # labels inside that are no further apart are spread
TURN = 0.7  # from there on a label stands left of the end of its line


def rating_plot(
    series: Sequence[Series],
    *,
    bands: Sequence[Band] = (),
    mean_of: int = 1,
    span: tuple[date, date] | None = None,
) -> str:
    """The whole drawing; empty when no series has two points.

    Parameters
    ----------
    series : one is drawn in team colours with readings and a strip of his teams,
        several are drawn in one colour each with their labels pulled apart
    bands : eras behind the lines; those outside the time shown are left out
    mean_of : races in the moving mean that smooths several lines
    span : first and last day of the time axis; also one line is then drawn as
        several are
    """
    shown = [_smoothed(line, mean_of) for line in series if len(line.points) > 1]
    if not shown:
        return ""
    frame = frame_of(shown, span)
    single = shown[0] if len(shown) == 1 and span is None else None
    parts = [
        _key_strip(single, frame) if single else band_labels(bands, frame),
        value_axis(frame),
        _area(shown, frame, bands, single),
        _end_labels(shown, frame, single),
        years(frame),
    ]
    return tag("div", "".join(parts), class_="plot single" if single else "plot")


def _smoothed(line: Series, mean_of: int) -> Series:
    if mean_of < 2:
        return line
    means = moving_mean([point.rating for point in line.points], mean_of)
    points = [
        replace(point, rating=mean)
        for point, mean in zip(line.points, means, strict=True)
    ]
    return replace(line, points=points)


def _area(
    series: Sequence[Series],
    frame: Frame,
    bands: Sequence[Band],
    single: Series | None,
) -> str:
    stripes = "".join(
        tag(
            "rect",
            class_="band",
            x=percent(start),
            width=percent(end - start),
            height="100%",
        )
        for i, (_, start, end) in enumerate(inside(bands, frame))
        if i % 2
    )
    rules = "".join(
        tag("line", class_="grid", x1="0", x2="100%", y1=y, y2=y)
        for y in (percent(frame.y(value)) for value in frame.grid())
    )
    paths = tag(
        "svg",
        "".join(_paths(series, frame, single)),
        viewBox=f"0 0 {UNITS_X} {UNITS_Y}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )
    marks = _readings(single, frame) if single else _ends(series, frame)
    if not single:
        marks += _inner_labels(series, frame)
    return tag(
        "svg",
        stripes + rules + paths + marks,
        class_="plot-area",
        data_rove="" if single else None,
    )


def _paths(
    series: Sequence[Series], frame: Frame, single: Series | None
) -> Iterator[str]:
    if single:
        for run in runs(single.points, by_team=True):
            yield tag("path", class_=f"line {run[-1].team_class}", d=path(run, frame))
        return
    rank = 0
    for line in sorted(series, key=lambda line: not line.is_context):
        name = "line context"
        if not line.is_context:
            name = f"line {line.team_class} s{rank}{_dashes(line)}"
            rank += 1
        d = "".join(path(run, frame) for run in runs(line.points, by_team=False))
        reading = f"{line.name}\n{line.points[-1].rating:.0f}"
        yield tag("path", title(reading), class_=name, d=d)


def _dashes(line: Series) -> str:
    return " third" if line.is_third_car else " second" if line.is_second_car else ""


def _readings(line: Series, frame: Frame) -> str:
    """A column of the plot for each race: hover or arrow keys show its reading."""
    points = line.marks
    xs = [frame.x(point.on) for point in points]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(xs)), 1.0]
    marks = [
        _reading(point, x, frame, left, right, is_last=point is points[-1])
        for point, x, (left, right) in zip(points, xs, pairwise(edges), strict=True)
    ]
    teams = groupby(
        zip(points, marks, strict=True), key=lambda pair: pair[0].team_class
    )
    return "".join(
        tag("g", "".join(mark for _, mark in pairs), class_=f"points {team}")
        for team, pairs in teams
    )


def _reading(
    point: Point, x: float, frame: Frame, left: float, right: float, *, is_last: bool
) -> str:
    column = tag("rect", x=percent(left), width=percent(right - left))
    dot = tag("circle", cx=percent(x), cy=percent(frame.y(point.rating)))
    return tag(
        "a",
        title(point.tip) + column + dot,
        href=point.url or None,
        tabindex=None if is_last else "-1",
        class_="last" if is_last else None,
    )


def _ends(series: Sequence[Series], frame: Frame) -> str:
    return "".join(
        tag(
            "circle",
            class_=f"dot {line.team_class}",
            cx=percent(frame.x(line.points[-1].on)),
            cy=percent(frame.y(line.points[-1].rating)),
            r="4",
        )
        for line in series
        if not line.is_context
    )


def _end_labels(series: Sequence[Series], frame: Frame, single: Series | None) -> str:
    """Codes beside the lines that reach the right edge."""
    lines = [
        (rank, line)
        for rank, line in _named(series)
        if single or not _ends_early(line, frame)
    ]
    wanted = [frame.y(line.points[-1].rating) for _, line in lines]
    spots = spread(wanted, LABEL_GAP, low=0.02, high=0.98)
    labels = "".join(
        _end_label(line, rank, place, spot, is_single=single is not None)
        for (rank, line), place, spot in zip(lines, wanted, spots, strict=True)
    )
    return tag("svg", labels, class_="plot-end")


def _named(series: Sequence[Series]) -> list[tuple[int, Series]]:
    return list(enumerate(line for line in series if not line.is_context))


def _ends_early(line: Series, frame: Frame) -> bool:
    return frame.x(line.last.on) < EDGE


def _inner_labels(series: Sequence[Series], frame: Frame) -> str:
    """Codes inside the plot, at the ends of lines that stop before its edge."""
    lines = [pair for pair in _named(series) if _ends_early(pair[1], frame)]
    lines.sort(key=lambda pair: pair[1].last.on)
    labels: list[str] = []
    near: list[tuple[int, Series]] = []
    for rank, line in lines:
        if near and frame.x(line.last.on) - frame.x(near[0][1].last.on) > NEAR:
            labels += _inner_group(near, frame)
            near = []
        near.append((rank, line))
    labels += _inner_group(near, frame)
    return tag("g", "".join(labels), class_="plot-end") if labels else ""


def _inner_group(near: Sequence[tuple[int, Series]], frame: Frame) -> Iterator[str]:
    wanted = [frame.y(line.last.rating) for _, line in near]
    spots = spread(wanted, LABEL_GAP, low=0.02, high=0.98)
    for (rank, line), spot in zip(near, spots, strict=True):
        x = frame.x(line.last.on)
        is_right = x > TURN
        text = tag(
            "text",
            escape(f"{line.label} {line.last.rating:.0f}"),
            class_="key",
            x=percent(x),
            y=percent(spot),
            dx="-8" if is_right else "8",
            text_anchor="end" if is_right else None,
        )
        body = title(line.name) + text
        yield tag("a", body, href=line.url or None, class_=f"s{rank}")


def _end_label(
    line: Series, rank: int, place: float, spot: float, *, is_single: bool
) -> str:
    rating = f"{line.points[-1].rating:.0f}"
    y = percent(spot)
    if is_single:
        return tag("text", rating, class_="key", x="10", y=y)
    leader = tag("line", class_="leader", x1="2", x2="14", y1=percent(place), y2=y)
    code = tag("text", escape(line.label), class_="key", x="18", y=y)
    figure = tag("text", rating, x="56", y=y)
    return tag(
        "a",
        title(line.name) + leader + code + figure,
        href=line.url or None,
        class_=f"s{rank}",
    )


def _key_strip(line: Series, frame: Frame) -> str:
    """The teams of one driver as bars over the time he drove for them."""
    return tag(
        "svg", "".join(_stints(line, frame)), class_="plot-key", aria_hidden="true"
    )


def _stints(line: Series, frame: Frame) -> Iterator[str]:
    stints = [
        run[run[0].team != run[-1].team :] for run in runs(line.points, by_team=True)
    ]
    starts = [frame.x(run[0].on) for run in stints]
    ends = [
        following if not is_pause(run[-1], after[0]) else frame.x(run[-1].on)
        for run, after, following in zip(stints, stints[1:], starts[1:], strict=False)
    ]
    for run, start, end in zip(stints, starts, [*ends, 1.0], strict=True):
        name = run[-1].team_name
        width = end - start
        yield tag(
            "rect",
            class_=run[-1].team_class,
            x=percent(start),
            y="20",
            width=percent(max(width, 0.003)),
            height="4",
        )
        if fits(name, width, WIDE_PX):
            odd = None if fits(name, width, NARROW_PX) else "odd"
            yield tag("text", escape(name), x=percent(start), y="13", class_=odd)
