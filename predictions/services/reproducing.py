"""A forecast made again from what was stored, and compared number by number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from predictions import registry
from predictions.inputs import inputs_of
from predictions.models import Forecast, Prediction
from predictions.services.issuing import numbers_of


class Difference(NamedTuple):
    """A number that comes out otherwise; None: the driver is in one of both only."""

    driver: str
    name: str
    stored: Any
    computed: Any


@dataclass(frozen=True)
class Reproduction:
    """What came of it."""

    forecast: Forecast
    n_numbers: int
    differences: list[Difference]


def reproduce(forecast: Forecast) -> Reproduction:
    """Make a forecast again: stored inputs, stored seed, files of its version.

    Raises
    ------
    NoStoredInputsError : it was issued before inputs were kept
    UnusableModelError : a file of the version is missing or was changed
    """
    rows = inputs_of(forecast)
    fits = registry.load(forecast.model_version)
    outlook = fits[forecast.stage].outlook(rows, seed=forecast.seed)
    computed = dict(
        zip(
            rows.driver.tolist(),
            map(_flat, numbers_of(outlook, forecast.race.season_id)),
            strict=True,
        )
    )
    stored = _stored(forecast)
    return Reproduction(
        forecast,
        sum(map(len, stored.values())),
        list(_differences(stored, computed)),
    )


def _stored(forecast: Forecast) -> dict[str, dict[str, Any]]:
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    return {
        row.driver.slug: _flat(vars(row))
        for row in rows.select_related("driver").order_by("driver__slug")
    }


NUMBERS = (
    "p_win",
    "p_podium",
    "p_points",
    "p_dnf",
    "expected_position",
    "low",
    "high",
    "is_favorite",
)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Every number by its name, the places one by one."""
    places = {f"P{n}": p for n, p in enumerate(row["positions"], start=1)}
    return {name: row[name] for name in NUMBERS} | places


def _differences(
    stored: dict[str, dict[str, Any]], computed: dict[str, dict[str, Any]]
) -> Iterator[Difference]:
    for driver in sorted({*stored, *computed}):
        was, comes = stored.get(driver, {}), computed.get(driver, {})
        for name in {**was, **comes}:
            if was.get(name) != comes.get(name):
                yield Difference(driver, name, was.get(name), comes.get(name))
