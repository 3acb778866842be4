"""Grid to finish, race by race: hollow where a car started, solid where it came in.

Heights are pixels, widths shares, so that text keeps its size on any screen. Fewer
races are named where the card is narrow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from predictions.charts.ranges import place_ticks
from predictions.charts.slope import CROSS
from predictions.charts.svg import percent, tag, title

STEP = 7  # pixels between two places
PIT = 2.5  # places that the pit lane stands below the last slot
TOP = 10  # of the first place, pixels
LEFT = 0.07  # share of the width for the labels of places
NAMES_WIDE, NAMES_NARROW = 12, 6  # races that are named at most
FEWEST_PLACES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A race that a driver started."""

    code: str  # of the race, three letters
    race: str  # "Qatar Grand Prix 2024"
    team_name: str
    team_class: str
    grid: int | None  # slot from 1; unknown or none
    from_pit_lane: bool
    order: int  # in the published result, from 1
    result: str  # "1", "Ret"
    is_classified: bool
    url: str = ""

    @property
    def grid_text(self) -> str:
        """Slot as tables print it."""
        return "pit" if self.from_pit_lane else str(self.grid or "–")

    @property
    def gained(self) -> int | None:
        """Places won from the slot to the flag; None without one or the other."""
        known = self.grid is not None and self.is_classified
        return (self.grid or 0) - self.order if known else None

    @property
    def reading(self) -> str:
        start = "the pit lane" if self.from_pit_lane else f"grid {self.grid_text}"
        end = f"finished {self.result}" if self.is_classified else self.result
        return f"{self.race}\nfrom {start}, {end}\n{self.team_name}"


def plot(starts: Sequence[Start]) -> str:
    """The whole drawing, the oldest race at the left; empty without any.

    Parameters
    ----------
    starts : in order of time
    """
    if not starts:
        return ""
    n_rows = max(
        FEWEST_PLACES, *(max(start.order, start.grid or 0) for start in starts)
    )
    has_pit = any(start.from_pit_lane for start in starts)
    height = int(_y(n_rows + PIT * has_pit) + TOP)
    body = "".join(_rules(n_rows, has_pit=has_pit))
    for i, start in enumerate(starts):
        body += _race(start, (i + 0.5) / len(starts), n_rows, len(starts), i == 0)
    drawing = tag("svg", body, class_="slope points", height=height, data_rove="")
    return drawing + _names(starts)


def _rules(n_rows: int, *, has_pit: bool) -> Iterator[str]:
    """A line and a label for round places, and for the pit lane."""
    rows = [(str(place), float(place)) for place in place_ticks(n_rows)]
    for label, place in [*rows, ("pit", n_rows + PIT)] if has_pit else rows:
        y = _y(place)
        yield tag("line", class_="grid", x1=percent(LEFT), x2="100%", y1=y, y2=y)
        yield tag("text", label, class_="end", x=percent(LEFT - 0.015), y=y)


def _race(start: Start, share: float, n_rows: int, n: int, is_first: bool) -> str:
    x, width = LEFT + (1 - LEFT) * share, (1 - LEFT) / n
    body = title(start.reading)
    body += tag("rect", x=percent(x - width / 2), width=percent(width))
    slot = n_rows + PIT if start.from_pit_lane else start.grid
    if slot is not None:
        ends = {"x1": percent(x), "x2": percent(x)}
        body += tag(
            "line", class_="leader", **ends, y1=_y(slot), y2=_y(start.order)
        ) + tag("circle", class_="dot hollow", cx=percent(x), cy=_y(slot), r="4.5")
    if start.is_classified:
        body += tag("circle", class_="dot", cx=percent(x), cy=_y(start.order), r="4.5")
    else:
        cross = tag("path", class_="line", d=CROSS)
        body += tag("svg", cross, class_="cross", x=percent(x), y=_y(start.order))
    return tag(
        "a",
        body,
        href=start.url or None,
        class_=start.team_class,
        tabindex=None if is_first else "-1",
    )


def _names(starts: Sequence[Start]) -> str:
    """Codes of races below; every second or so, fewer where the card is narrow."""
    wide = -(-len(starts) // NAMES_WIDE)
    narrow = wide * -(-len(starts) // (NAMES_NARROW * wide))
    texts = (
        tag(
            "text",
            escape(start.code),
            x=percent(LEFT + (1 - LEFT) * (i + 0.5) / len(starts)),
            y="14",
            class_="odd" if i % narrow else None,
        )
        for i, start in enumerate(starts)
        if i % wide == 0
    )
    return tag("svg", "".join(texts), class_="axis", aria_hidden="true")


def _y(place: float) -> float:
    return TOP + STEP * (place - 1)
