"""Bars on a common axis: chances from zero, changes to both sides of zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from predictions.charts.svg import percent, tag

HEADROOM = 1.13  # the longest bar stops short of the figures beside it
SHORTEST = 0.004  # share of the drawing: a chance of nearly nothing is still seen


@dataclass(frozen=True, slots=True)
class Axis:
    """A value axis: ``low`` at the left edge, ``high`` at the right."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Place of a value as a share of the drawing, in [0, 1]."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


#: Axis of one against one: a tick where both are level.
DUEL = Axis(low=0.0, high=1.0, ticks=(0.5,))


def chance_axis(chances: Iterable[float]) -> Axis:
    """Axis for chances in [0, 1]: starts at 0, a tick each 10 % (each 20 % if long)."""
    longest = max(chances, default=0.0)
    high = min(1.0, max(0.12, longest * HEADROOM))
    step = 10 if high <= 0.62 else 20
    ticks = tuple(n / 100 for n in range(step, int(100 * high) + 1, step))
    return Axis(low=0.0, high=high, ticks=ticks)


def change_axis(changes: Sequence[float]) -> Axis:
    """Axis for changes of either sign; holds zero, and room at both ends."""
    low, high = min([0.0, *changes]), max([0.0, *changes])
    room = 0.06 * (high - low) or 1.0
    return Axis(low=low - room, high=high + room, ticks=(0.0,))


def axis_labels(axis: Axis) -> str:
    """Tick labels of a chance axis, the last one with the unit."""
    last = len(axis.ticks) - 1
    labels = (
        tag(
            "text",
            f"{100 * tick:.0f}" + ("\u202f%" if i == last else ""),
            x=percent(axis.at(tick)),
            y="14",
            class_="odd" if i % 2 == 0 and i != last else None,
        )
        for i, tick in enumerate(axis.ticks)
    )
    return tag("svg", "".join(labels), class_="axis", aria_hidden="true")


def chance_bar(chance: float, axis: Axis, *, before: float | None = None) -> str:
    """Bar of one chance with grid lines and the tick of the previous stage.

    Parameters
    ----------
    chance : probability in [0, 1]
    axis : common to all rows, see `chance_axis`
    before : chance of the previous stage, drawn as an upright tick
    """
    width = max(SHORTEST, axis.at(chance))
    parts = [
        *(_upright(axis.at(tick), "grid") for tick in axis.ticks),
        tag("rect", class_="mark", y="25%", height="50%", width=percent(width)),
        _upright(0.0, "zero"),
    ]
    if before is not None:
        place = axis.at(before)
        parts += [
            tag(
                "line",
                class_=name,
                x1=percent(place),
                x2=percent(place),
                y1="18%",
                y2="82%",
            )
            for name in ("halo", "tick")
        ]
    return tag("svg", "".join(parts), class_="bar", aria_hidden="true")


def change_bar(change: float, axis: Axis) -> str:
    """Bar from zero to one change, to the left where it is negative."""
    zero, end = axis.at(0.0), axis.at(change)
    bar = tag(
        "rect",
        class_="mark",
        x=percent(min(zero, end)),
        y="28%",
        width=percent(max(SHORTEST, abs(end - zero))),
        height="44%",
    )
    return tag("svg", bar + _upright(zero, "zero"), class_="bar", aria_hidden="true")


def _upright(place: float, name: str) -> str:
    x = percent(place)
    return tag("line", class_=name, x1=x, x2=x, y1="0", y2="100%")
