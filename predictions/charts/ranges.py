"""Dumbbells: the places that hold eight results out of ten, and the expected one."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.charts.bars import Axis
from predictions.charts.svg import percent, tag

MARGIN = 0.03  # share of the drawing left free at both ends for the dots
TICKS = (1, 5, 10, 15, 20)
RATING_STEPS = (25.0, 50.0, 100.0, 200.0, 500.0)
SCORE_STEPS = (0.1, 0.2, 0.5, 1.0)


def place_ticks(n_places: int) -> tuple[int, ...]:
    """Places that carry a grid line in a field of so many cars."""
    ticks = [tick for tick in TICKS if tick <= n_places]
    ticks += range(25, n_places + 1, 5)
    return tuple(ticks)


def place_at(place: float, n_places: int) -> float:
    """A finishing place as a share of the drawing, 1 at the left."""
    share = (place - 1) / max(1, n_places - 1)
    return MARGIN + (1 - 2 * MARGIN) * min(1.0, max(0.0, share))


def place_labels(n_places: int) -> str:
    """Labels of the place axis."""
    labels = "".join(
        tag("text", str(tick), x=percent(place_at(tick, n_places)), y="14")
        for tick in place_ticks(n_places)
    )
    return tag("svg", labels, class_="axis", aria_hidden="true")


def dumbbell(
    expected: float,
    low: float,
    high: float,
    n_places: int,
    *,
    result: int | None = None,
    is_over: bool = False,
) -> str:
    """Range, expected place and, once known, the result of one driver.

    Parameters
    ----------
    expected : mean finishing place, from 1
    low, high : places that bound the 80 % range, from 1
    n_places : cars in the field
    result : place of the published result, None where the car was not classified
    is_over : the race has been held; the expected place is then hollow

    Source: look.md, "hollow is forecast, solid is result".
    """

    def at(place: float) -> float:
        return place_at(place, n_places)

    parts = [_grid_line(at(tick)) for tick in place_ticks(n_places)]
    parts.append(_range(at(low), at(high)))
    parts.append(_dot(at(expected), "dot hollow" if is_over else "dot"))
    if result is not None:
        parts.append(_dot(at(result), "dot"))
    return tag("svg", "".join(parts), class_="range-bar", aria_hidden="true")


@dataclass(frozen=True, slots=True)
class Span:
    """Values that an axis has room for, from one round figure to another."""

    low: float
    high: float
    step: float

    @classmethod
    def around(
        cls, low: float, high: float, steps: Sequence[float] = RATING_STEPS
    ) -> "Span":
        step = next((s for s in steps if (high - low) / s <= 4), steps[-1])
        return cls(step * (low // step), step * (high // step + 1), step)

    @property
    def ticks(self) -> list[float]:
        n = round((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(n + 1)]

    def at(self, value: float) -> float:
        """A value as a share of the drawing, the lowest at the left."""
        share = (value - self.low) / (self.high - self.low)
        return MARGIN + (1 - 2 * MARGIN) * min(1.0, max(0.0, share))


def value_range(value: float, low: float, high: float, span: Span) -> str:
    """A rating or a score, and the interval around it."""
    grid = "".join(_grid_line(span.at(tick)) for tick in span.ticks)
    drawing = grid + _range(span.at(low), span.at(high)) + _dot(span.at(value), "dot")
    return tag("svg", drawing, class_="range-bar", aria_hidden="true")


def value_labels(span: Span) -> str:
    """Labels of their axis."""
    digits = 0 if span.step >= 1 else 1
    labels = "".join(
        tag("text", f"{tick:.{digits}f}", x=percent(span.at(tick)), y="14")
        for tick in span.ticks
    )
    return tag("svg", labels, class_="axis", aria_hidden="true")


def share_range(share: float, low: float, high: float, axis: Axis) -> str:
    """A share and its interval on an axis of shares from zero."""
    grid = "".join(_grid_line(axis.at(tick)) for tick in axis.ticks)
    drawing = grid + _range(axis.at(low), axis.at(high)) + _dot(axis.at(share), "dot")
    return tag("svg", drawing, class_="range-bar", aria_hidden="true")


def _range(low: float, high: float) -> str:
    ends = {"x1": percent(low), "x2": percent(high)}
    return tag("line", class_="range", **ends, y1="50%", y2="50%")


def _grid_line(at: float) -> str:
    x = percent(at)
    return tag("line", class_="grid", x1=x, x2=x, y1="0", y2="100%")


def _dot(at: float, name: str) -> str:
    return tag("circle", class_=name, cx=percent(at), cy="50%", r="5")
