"""Rating lines: one driver in the colours of his teams, or several beside each other.

The drawing is a small grid: labels of the value axis, a plot area whose paths stretch
while strokes and text keep their size, labels at the line ends, and the years below.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from itertools import groupby, pairwise

from predictions.charts.labels import spread
from predictions.charts.svg import percent, tag, title

UNITS_X, UNITS_Y = 2000, 1000  # the stretched coordinates of the paths
LABEL_GAP = 0.068  # share of the height between two end labels: 16 px of 236
CHARACTER_PX = 7.2  # width of a condensed character at 13 px, generously
WIDE_PX, NARROW_PX = 760, 215  # plot areas for which names are judged to fit
PAUSE_DAYS = 420  # a longer silence breaks the line: a season was missed
STEPS = (5, 10, 20, 25, 50, 100, 200, 250, 500)  # rating points between grid lines


@dataclass(frozen=True, slots=True)
class Point:
    """A rating after one race."""

    on: date
    rating: float
    race: str = ""  # "Qatar Grand Prix 2024"
    reading: str = ""  # of the tooltip; race, rating and team where it is empty
    url: str = ""
    team_class: str = "team-other"
    team_name: str = ""

    @property
    def name(self) -> str:
        """What the table twin calls the point: its race."""
        return self.race or self.reading.partition(":")[0] or self.on.isoformat()

    @property
    def tip(self) -> str:
        """Text of the tooltip, its first line set bold."""
        if self.reading:
            return self.reading
        team = f" · {self.team_name}" if self.team_name else ""
        return f"{self.name}\n{self.rating:.0f}{team}"


@dataclass(frozen=True, slots=True)
class Series:
    """The line of one driver or team, oldest point first."""

    label: str  # the code at the end of the line
    name: str
    points: Sequence[Point]
    url: str = ""
    team_class: str = "team-other"
    is_second_car: bool = False  # dashed
    is_context: bool = False  # thin and grey, without a label

    @property
    def last(self) -> Point:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time behind the lines, as an era of the engine formula."""

    label: str
    start: date
    end: date


ENGINE_ERAS = tuple(
    Band(label=label, start=date(start, 1, 1), end=date(end, 1, 1))
    for label, start, end in (
        ("4.5 litres", 1950, 1952),
        ("2 litres", 1952, 1954),
        ("2.5 litres", 1954, 1961),
        ("1.5 litres", 1961, 1966),
        ("3 litres", 1966, 1977),
        ("Turbo", 1977, 1989),
        ("3.5 litres", 1989, 1995),
        ("V10, 3 litres", 1995, 2006),
        ("V8 engines", 2006, 2014),
        ("Hybrid engines", 2014, 2022),
        ("Ground effect", 2022, 2026),
    )
)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What maps dates and ratings to shares of the plot area."""

    first: int  # ordinal days
    last: int
    low: float
    high: float
    step: float

    def x(self, on: date) -> float:
        return (on.toordinal() - self.first) / max(1, self.last - self.first)

    def y(self, rating: float) -> float:
        return (self.high - rating) / (self.high - self.low)

    def grid(self) -> list[float]:
        n = round((self.high - self.low) / self.step)
        return [self.low + i * self.step for i in range(n + 1)]


def moving_mean(values: Sequence[float], n: int) -> list[float]:
    """Mean of the last ``n`` values at each place, of fewer at the start."""
    return [
        sum(values[max(0, i - n + 1) : i + 1]) / min(n, i + 1)
        for i in range(len(values))
    ]


def rating_plot(
    series: Sequence[Series],
    *,
    bands: Sequence[Band] = (),
    mean_of: int = 1,
) -> str:
    """The whole drawing; empty when no series has two points.

    Parameters
    ----------
    series : one is drawn in team colours with readings and a strip of his teams,
        several are drawn in one colour each with their labels pulled apart
    bands : eras behind the lines; those outside the time shown are left out
    mean_of : races in the moving mean that smooths several lines
    """
    shown = [_smoothed(line, mean_of) for line in series if len(line.points) > 1]
    if not shown:
        return ""
    frame = _frame_of(shown)
    single = shown[0] if len(shown) == 1 else None
    parts = [
        _key_strip(single, frame) if single else _band_labels(bands, frame),
        _value_axis(frame),
        _area(shown, frame, bands, single),
        _end_labels(shown, frame, single),
        _years(frame),
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


def _frame_of(series: Sequence[Series]) -> _Frame:
    points = [point for line in series for point in line.points]
    days = [point.on.toordinal() for point in points]
    low = min(point.rating for point in points)
    high = max(point.rating for point in points)
    step = next((s for s in STEPS if (high - low) / s <= 5), STEPS[-1])
    return _Frame(
        first=min(days),
        last=max(days),
        low=step * (low // step),
        high=step * -(-high // step) if high % step else high + step,
        step=step,
    )


def _value_axis(frame: _Frame) -> str:
    texts = "".join(
        tag("text", f"{value:.0f}", x="100%", y=percent(frame.y(value)))
        for value in frame.grid()
    )
    return tag("svg", texts, class_="plot-y", aria_hidden="true")


def _area(
    series: Sequence[Series],
    frame: _Frame,
    bands: Sequence[Band],
    single: Series | None,
) -> str:
    inside = list(_inside(bands, frame))
    stripes = "".join(
        tag(
            "rect",
            class_="band",
            x=percent(start),
            width=percent(end - start),
            height="100%",
        )
        for i, (_, start, end) in enumerate(inside)
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
    return tag(
        "svg",
        stripes + rules + paths + marks,
        class_="plot-area",
        data_rove="" if single else None,
    )


def _inside(
    bands: Sequence[Band], frame: _Frame
) -> Iterator[tuple[Band, float, float]]:
    for band in bands:
        start, end = max(0.0, frame.x(band.start)), min(1.0, frame.x(band.end))
        if end > start:
            yield band, start, end


def _paths(
    series: Sequence[Series], frame: _Frame, single: Series | None
) -> Iterator[str]:
    if single:
        for run in _runs(single.points, by_team=True):
            yield tag("path", class_=f"line {run[-1].team_class}", d=_path(run, frame))
        return
    rank = 0
    for line in sorted(series, key=lambda line: not line.is_context):
        name = "line context"
        if not line.is_context:
            name = f"line {line.team_class} s{rank}" + " second" * line.is_second_car
            rank += 1
        d = "".join(_path(run, frame) for run in _runs(line.points, by_team=False))
        reading = f"{line.name}\n{line.points[-1].rating:.0f}"
        yield tag("path", title(reading), class_=name, d=d)


def _runs(points: Sequence[Point], *, by_team: bool) -> list[list[Point]]:
    """Points of one unbroken stroke; a change of team starts where the last ended."""
    runs = [[points[0]]]
    for before, point in pairwise(points):
        if (point.on - before.on).days > PAUSE_DAYS:
            runs.append([point])
        elif by_team and point.team_class != before.team_class:
            runs.append([before, point])
        else:
            runs[-1].append(point)
    return runs


def _path(points: Sequence[Point], frame: _Frame) -> str:
    spots = [
        (round(UNITS_X * frame.x(point.on)), round(UNITS_Y * frame.y(point.rating)))
        for point in points
    ]
    steps = [f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(spots)]
    return f"M{spots[0][0]} {spots[0][1]}" + "".join(f"l{step}" for step in steps)


def _readings(line: Series, frame: _Frame) -> str:
    """A column of the plot for each race: hover or arrow keys show its reading."""
    xs = [frame.x(point.on) for point in line.points]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(xs)), 1.0]
    marks = [
        _reading(point, x, frame, left, right, is_last=point is line.last)
        for point, x, (left, right) in zip(
            line.points, xs, pairwise(edges), strict=True
        )
    ]
    teams = groupby(
        zip(line.points, marks, strict=True), key=lambda pair: pair[0].team_class
    )
    return "".join(
        tag("g", "".join(mark for _, mark in pairs), class_=f"points {team}")
        for team, pairs in teams
    )


def _reading(
    point: Point, x: float, frame: _Frame, left: float, right: float, *, is_last: bool
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


def _ends(series: Sequence[Series], frame: _Frame) -> str:
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


def _end_labels(series: Sequence[Series], frame: _Frame, single: Series | None) -> str:
    lines = [line for line in series if not line.is_context]
    wanted = [frame.y(line.points[-1].rating) for line in lines]
    spots = spread(wanted, LABEL_GAP, low=0.02, high=0.98)
    labels = "".join(
        _end_label(line, rank, place, spot, is_single=single is not None)
        for rank, (line, place, spot) in enumerate(
            zip(lines, wanted, spots, strict=True)
        )
    )
    return tag("svg", labels, class_="plot-end")


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


def _key_strip(line: Series, frame: _Frame) -> str:
    """The teams of one driver as bars over the time he drove for them."""
    return tag(
        "svg", "".join(_stints(line, frame)), class_="plot-key", aria_hidden="true"
    )


def _stints(line: Series, frame: _Frame) -> Iterator[str]:
    runs = [
        run[run[0].team_class != run[-1].team_class :]
        for run in _runs(line.points, by_team=True)
    ]
    starts = [frame.x(run[0].on) for run in runs]
    ends = [
        following
        if (after[0].on - run[-1].on).days <= PAUSE_DAYS
        else frame.x(run[-1].on)
        for run, after, following in zip(runs, runs[1:], starts[1:], strict=False)
    ]
    for run, start, end in zip(runs, starts, [*ends, 1.0], strict=True):
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
        if _fits(name, width, WIDE_PX):
            odd = None if _fits(name, width, NARROW_PX) else "odd"
            yield tag("text", escape(name), x=percent(start), y="13", class_=odd)


def _band_labels(bands: Sequence[Band], frame: _Frame) -> str:
    texts = (
        tag(
            "text",
            escape(band.label),
            x=percent(start),
            y="14",
            class_=None if _fits(band.label, end - start, NARROW_PX) else "odd",
        )
        for band, start, end in _inside(bands, frame)
        if _fits(band.label, end - start, WIDE_PX)
    )
    body = "".join(texts)
    return tag("svg", body, class_="plot-key", aria_hidden="true") if body else ""


def _fits(text: str, share: float, pixels: int) -> bool:
    return share * pixels >= CHARACTER_PX * len(text) + 6


def _years(frame: _Frame) -> str:
    first = date.fromordinal(frame.first).year
    last = date.fromordinal(frame.last).year
    years = range(first, last + 1)
    wide, narrow = -(-len(years) // 16), -(-len(years) // 4)
    body = "".join(_year(year, first, wide, narrow, frame) for year in years)
    return tag("svg", body, class_="plot-x", aria_hidden="true")


def _year(year: int, first: int, wide: int, narrow: int, frame: _Frame) -> str:
    x = max(0.0, frame.x(date(year, 1, 1)))
    if (year - first) % wide or x > 0.97:
        return ""
    odd = "odd" if (year - first) % (wide * -(-narrow // wide)) else None
    mark = tag("line", x1=percent(x), x2=percent(x), y1="0", y2="5", class_=odd)
    return mark + tag("text", str(year), x=percent(x), y="19", class_=odd)


def season_ends(lines: Iterable[Series]) -> list[tuple[int, list[float | None]]]:
    """Last rating of each season for each line: the table twin of several lines."""
    named = [line for line in lines if not line.is_context]
    columns = [{p.on.year: p.rating for p in line.points} for line in named]
    years = sorted({year for column in columns for year in column}, reverse=True)
    return [(year, [column.get(year) for column in columns]) for year in years]
