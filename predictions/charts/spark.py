"""Spark lines: the last values of a series, without an axis."""

from collections.abc import Sequence

from predictions.charts.svg import number, tag

WIDTH, HEIGHT, MARGIN = 84, 24, 3  # pixels


def spark_line(values: Sequence[float]) -> str:
    """A line through the values, scaled to their own range; empty below two values.

    Parameters
    ----------
    values : shape (n,), oldest first
    """
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    flat = high == low
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    points = (
        f"{number(MARGIN + i * step, 1)} "
        f"{number(_height(0.5 if flat else (value - low) / span), 1)}"
        for i, value in enumerate(values)
    )
    path = tag("path", class_="line", d="M" + "L".join(points))
    return tag(
        "svg",
        path,
        class_="spark",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        aria_hidden="true",
    )


def _height(share: float) -> float:
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)
