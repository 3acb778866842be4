"""What rating lines are drawn from: points, the lines of them, and eras behind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Point:
    """A rating after one race."""

    on: date
    rating: float
    race: str = ""  # "Qatar Grand Prix 2024"
    reading: str = ""  # of the tooltip; race, rating and team where it is empty
    url: str = ""
    team_class: str = "team-other"
    team_name: str = ""
    is_mark: bool = True  # whether it carries a reading

    @property
    def name(self) -> str:
        """What the table twin calls the point: its race."""
        return self.race or self.reading.partition(":")[0] or self.on.isoformat()

    @property
    def team(self) -> tuple[str, str]:
        """Where it changes, so does the stroke."""
        return self.team_class, self.team_name

    @property
    def tip(self) -> str:
        """Text of the tooltip, its first line set bold."""
        if self.reading:
            return self.reading
        team = f" · {self.team_name}" if self.team_name else ""
        return f"{self.name}\n{self.rating:.0f}{team}"


@dataclass(frozen=True, slots=True)
class Series:
    """The line of one driver or team, oldest point first."""

    label: str  # the code at the end of the line
    name: str
    points: Sequence[Point]
    url: str = ""
    team_class: str = "team-other"
    is_second_car: bool = False  # dashed
    is_third_car: bool = False  # dotted; of any more too
    is_context: bool = False  # thin and grey, without a label

    @property
    def marks(self) -> list[Point]:
        """Points with a reading: of long lines not all."""
        return [point for point in self.points if point.is_mark]

    @property
    def last(self) -> Point:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time behind the lines, as an era of the engine formula."""

    label: str
    start: date
    end: date


ENGINE_ERAS = tuple(
    Band(label=label, start=date(start, 1, 1), end=date(end, 1, 1))
    for label, start, end in (
        ("4.5 litres", 1950, 1952),
        ("2 litres", 1952, 1954),
        ("2.5 litres", 1954, 1961),
        ("1.5 litres", 1961, 1966),
        ("3 litres", 1966, 1977),
        ("Turbo", 1977, 1989),
        ("3.5 litres", 1989, 1995),
        ("V10, 3 litres", 1995, 2006),
        ("V8 engines", 2006, 2014),
        ("Hybrid engines", 2014, 2022),
        ("Ground effect", 2022, 2026),
    )
)


def moving_mean(values: Sequence[float], n: int) -> list[float]:
    """Mean of the last ``n`` values at each place, of fewer at the start."""
    return [
        sum(values[max(0, i - n + 1) : i + 1]) / min(n, i + 1)
        for i in range(len(values))
    ]


def season_ends(lines: Iterable[Series]) -> list[tuple[int, list[float | None]]]:
    """Last rating of each season for each line: the table twin of several lines."""
    named = [line for line in lines if not line.is_context]
    columns = [{p.on.year: p.rating for p in line.points} for line in named]
    years = sorted({year for column in columns for year in column}, reverse=True)
    return [(year, [column.get(year) for column in columns]) for year in years]
