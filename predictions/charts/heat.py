"""Heat maps drawn as strips: one row of shares, eight violets."""

from bisect import bisect_right
from collections.abc import Sequence

from predictions.charts.svg import percent, tag, title

Shares = Sequence[float]

# Lower edges of the eight colours; a share below the first stays empty.
EDGES = (0.005, 0.02, 0.04, 0.06, 0.09, 0.13, 0.19, 0.27)
EDGE_LABELS = ("½", "2", "4", "6", "9", "13", "19", "27+")
NUMBER_FROM = 0.055  # a share that rounds to 6 % is printed in its cell
PODIUM, POINTS = 3, 10  # dashed rules stand after these places
GAP = 0.05  # share of a cell left free around it
FIT_ROUNDS = 30  # enough for columns to sum to 1 within a thousandth


def level(share: float) -> int:
    """Colour of a share: 0 for empty, 1 (nearly surface) to 8."""
    return bisect_right(EDGES, share)


def legend() -> str:
    """Swatches of the eight colours with the per cent they start from."""
    items = (
        f'<span class="swatch">{_swatch(i)}{label}</span>'
        for i, label in enumerate(EDGE_LABELS, start=1)
    )
    return "".join(items)


def axis(labels: Sequence[str]) -> str:
    """Column labels, centred over the cells of `strip`; some hide when narrow."""
    n = len(labels)
    texts = (
        tag(
            "text",
            label,
            x=percent((i + 0.5) / n),
            y="14",
            class_=None if label in {"1", "3", "5", "10", "15", "20"} else "odd",
        )
        for i, label in enumerate(labels)
    )
    return tag("svg", "".join(texts), class_="axis", aria_hidden="true")


def strip(
    shares: Shares,
    labels: Sequence[str],
    *,
    name: str = "",
    rules: Sequence[int] = (PODIUM, POINTS),
    n_plain: int = 0,
) -> str:
    """One row of a heat map.

    Parameters
    ----------
    shares : shape (n_cells,), each in [0, 1]
    labels : shape (n_cells,), what each cell stands for
    name : of the row, first line of each reading
    rules : dashed rules stand after these cells
    n_plain : cells at the end that are figures without colour

    Returns
    -------
    a fluid drawing; its cells carry readings, its numbers start at 6 %
    """
    n = len(shares)
    parts = [
        _figure(i, n, share)
        if i >= n - n_plain
        else _cell(i, n, share, f"{name}\n{label}: {_chance(share)}")
        for i, (share, label) in enumerate(zip(shares, labels, strict=True))
        if level(share)
    ]
    parts += [
        tag("line", class_="rule", x1=x, x2=x, y1="0", y2="100%")
        for x in (percent(rule / n) for rule in rules if rule < n)
    ]
    return tag("svg", "".join(parts), class_="strip", aria_hidden="true")


def fit_first_column(matrix: Sequence[Shares], first: Shares) -> list[list[float]]:
    """Scale a position matrix so that its first column is the published win chance.

    Parameters
    ----------
    matrix : shape (n_drivers, n_drivers), rows and columns summing to 1
    first : shape (n_drivers,), chance to win, summing to 1

    Returns
    -------
    shape (n_drivers, n_drivers); column 0 is ``first``, rows sum to 1, columns nearly

    Source: look.md, "the win chance in table, bars and heat map is one number".
    """
    rows = [list(row[1:]) for row in matrix]
    for _ in range(FIT_ROUNDS):
        columns = [sum(column) or 1.0 for column in zip(*rows, strict=True)]
        rows = [
            [share / total for share, total in zip(row, columns, strict=True)]
            for row in rows
        ]
        rows = [_scaled(row, 1 - win) for row, win in zip(rows, first, strict=True)]
    return [[win, *row] for win, row in zip(first, rows, strict=True)]


def _scaled(shares: Shares, total: float) -> list[float]:
    now = sum(shares)
    return [share * total / now for share in shares] if now else list(shares)


def _cell(i: int, n: int, share: float, reading: str) -> str:
    tone = level(share)
    rect = tag(
        "rect",
        title(reading),
        class_=f"h{tone}",
        x=percent((i + GAP / 2) / n),
        width=percent((1 - GAP) / n),
        height="100%",
    )
    return rect + (_figure(i, n, share, tone) if share >= NUMBER_FROM else "")


def _figure(i: int, n: int, share: float, tone: int = 0) -> str:
    return tag(
        "text",
        f"{100 * share:.0f}",
        class_="on" if tone > 5 else None,
        x=percent((i + 0.5) / n),
        y="50%",
    )


def _chance(share: float) -> str:
    return "<1\u202f%" if share < 0.01 else f"{100 * share:.0f}\u202f%"


def _swatch(tone: int) -> str:
    rect = tag("rect", class_=f"h{tone}", width="100%", height="100%")
    return tag("svg", rect, class_="swatch-mark", aria_hidden="true")
