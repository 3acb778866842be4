"""Reliability as a file of its own, for the docs: pages draw ``calibration``.

A dot for each tenth of the chances, on the diagonal where they can be taken at their
word; a 95 % band and the number of cases with it.
"""

from collections.abc import Sequence

from predictions.charts.svg import number, tag, title
from predictions.forecasting.reliability import Bin

SIDE = 260  # of the square, pixels
LEFT, TOP, BELOW, RIGHT = 40, 26, 40, 14
WIDTH, HEIGHT = LEFT + SIDE + RIGHT, TOP + SIDE + BELOW
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

#: For a drawing that stands alone and has no style sheet of a page.
STYLE = """
text{font:500 12px system-ui,sans-serif;fill:#555}
.ground{fill:#fff}
.grid{stroke:#e2e2e2}
.ideal{stroke:#999;stroke-dasharray:4 3}
.range{stroke:#0b6e69;stroke-width:3;opacity:.45;stroke-linecap:round}
.dot{fill:#0b6e69;stroke:#fff;stroke-width:1.5}
.name{font-weight:700;fill:#222}
"""


def standalone(win: Sequence[Bin], podium: Sequence[Bin], stage: str) -> str:
    """Win and podium beside each other, as a file of its own."""
    panels = tag("rect", class_="ground", width="100%", height="100%")
    panels += _panel(win, f"win, {stage}")
    panels += tag(
        "g", _panel(podium, f"podium, {stage}"), transform=f"translate({WIDTH} 0)"
    )
    return tag(
        "svg",
        tag("style", STYLE) + panels,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {2 * WIDTH} {HEIGHT}",
        width=2 * WIDTH,
        height=HEIGHT,
    )


def _panel(bins: Sequence[Bin], name: str) -> str:
    heading = tag("text", name, class_="name", x=LEFT, y="16")
    ideal = tag("line", class_="ideal", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1))
    return heading + _axes() + ideal + "".join(map(_dot, bins))


def _axes() -> str:
    parts = []
    for tick in TICKS:
        x, y, label = _x(tick), _y(tick), f"{100 * tick:.0f}"
        parts += [
            tag("line", class_="grid", x1=x, x2=x, y1=_y(0), y2=_y(1)),
            tag("line", class_="grid", x1=_x(0), x2=_x(1), y1=y, y2=y),
            tag("text", label, x=x, y=number(TOP + SIDE + 16), text_anchor="middle"),
            tag("text", label, x=LEFT - 6, y=y, dy="4", text_anchor="end"),
        ]
    words = tag(
        "text",
        "chance given, % · upwards: came true, %",
        x=_x(0.5),
        y=number(TOP + SIDE + 34),
        text_anchor="middle",
    )
    return "".join(parts) + words


def _dot(one: Bin) -> str:
    x = _x(one.chance)
    told = (
        f"{100 * one.chance:.0f} % given, {100 * one.share:.0f} % came true"
        f" [{100 * one.low:.0f}, {100 * one.high:.0f}], n = {one.n}"
    )
    return tag(
        "g",
        title(told)
        + tag("line", class_="range", x1=x, x2=x, y1=_y(one.low), y2=_y(one.high))
        + tag("circle", class_="dot", cx=x, cy=_y(one.share), r="4.5")
        + tag("text", str(one.n), x=x, y=_y(one.high), dy="-6", text_anchor="middle"),
    )


def _x(chance: float) -> str:
    return number(LEFT + SIDE * chance)


def _y(share: float) -> str:
    return number(TOP + SIDE * (1 - share))
