"""Why a stored forecast gives its chances: told from its inputs and its model, and
kept in the cache, as neither ever changes; for a while also that it cannot be told."""

from dataclasses import dataclass

import numpy as np
from django.core.cache import cache

from predictions import registry
from predictions.forecasting.explanation import GROUP_OF, Explanation, explain
from predictions.inputs import NoStoredInputsError, inputs_of
from predictions.models import Forecast, Prediction

DAY = 24 * 60 * 60
#: So long a reason why there are none is kept: files may come back.
A_WHILE = 10 * 60
#: Raised whenever the same forecast would be explained otherwise.
EDITION = 1
#: A chance that is not met within this was made by other code.
TOLERANCE = 1e-6


class UnexplainedError(Exception):
    """A forecast whose reasons cannot be told, and why, in words for readers."""


@dataclass(frozen=True)
class GroupPart:
    """What a group of facts does to a chance; points are shares of 1."""

    group: str
    log_odds: float
    points: float


@dataclass(frozen=True)
class FactPart:
    """What a single fact does to the log odds."""

    fact: str
    group: str
    log_odds: float


@dataclass(frozen=True)
class Reasons:
    """One driver's chance to win, taken apart: its points sum to it less 1 / n."""

    driver: str
    p_win: float
    groups: list[GroupPart]
    facts: list[FactPart]


@dataclass(frozen=True)
class Why:
    """The reasons of a whole field, the favourite first."""

    drivers: list[Reasons]

    @property
    def even_chance(self) -> float:
        """Where all begin."""
        return 1 / len(self.drivers)


def why(forecast: Forecast) -> Why:
    """The reasons behind a forecast.

    Raises
    ------
    UnexplainedError : its inputs or the files of its model are not there
    """
    key = f"why:{EDITION}:{forecast.content_hash}"
    told: Why | str | None = cache.get(key)
    if told is None:
        told = _told_or_not(forecast)
        cache.set(key, told, DAY if isinstance(told, Why) else A_WHILE)
    if isinstance(told, str):
        raise UnexplainedError(told)
    return told


def _told_or_not(forecast: Forecast) -> Why | str:
    """The reasons, or in words why there are none."""
    try:
        return _told(forecast)
    except UnexplainedError as error:
        return str(error)


def _told(forecast: Forecast) -> Why:
    try:
        rows = inputs_of(forecast)
        fits = registry.load(forecast.model_version)
    except NoStoredInputsError as error:
        raise UnexplainedError(
            "It was issued before the inputs of forecasts were kept,"
            " so its reasons cannot be told."
        ) from error
    except registry.UnusableModelError as error:
        raise UnexplainedError(
            f"The files of {forecast.model_version} are missing or were changed,"
            " so its reasons cannot be told."
        ) from error
    explained = explain(fits[forecast.stage].fitted, rows)
    drivers = [_reasons(n, slug, explained) for n, slug in enumerate(rows.driver)]
    _check(forecast, {one.driver: one.p_win for one in drivers})
    return Why(sorted(drivers, key=lambda one: (-one.p_win, one.driver)))


def _reasons(n: int, driver: str, explained: Explanation) -> Reasons:
    groups = zip(
        explained.groups,
        explained.log_odds[n].tolist(),
        explained.points[n].tolist(),
        strict=True,
    )
    facts = zip(
        explained.facts.names, explained.facts.log_odds[n].tolist(), strict=True
    )
    return Reasons(
        driver=str(driver),
        p_win=float(explained.p_win[n]),
        groups=[GroupPart(*part) for part in groups],
        facts=[FactPart(fact, GROUP_OF[fact], odds) for fact, odds in facts],
    )


def _check(forecast: Forecast, p_win: dict[str, float]) -> None:
    """Reasons of other chances than those that were sealed are none."""
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    stored = dict(rows.values_list("driver__slug", "p_win"))
    told = [p_win.get(driver, np.nan) for driver in stored]
    if not np.allclose(told, list(stored.values()), rtol=0, atol=TOLERANCE):
        raise UnexplainedError(
            f"{forecast.model_version} gives other chances today than it did then,"
            " so its reasons cannot be told."
        )
