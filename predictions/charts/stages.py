"""Lines of a few drivers over the stages of one weekend: how chances moved.

Heights are pixels, widths shares, so that text keeps its size on any screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from predictions.charts import words
from predictions.charts.labels import spread
from predictions.charts.svg import percent, tag, title

HEIGHT, TOP, FOOT = 300, 16, 34  # pixels: of all, above the plot, below it
LEFT, RIGHT = 0.16, 0.7  # shares of the width where the lines start and end
LABEL_PX = 16  # between two labels
BESIDE = 40  # pixels from a code to its chance
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between grid lines, at most five of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A driver's chances, one for each stage; None where he was not in the field."""

    code: str
    name: str
    team_class: str
    chances: Sequence[float | None]
    is_second_car: bool = False
    url: str = ""

    @property
    def last(self) -> float:
        return next(c for c in reversed(self.chances) if c is not None)

    @property
    def first(self) -> float:
        return next(c for c in self.chances if c is not None)


def plot(paths: Sequence[Path], stages: Sequence[str]) -> str:
    """The whole drawing; empty for fewer than two stages.

    Parameters
    ----------
    paths : each with at least one chance, as many as there are stages
    stages : what they are called, the first one first
    """
    if len(stages) < 2 or not paths:
        return ""
    most = max(c for path in paths for c in path.chances if c is not None)
    step = next((s for s in STEPS if most / s <= 5), STEPS[-1])
    scale = Scale(top=max(step, -(-most // step) * step), n_stages=len(stages))
    body = _grid(scale, step) + _heads(scale, stages)
    ends = _spread([scale.y(path.last) for path in paths])
    starts = _spread([scale.y(path.first) for path in paths])
    for i, (path, end, start) in enumerate(zip(paths, ends, starts, strict=True)):
        body += _path(path, scale, start, end, stages, is_first=i == 0)
    return tag("svg", body, class_="stage-lines points", height=HEIGHT, data_rove="")


@dataclass(frozen=True, slots=True)
class Scale:
    """From chances to pixels from above, and from stages to shares of the width."""

    top: float
    n_stages: int

    def y(self, chance: float) -> float:
        return HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * chance / self.top

    def x(self, stage: int) -> float:
        return LEFT + (RIGHT - LEFT) * stage / (self.n_stages - 1)


def _spread(places: Sequence[float]) -> list[float]:
    return spread(places, LABEL_PX, low=TOP, high=HEIGHT - FOOT)


def _grid(scale: Scale, step: float) -> str:
    ends = {"x1": percent(LEFT), "x2": percent(RIGHT)}
    values = [step * n for n in range(round(scale.top / step) + 1)]
    return "".join(
        tag("line", class_="axis" if n == 0 else "grid", **ends, y1=y, y2=y)
        for n, y in enumerate(scale.y(value) for value in values)
    )


def _heads(scale: Scale, stages: Sequence[str]) -> str:
    return "".join(
        tag("text", escape(name), class_="head", x=percent(scale.x(n)), y=HEIGHT - 10)
        for n, name in enumerate(stages)
    )


def _path(
    path: Path,
    scale: Scale,
    start: float,
    end: float,
    stages: Sequence[str],
    *,
    is_first: bool,
) -> str:
    """A line from dot to dot, its chance at both ends and its code at the last."""
    spots = [
        (scale.x(n), scale.y(chance))
        for n, chance in enumerate(path.chances)
        if chance is not None
    ]
    line = "line second" if path.is_second_car else "line"
    body = title(_reading(path, stages))
    for (x, y), (to_x, to_y) in pairwise(spots):
        body += tag("line", class_=line, x1=percent(x), y1=y, x2=percent(to_x), y2=to_y)
    for x, y in reversed(spots):  # the tooltip stands at the first: the newest
        body += tag("circle", class_="dot", cx=percent(x), cy=y, r="4.5")
    if path.chances[0] is not None:
        text = words.percent(path.first)
        body += tag("text", text, class_="end", x=percent(LEFT - 0.03), y=start)
    if path.chances[-1] is not None:
        body += tag(
            "text", escape(path.code), class_="key", x=percent(RIGHT + 0.03), y=end
        )
        body += tag(
            "text", words.percent(path.last), x=percent(RIGHT + 0.03), y=end, dx=BESIDE
        )
    return tag(
        "a",
        body,
        href=path.url or None,
        class_=path.team_class,
        tabindex=None if is_first else "-1",
    )


def _reading(path: Path, stages: Sequence[str]) -> str:
    told = [
        f"{stage} {words.percent(chance)}"
        for stage, chance in zip(stages, path.chances, strict=True)
        if chance is not None
    ]
    return f"{path.name}\n{', '.join(told)}"
