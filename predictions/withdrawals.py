"""A forecast among those who still take part. What was sealed never changes.

The pipeline issues another forecast when the line-up changes before the start; this
is for what stands from before, and for who was named in the last one and did not
start.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np

from ingestion.models import STARTED, Driver, Entry
from predictions import queries
from predictions.forecasting.calibration import without
from predictions.forecasting.outlook import Outlook
from predictions.grids import is_held, results_of
from predictions.models import Forecast, Prediction
from predictions.services.issuing import numbers_of


@dataclass(frozen=True)
class Remaining:
    """Rows of a forecast, the favourite first, and who of it withdrew.

    Where nobody did the rows are those that were sealed; otherwise they are copies
    with the chances shared out anew.
    """

    rows: list[Prediction]
    withdrawn: list[Driver]


def remaining(forecast: Forecast) -> Remaining:
    """What a stored forecast says of those who take part, as far as is known now."""
    rows = list(queries.predictions_of(forecast))
    gone = _gone(forecast, {row.driver_id for row in rows})
    if not gone or len(rows) - len(gone) < 2:
        return Remaining(rows, [])
    withdrawn = [row.driver for row in rows if row.driver_id in gone]
    by_driver = sorted(rows, key=lambda row: row.driver.slug)
    return Remaining(_shared_out(by_driver, gone, forecast), withdrawn)


def _gone(forecast: Forecast, drivers: set[int]) -> set[int]:
    """Drivers of a forecast who did not start or, before that, are not entered."""
    race, kind = forecast.race, forecast.kind
    results = results_of([race], kind)
    rows = results.filter(status__in=STARTED)
    starters = set(rows.values_list("driver_id", flat=True))
    if is_held(race, kind):
        return drivers - starters
    absent = results.exclude(status__in=STARTED).values_list("driver_id", flat=True)
    entries = Entry.objects.filter(race=race, is_practice_only=False)
    entered = set(entries.values_list("driver_id", flat=True)) or drivers
    return ((drivers - entered) | (drivers & set(absent))) - starters


def _shared_out(
    rows: list[Prediction], gone: set[int], forecast: Forecast
) -> list[Prediction]:
    """Copies of the rows of those who stay; those behind who is gone move up."""
    positions = np.array([row.positions for row in rows])
    for n in reversed(range(len(rows))):
        if rows[n].driver_id in gone:
            positions = without(positions, n)
    stay = [copy(row) for row in rows if row.driver_id not in gone]
    outlook = Outlook(positions, np.array([row.p_dnf for row in stay]))
    told = numbers_of(outlook, forecast.race.season_id, forecast.kind)
    for row, numbers in zip(stay, told, strict=True):
        for name, number in numbers.items():
            setattr(row, name, number)
    return sorted(
        stay, key=lambda row: (-row.p_win, row.expected_position, row.driver.slug)
    )
