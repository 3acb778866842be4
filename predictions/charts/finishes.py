"""Where a driver finished, season by season: dots whose area is the number of races."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from predictions.charts.heat import PODIUM, POINTS
from predictions.charts.ranges import place_ticks
from predictions.charts.svg import percent, tag, title

LARGEST = 11  # radius of the most frequent place, pixels
LEAST_MOST = 8  # so many races at one place fill it, if none was taken more often
FEWEST_PLACES = 20
FIGURES = 2.5  # places that the figure at the end of a row is as wide as


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRow:
    """One season in one team; ``counts`` holds races by place, the first place first.

    ``n_retired`` came to no place because they retired, ``n_other`` for another
    reason: too far behind, disqualified, or did not start.
    """

    year: int
    team_name: str
    team_class: str
    counts: tuple[int, ...]
    n_retired: int = 0
    n_other: int = 0
    n_points: int = POINTS  # places that scored that season

    @property
    def n(self) -> int:
        return sum(self.counts) + self.n_retired + self.n_other


def n_places(rows: Sequence[FinishRow]) -> int:
    """Places that the axis has room for."""
    return max([FEWEST_PLACES, *(len(row.counts) for row in rows)])


def axis(n_places: int) -> str:
    """Labels of places, and of the figure at the end of each row."""
    labels = sorted({PODIUM, *place_ticks(n_places)})
    texts = "".join(
        tag("text", str(place), x=percent(_at(place, n_places)), y="14")
        for place in labels
    )
    end = tag("text", "ret.", x=percent(_end(n_places)), y="14")
    return tag("svg", texts + end, class_="axis", aria_hidden="true")


def strip(row: FinishRow, n_places: int, most: int) -> str:
    """One season.

    Parameters
    ----------
    row : what is drawn
    n_places : see ``n_places``; common to all rows
    most : races at the most frequent place of any row: areas compare across rows
    """
    parts = [
        tag("line", class_="rule", x1=x, x2=x, y1="0", y2="100%")
        for x in (
            percent(_at(place + 0.5, n_places)) for place in (PODIUM, row.n_points)
        )
    ]
    parts += [
        _dot(row, place, n, n_places, most)
        for place, n in enumerate(row.counts, start=1)
        if n
    ]
    if row.n_retired:
        x = percent(_end(n_places))
        parts.append(tag("text", str(row.n_retired), x=x, y="50%"))
    return tag("svg", "".join(parts), class_=row.team_class, aria_hidden="true")


def radius(n: int, most: int) -> float:
    """Of a dot for so many races, pixels: its area is in proportion to them."""
    return LARGEST * sqrt(n / max(most, LEAST_MOST))


def _dot(row: FinishRow, place: int, n: int, n_places: int, most: int) -> str:
    races = "race" if n == 1 else "races"
    reading = f"{row.year}, {row.team_name}\nplace {place}: {n} {races} of {row.n}"
    return tag(
        "circle",
        title(reading),
        class_="dot",
        cx=percent(_at(place, n_places)),
        cy="50%",
        r=radius(n, most),
    )


def _at(place: float, n_places: int) -> float:
    """Middle of a place as a share of the drawing."""
    return (place - 0.5) / (n_places + FIGURES)


def _end(n_places: int) -> float:
    """Middle of the figure at the end of a row."""
    return 1 - FIGURES / 3 / (n_places + FIGURES)
