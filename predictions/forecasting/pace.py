"""Pace of drivers and teams, told apart by their team-mates: a Kalman filter.

A gap is read as driver + team + a constant of the race + noise. Drivers drift
slowly, cars faster, and each winter widens both, most of all when the rules
change. Driver and team are tied together in the covariance: when a team-mate is
replaced, what was learnt of one tells about the other.

Source: Kalman (1960); docs/forecasting.md tells how the parameters were found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ratings.config import REGULATION_RESETS

FloatArray = NDArray[np.float64]

#: Variance of the constant of a race, large enough to be no statement.
RACE_VARIANCE = 100.0
#: Residuals beyond this many standard deviations count as so many.
CLIP_DEVIATIONS = 3.0
#: A gap needs company to mean something.
LEAST_GAPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterConfig:
    """Parameters of one filter, standard deviations in the unit of its gaps.

    Attributes
    ----------
    noise : of one gap
    drift_driver, drift_team : of the walk from race to race
    winter_driver, winter_team, winter_reset : added between seasons; the last
        for teams when the rules change
    newcomer_driver, newcomer_team : first guess of the gap
    spread_driver, spread_team : how far newcomers scatter around it
    kept_team, kept_reset : share of a team's gap that lives through the winter
    forgotten_after : races unseen, after which one is forgotten in winter
    """

    noise: float
    drift_driver: float
    drift_team: float
    winter_driver: float
    winter_team: float
    winter_reset: float
    newcomer_driver: float
    newcomer_team: float
    spread_driver: float
    spread_team: float
    kept_team: float
    kept_reset: float
    forgotten_after: int = 60


#: Gaps in qualifying, per cent of the best lap.
QUALIFYING = FilterConfig(
    noise=0.45,
    drift_driver=0.018,
    drift_team=0.1,
    winter_driver=0.09,
    winter_team=0.404,
    winter_reset=0.489,
    newcomer_driver=0.3,
    newcomer_team=1.33,
    spread_driver=0.11,
    spread_team=0.49,
    kept_team=0.7,
    kept_reset=0.66,
)
#: Finishes as normal scores, retirements left out.
FINISHING = FilterConfig(
    noise=0.571,
    drift_driver=0.022,
    drift_team=0.073,
    winter_driver=0.043,
    winter_team=0.217,
    winter_reset=0.489,
    newcomer_driver=0.3,
    newcomer_team=1.061,
    spread_driver=0.138,
    spread_team=0.433,
    kept_team=0.798,
    kept_reset=0.665,
)


class Gap(NamedTuple):
    """One measurement; a smaller value is faster."""

    driver: str
    team: str
    value: float


class Estimate(NamedTuple):
    """Expected gap of a driver in a team's car, in its two parts."""

    driver: float
    team: float
    deviation: float


Key = tuple[str, str]


class PaceFilter:
    """Estimates that move from race to race."""

    def __init__(self, config: FilterConfig) -> None:
        self._config = config
        self._place: dict[Key, int] = {}
        self._seen: dict[Key, int] = {}
        self._mean: FloatArray = np.zeros(0)
        self._covariance: FloatArray = np.zeros((0, 0))
        self._season: int | None = None
        self._n_races = 0

    def enter(self, season: int) -> None:
        """Go through the winter, if there is one, to the season given."""
        if self._season is not None and season != self._season:
            self._forget()
            self._winter(is_reset=season in REGULATION_RESETS)
        self._season = season

    def estimate(self, driver: str, team: str) -> Estimate:
        """What is expected of a driver in that car; newcomers have a prior."""
        mine = self._known(("driver", driver))
        car = self._known(("team", team))
        together = 0.0
        if mine.place is not None and car.place is not None:
            together = float(self._covariance[mine.place, car.place])
        variance = mine.variance + car.variance + 2 * together
        return Estimate(mine.mean, car.mean, float(np.sqrt(max(variance, 0.0))))

    def learn(self, gaps: Sequence[Gap]) -> None:
        """Take in the gaps of one race; too few of them only let time pass."""
        self._n_races += 1
        self._drift()
        if len(gaps) >= LEAST_GAPS:
            self._update(sorted(gaps))

    def _known(self, key: Key) -> "_Known":
        place = self._place.get(key)
        if place is None:
            mean, deviation = self._prior(key)
            return _Known(None, mean, deviation**2)
        return _Known(
            place, float(self._mean[place]), float(self._covariance[place, place])
        )

    def _prior(self, key: Key) -> tuple[float, float]:
        config = self._config
        if key[0] == "driver":
            return config.newcomer_driver, config.spread_driver
        return config.newcomer_team, config.spread_team

    def _per_key(self, driver: float, team: float) -> FloatArray:
        """One value for each driver and another for each team."""
        values = [driver if kind == "driver" else team for kind, _ in self._place]
        return np.array(values, dtype=np.float64)

    def _drift(self) -> None:
        config = self._config
        step = self._per_key(config.drift_driver**2, config.drift_team**2)
        self._covariance = self._covariance + np.diag(step)

    def _winter(self, *, is_reset: bool) -> None:
        config = self._config
        kept = config.kept_reset if is_reset else config.kept_team
        wider = config.winter_reset if is_reset else config.winter_team
        share = self._per_key(1.0, kept)
        self._mean = self._mean * share
        self._covariance = self._covariance * np.outer(share, share) + np.diag(
            self._per_key(config.winter_driver**2, wider**2)
        )

    def _forget(self) -> None:
        oldest = self._n_races - self._config.forgotten_after
        kept = [key for key in self._place if self._seen[key] > oldest]
        places = [self._place[key] for key in kept]
        self._mean = self._mean[places]
        self._covariance = self._covariance[np.ix_(places, places)]
        self._place = {key: place for place, key in enumerate(kept)}

    def _update(self, gaps: Sequence[Gap]) -> None:
        design = self._design(gaps)
        values = np.array([gap.value for gap in gaps])
        spread = design @ self._covariance @ design.T
        noise = self._config.noise**2
        limit = CLIP_DEVIATIONS * np.sqrt(noise + np.diag(spread).mean())
        residual = values - design @ self._mean
        residual = np.clip(residual - residual.mean(), -limit, limit)
        total = spread + noise * np.eye(len(gaps)) + RACE_VARIANCE
        gain = np.linalg.solve(total, design @ self._covariance).T
        self._mean = self._mean + gain @ residual
        self._covariance = self._covariance - gain @ design @ self._covariance

    def _design(self, gaps: Sequence[Gap]) -> FloatArray:
        """Array of shape (n_gaps, n_known): 1 for the driver and for the team."""
        keys = [(("driver", gap.driver), ("team", gap.team)) for gap in gaps]
        for pair in keys:
            for key in pair:
                self._admit(key)
        design = np.zeros((len(gaps), len(self._mean)))
        for row, pair in enumerate(keys):
            design[row, [self._place[key] for key in pair]] = 1.0
        return design

    def _admit(self, key: Key) -> None:
        self._seen[key] = self._n_races
        if key in self._place:
            return
        mean, deviation = self._prior(key)
        self._place[key] = len(self._mean)
        self._mean = np.append(self._mean, mean)
        wider = np.zeros((len(self._mean), len(self._mean)))
        wider[:-1, :-1] = self._covariance
        wider[-1, -1] = deviation**2
        self._covariance = wider


class _Known(NamedTuple):
    place: int | None
    mean: float
    variance: float


def lap_gaps(
    laps: Mapping[str, Mapping[str, int]], *, slowest: float = 7.0
) -> dict[str, float]:
    """Gaps to the best driver of a session of several parts, per cent.

    Times are read as driver + part of the session, so that a track that gets
    faster does not favour those who came further.

    Parameters
    ----------
    laps : by driver and part, the best lap, ms
    slowest : laps slower than the best of their part by more, per cent, say
        nothing

    Returns
    -------
    by driver, per cent, 0 for the fastest; those without a lap are left out
    """
    drivers = sorted(laps)
    parts = sorted({part for times in laps.values() for part in times})
    times = np.array(
        [[float(laps[d].get(p, np.nan)) for p in parts] for d in drivers]
    ).reshape(len(drivers), len(parts))
    if not np.isfinite(times).any():
        return {}
    logs = 100 * np.log(times)
    logs = np.where(logs - np.nanmin(logs, axis=0) < slowest, logs, np.nan)
    level = _additive_levels(logs)
    return {
        driver: float(value)
        for driver, value in zip(drivers, level - np.nanmin(level), strict=True)
        if np.isfinite(value)
    }


def _additive_levels(logs: FloatArray) -> FloatArray:
    """Row effects of a two-way table with holes, by least squares."""
    seen = np.isfinite(logs).astype(np.float64)
    filled = np.where(np.isfinite(logs), logs, 0.0)
    n_in_row = np.maximum(seen.sum(axis=1), 1.0)
    row_means = filled.sum(axis=1) / n_in_row
    goal = ((filled - row_means[:, None]) * seen).sum(axis=0)
    system = np.diag(seen.sum(axis=0)) - seen.T @ (seen / n_in_row[:, None])
    columns = np.linalg.lstsq(system, goal, rcond=1e-9)[0]
    rows = row_means - seen @ columns / n_in_row
    return np.where(seen.any(axis=1), rows, np.nan)
