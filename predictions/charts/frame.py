"""The frame of rating lines: scales, axes, era bands, and strokes within them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise

from predictions.charts.series import Band, Point, Series
from predictions.charts.svg import percent, tag

UNITS_X, UNITS_Y = 2000, 1000  # the stretched coordinates of the paths
CHARACTER_PX = 7.2  # width of a condensed character at 13 px, generously
WIDE_PX, NARROW_PX = 760, 215  # plot areas for which names are judged to fit
STEPS = (5, 10, 20, 25, 50, 100, 200, 250, 500)  # rating points between grid lines


@dataclass(frozen=True, slots=True)
class Frame:
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


def frame_of(series: Sequence[Series], span: tuple[date, date] | None = None) -> Frame:
    """The least frame of round figures that holds all points.

    Parameters
    ----------
    series : at least one point among them
    span : first and last day to show; those of the points unless told
    """
    points = [point for line in series for point in line.points]
    days = [day.toordinal() for day in span or (point.on for point in points)]
    low = min(point.rating for point in points)
    high = max(point.rating for point in points)
    step = next((s for s in STEPS if (high - low) / s <= 5), STEPS[-1])
    return Frame(
        first=min(days),
        last=max(days),
        low=step * (low // step),
        high=step * -(-high // step) if high % step else high + step,
        step=step,
    )


def value_axis(frame: Frame) -> str:
    """Labels of the grid lines, left of the plot."""
    texts = "".join(
        tag("text", f"{value:.0f}", x="100%", y=percent(frame.y(value)))
        for value in frame.grid()
    )
    return tag("svg", texts, class_="plot-y", aria_hidden="true")


def inside(bands: Sequence[Band], frame: Frame) -> Iterator[tuple[Band, float, float]]:
    """Bands within the time shown, with the shares where they start and end."""
    for band in bands:
        start, end = max(0.0, frame.x(band.start)), min(1.0, frame.x(band.end))
        if end > start:
            yield band, start, end


def band_labels(bands: Sequence[Band], frame: Frame) -> str:
    """Names of the bands above the plot, where there is room for them."""
    texts = (
        tag(
            "text",
            escape(band.label),
            x=percent(start),
            y="14",
            class_=None if fits(band.label, end - start, NARROW_PX) else "odd",
        )
        for band, start, end in inside(bands, frame)
        if fits(band.label, end - start, WIDE_PX)
    )
    body = "".join(texts)
    return tag("svg", body, class_="plot-key", aria_hidden="true") if body else ""


def fits(text: str, share: float, pixels: int) -> bool:
    """Whether a label is at home in a share of so many pixels."""
    return share * pixels >= CHARACTER_PX * len(text) + 6


def years(frame: Frame) -> str:
    """The time axis below the plot."""
    first = date.fromordinal(frame.first).year
    last = date.fromordinal(frame.last).year
    shown = range(first, last + 1)
    wide, narrow = -(-len(shown) // 16), -(-len(shown) // 4)
    body = "".join(_year(year, first, wide, narrow, frame) for year in shown)
    return tag("svg", body, class_="plot-x", aria_hidden="true")


def _year(year: int, first: int, wide: int, narrow: int, frame: Frame) -> str:
    x = max(0.0, frame.x(date(year, 1, 1)))
    if (year - first) % wide or x > 0.97:
        return ""
    odd = "odd" if (year - first) % (wide * -(-narrow // wide)) else None
    mark = tag("line", x1=percent(x), x2=percent(x), y1="0", y2="5", class_=odd)
    return mark + tag("text", str(year), x=percent(x), y="19", class_=odd)


def is_pause(before: Point, after: Point) -> bool:
    """Whether a season was missed between two points: the line breaks there."""
    return after.on.year - before.on.year > 1


def runs(points: Sequence[Point], *, by_team: bool) -> list[list[Point]]:
    """Points of one unbroken stroke; a change of team starts where the last ended."""
    strokes = [[points[0]]]
    for before, point in pairwise(points):
        if is_pause(before, point):
            strokes.append([point])
        elif by_team and point.team != before.team:
            strokes.append([before, point])
        else:
            strokes[-1].append(point)
    return strokes


def path(points: Sequence[Point], frame: Frame) -> str:
    """One stroke in stretched units, in relative steps because they are short."""
    spots = [
        (round(UNITS_X * frame.x(point.on)), round(UNITS_Y * frame.y(point.rating)))
        for point in points
    ]
    steps = [f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(spots)]
    return f"M{spots[0][0]} {spots[0][1]}" + "".join(f"l{step}" for step in steps)
