"""Dumbbells: the places that hold eight results out of ten, and the expected one."""

from predictions.charts.svg import percent, tag

MARGIN = 0.03  # share of the drawing left free at both ends for the dots
TICKS = (1, 5, 10, 15, 20)


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
    parts = [_grid_line(tick, n_places) for tick in place_ticks(n_places)]
    parts.append(
        tag(
            "line",
            class_="range",
            x1=percent(place_at(low, n_places)),
            x2=percent(place_at(high, n_places)),
            y1="50%",
            y2="50%",
        )
    )
    parts.append(_dot(expected, n_places, "dot hollow" if is_over else "dot"))
    if result is not None:
        parts.append(_dot(result, n_places, "dot"))
    return tag("svg", "".join(parts), class_="range-bar", aria_hidden="true")


def _grid_line(tick: int, n_places: int) -> str:
    x = percent(place_at(tick, n_places))
    return tag("line", class_="grid", x1=x, x2=x, y1="0", y2="100%")


def _dot(place: float, n_places: int, name: str) -> str:
    x = percent(place_at(place, n_places))
    return tag("circle", class_=name, cx=x, cy="50%", r="5")
