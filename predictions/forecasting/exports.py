"""Forecasts as a table that others can score: a row per race and driver."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from predictions.forecasting.outlook import Outlook

COLUMNS = (
    "season",
    "round",
    "driver_id",
    "p_win",
    "p_podium",
    "p_points",
    "expected_position",
)
#: Chance of points as the readers of the table count them: the first ten.
POINTS_PLACES = 10


class Exported(NamedTuple):
    """A forecast of one race; the drivers are the rows of the outlook."""

    season: int
    round: int
    drivers: Sequence[str]
    outlook: Outlook


def write_csv(path: Path, forecasts: Iterable[Exported]) -> int:
    """Write forecasts of one model at one stage; answers the number of rows.

    After the columns named in ``COLUMNS`` come ``p_pos_1`` to the largest field.
    """
    known = list(forecasts)
    widest = max((len(one.drivers) for one in known), default=0)
    places = [f"p_pos_{place}" for place in range(1, widest + 1)]
    rows = [row for one in known for row in _rows(one, widest)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *places])
        writer.writerows(rows)
    return len(rows)


def _rows(one: Exported, widest: int) -> Iterator[list[object]]:
    outlook = one.outlook
    p_points = outlook.p_top(POINTS_PLACES)
    for n, driver in enumerate(one.drivers):
        positions = outlook.positions[n].tolist()
        yield [
            one.season,
            one.round,
            str(driver),
            float(outlook.p_win[n]),
            float(outlook.p_podium[n]),
            float(p_points[n]),
            float(outlook.expected_position[n]),
            *positions,
            *[0.0] * (widest - len(positions)),
        ]
