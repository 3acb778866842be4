"""Slopes: where each driver was expected, and where he came.

A row for each place, 1 on top; who was not classified stands below a rule, with a
cross. Heights are pixels, widths shares, so that text keeps its size on any screen.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from predictions.charts import words
from predictions.charts.labels import spread
from predictions.charts.svg import number, percent, tag, title

ROW = 23  # pixels between two places
TOP = 34  # of the first place, pixels; heads stand above it
HEAD = 12  # base line of the heads, pixels
BREAK = 10  # pixels more above those who were not classified
LEFT, RIGHT = 0.28, 0.72  # shares of the width where the lines start and end
CODE, PLACE = 0.12, 0.24  # where the label of a forecast ends; a result's is mirrored
LEADER = 0.25, 0.265
UNITS = 100  # the stretched width of a path
CROSS = "M-4 -4L4 4M4 -4L-4 4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A driver of one forecast who is in the result."""

    code: str
    name: str
    team_class: str
    expected: float  # mean finishing place
    order: int  # in the published result, from 1
    result: str  # "1", "Ret"
    is_classified: bool
    is_favourite: bool = False
    is_second_car: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """From one place to another; ``place`` is a mean where forecasts are level."""

    car: Car
    place: float
    is_strong: bool = False

    @property
    def change(self) -> float | None:
        """Places gained over the forecast; unknown for who was not classified."""
        return self.place - self.car.order if self.car.is_classified else None

    @property
    def gained(self) -> str:
        """The change with its sign, a dash where it is unknown."""
        halves = self.change is not None and self.change % 1
        return words.signed(self.change, 1 if halves else 0)

    @property
    def reading(self) -> str:
        car, told = self.car, f"forecast {words.plain(self.place)}"
        if self.change:
            gained = "up" if self.change > 0 else "down"
            end = f"result {car.result}, {gained} {words.plain(abs(self.change))}"
        else:
            end = f"result {car.result}"
        return f"{car.name}\n{told}, {end}"


def moves(cars: Sequence[Car]) -> list[Move]:
    """Each car's forecast place beside its result, in the order of the result.

    Strong are the favourites, the winner, and who of the classified came furthest
    from his place (all of a tie).
    """
    level = Counter(_expected(car) for car in cars)
    ahead, places = 0, {}
    for expected in sorted(level):
        places[expected] = ahead + (level[expected] + 1) / 2
        ahead += level[expected]
    ordered = sorted(cars, key=lambda car: car.order)
    plain = [Move(car, places[_expected(car)]) for car in ordered]
    largest = max((abs(move.change or 0) for move in plain), default=0)
    return [
        Move(move.car, move.place, is_strong=_is_strong(move, largest))
        for move in plain
    ]


def _expected(car: Car) -> float:
    return round(car.expected, 6)


def _is_strong(move: Move, largest: float) -> bool:
    is_winner = move.change is not None and move.car.order == 1
    is_largest = bool(move.change) and abs(move.change or 0) == largest
    return move.car.is_favourite or is_winner or is_largest


def plot(shown: Sequence[Move]) -> str:
    """The whole drawing; empty for fewer than two moves.

    Parameters
    ----------
    shown : from ``moves``
    """
    if len(shown) < 2:
        return ""
    n_rows = max(len(shown), *(move.car.order for move in shown))
    height = TOP + ROW * (n_rows - 1) + BREAK + ROW // 2
    order = sorted(range(len(shown)), key=lambda i: (shown[i].place, i))
    spots = spread([shown[i].place for i in order], 1, low=1, high=n_rows)
    labels = dict(zip(order, spots, strict=True))
    body = _heads() + _rule(shown)
    for i, move in enumerate(shown):
        body += _car(move, labels[i], height, is_first=i == 0)
    return tag("svg", body, class_="slope points", height=height, data_rove="")


def _heads() -> str:
    left = tag("text", "Forecast", class_="end", x=percent(PLACE), y=HEAD)
    return left + tag("text", "Result", x=percent(1 - PLACE), y=HEAD)


def _rule(shown: Sequence[Move]) -> str:
    """Between the classified and the others."""
    out = [move.car.order for move in shown if not move.car.is_classified]
    if not out:
        return ""
    y = number(_y(min(out) - 0.5) + BREAK / 2)
    return tag("line", class_="rule", x1=percent(RIGHT), x2="100%", y1=y, y2=y)


def _y(place: float) -> float:
    return TOP + ROW * (place - 1)


def _car(move: Move, spot: float, height: int, *, is_first: bool) -> str:
    car = move.car
    start, end = _y(move.place), _y(car.order) + BREAK * (not car.is_classified)
    body = title(move.reading) + _path(start, end, height, second=car.is_second_car)
    body += _mark(end, car) + tag(
        "circle", class_="dot hollow", cx=percent(LEFT), cy=start, r="4.5"
    )
    if abs(spot - move.place) > 0.01:
        ends = {"x1": percent(LEADER[0]), "x2": percent(LEADER[1])}
        body += tag("line", class_="leader", **ends, y1=_y(spot), y2=start)
    body += _label(car.code, CODE, _y(spot), name="key end")
    body += _label(words.plain(move.place), PLACE, _y(spot), name="end")
    body += _label(car.result, 1 - PLACE, end)
    body += _label(car.code, 1 - CODE, end, name="key")
    return tag(
        "a",
        body,
        href=car.url or None,
        class_=f"{car.team_class} strong" if move.is_strong else car.team_class,
        tabindex=None if is_first else "-1",
    )


def _path(start: float, end: float, height: int, *, second: bool) -> str:
    y, to = number(start), number(end)
    half = UNITS // 2
    curve = f"M0 {y}C{half} {y} {half} {to} {UNITS} {to}"
    return tag(
        "svg",
        tag("path", class_="line second" if second else "line", d=curve),
        viewBox=f"0 0 {UNITS} {height}",
        preserveAspectRatio="none",
        x=percent(LEFT),
        width=percent(RIGHT - LEFT),
        height=height,
    )


def _mark(end: float, car: Car) -> str:
    if car.is_classified:
        return tag("circle", class_="dot", cx=percent(RIGHT), cy=end, r="4.5")
    cross = tag("path", class_="line", d=CROSS)
    return tag("svg", cross, class_="cross", x=percent(RIGHT), y=end)


def _label(text: str, x: float, y: float, *, name: str | None = None) -> str:
    return tag("text", escape(text), class_=name, x=percent(x), y=y)
