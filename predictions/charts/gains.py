"""Gains over baselines: a bar from zero with the 95 % interval as whiskers.

And where results fell within their distributions, in tenths.
"""

from collections.abc import Iterable, Sequence

from predictions.charts import words
from predictions.charts.bars import Axis
from predictions.charts.svg import percent, tag

STEPS = (0.05, 0.1, 0.2, 0.5, 1.0)
MOST_TICKS = 5  # between zero and the longer end
LEAST = 0.12  # no axis is shorter: small gains stay small
FURTHEST = 1.0  # a loss that is larger runs out of the drawing
GAP = 0.006  # between two tenths, share of the drawing
HEAD = 1.12  # room above the highest tenth


def gain_axis(ends: Iterable[float]) -> Axis:
    """Axis that holds zero and all intervals, ticks at round shares."""
    ends = list(ends)
    low = max(-FURTHEST, min([0.0, *ends]))
    high = max([LEAST, *ends])
    reach = max(high, -low)
    step = next((s for s in STEPS if reach / s <= MOST_TICKS), STEPS[-1])
    first, last = -int(-low / step + 1e-9), int(high / step + 1e-9)
    ticks = tuple(round(step * n, 2) for n in range(first, last + 1))
    room = 0.02 * (high - low)
    return Axis(low=low - room if low < 0 else 0.0, high=high + room, ticks=ticks)


def gain_labels(axis: Axis) -> str:
    """Tick labels in per cent; of many every other one where it is narrow."""
    is_full = len(axis.ticks) > MOST_TICKS
    zero = axis.ticks.index(0.0)
    labels = "".join(
        tag(
            "text",
            words.signed(100 * tick).lstrip("+"),
            x=percent(axis.at(tick)),
            y="14",
            class_="odd" if is_full and (n - zero) % 2 else None,
        )
        for n, tick in enumerate(axis.ticks)
    )
    return tag("svg", labels, class_="axis", aria_hidden="true")


def gain_bar(gain: float, low: float, high: float, axis: Axis) -> str:
    """One gain and its interval, all shares of the baseline's score."""
    zero, end = axis.at(0.0), axis.at(gain)
    parts = [_upright(axis.at(tick), "grid") for tick in axis.ticks]
    parts.append(
        tag(
            "rect",
            class_="h5",
            x=percent(min(zero, end)),
            y="25%",
            width=percent(abs(end - zero)),
            height="50%",
        )
    )
    parts.append(_upright(zero, "zero"))
    left, right = percent(axis.at(low)), percent(axis.at(high))
    parts.append(tag("line", class_="whisker", x1=left, x2=right, y1="50%", y2="50%"))
    parts += [
        tag("line", class_="whisker", x1=x, x2=x, y1="32%", y2="68%")
        for x in (left, right)
    ]
    return tag("svg", "".join(parts), class_="gain", aria_hidden="true")


def tenths(shares: Sequence[float]) -> str:
    """Bars of shares that are all the same where ranges are honest.

    Parameters
    ----------
    shares : summing to 1
    """
    level = 1 / len(shares)
    most = HEAD * max(level, *shares)
    width = 1 / len(shares)
    parts = []
    for n, share in enumerate(shares):
        height = share / most
        parts.append(
            tag(
                "rect",
                class_="h5",
                x=percent(n * width + GAP / 2),
                y=percent(1 - height),
                width=percent(width - GAP),
                height=percent(height),
            )
        )
        figure = f"{100 * share:.1f}"
        parts.append(
            tag("text", figure, x=percent((n + 0.5) * width), y="100%", dy="-7")
        )
    y = percent(1 - level / most)
    parts.append(tag("line", class_="ideal", x1="0", x2="100%", y1=y, y2=y))
    return tag("svg", "".join(parts), class_="tenths", aria_hidden="true")


def _upright(place: float, name: str) -> str:
    x = percent(place)
    return tag("line", class_=name, x1=x, x2=x, y1="0", y2="100%")
