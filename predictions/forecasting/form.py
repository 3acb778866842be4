"""Form: what earlier races say of drivers and teams, race by race.

``facts`` is asked before a race and knows nothing of it; ``learn`` takes it in.
"""

from collections import Counter
from collections.abc import Mapping
from math import log1p

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from predictions.forecasting.entrant import Entrant, Field, Outcome
from predictions.forecasting.pace import (
    FINISHING,
    QUALIFYING,
    Gap,
    PaceFilter,
    lap_gaps,
)

FloatArray = NDArray[np.float64]

#: A common yardstick of success for all seasons: points of today, of a winner's 25.
PLACE_POINTS = (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)
#: A gap in qualifying beyond this, per cent over the median, is a mishap.
WORST_GAP = 1.5
#: Rounds after which the season's standings weigh as much as the last season's.
ROUNDS_TO_TRUST = 2

#: Fading means: half-life in races, prior, and how many races the prior weighs.
MEANS = {
    "points_3": (3, 0.0, 1),
    "points_8": (8, 0.0, 1),
    "points_20": (20, 0.0, 1),
    "team_points_3": (3, 0.0, 1),
    "team_points_8": (8, 0.0, 1),
    "wins": (10, 0.0, 1),
    "team_wins": (10, 0.0, 1),
    "qualifying_form": (6, 0.7, 1),
    "finish_form": (6, 0.6, 1),
    "gained_form": (8, 0.0, 2),
    "circuit_form": (6, 0.0, 2),
    "retired_driver": (15, 0.2, 5),
    "retired_team": (15, 0.2, 8),
}
FACTS = (
    "elo_driver",
    "elo_team",
    "pace_driver",
    "pace_team",
    "pace_doubt",
    "finish_driver",
    "finish_team",
    "finish_doubt",
    "points_3",
    "points_8",
    "points_20",
    "team_points_3",
    "team_points_8",
    "wins",
    "team_wins",
    "standing",
    "experience",
    "qualifying_form",
    "finish_form",
    "gained_form",
    "circuit_form",
    "retired_driver",
    "retired_team",
)


class DecayedMean:
    """Means by key in which the past fades, drawn to a prior.

    ``half_life`` counts observations; the prior weighs as so many of them.
    """

    def __init__(self, half_life: float, *, prior: float, weight: float) -> None:
        self._kept = 0.5 ** (1 / half_life)
        self._prior = prior
        self._weight = weight
        self._sums: dict[object, tuple[float, float]] = {}

    def of(self, key: object) -> float:
        total, weight = self._sums.get(key, (0.0, 0.0))
        return (total + self._prior * self._weight) / (weight + self._weight)

    def add(self, key: object, value: float) -> None:
        total, weight = self._sums.get(key, (0.0, 0.0))
        self._sums[key] = total * self._kept + value, weight * self._kept + 1


class Standings:
    """Share of the leader's points, the last season fading into this one."""

    def __init__(self) -> None:
        self._season: int | None = None
        self._now: Mapping[str, float] = {}
        self._last: Mapping[str, float] = {}
        self._n_races = 0

    def enter(self, season: int) -> None:
        if season != self._season:
            self._season, self._last = season, self._now
            self._now, self._n_races = {}, 0

    def of(self, driver: str) -> float:
        trust = self._n_races / (self._n_races + ROUNDS_TO_TRUST)
        now, last = _share(self._now, driver), _share(self._last, driver)
        return trust * now + (1 - trust) * last

    def learn(self, points: Mapping[str, float]) -> None:
        if max(points.values(), default=0.0) > 0:
            self._now = points
        self._n_races += 1


def _share(points: Mapping[str, float], driver: str) -> float:
    return points.get(driver, 0.0) / max(points.values(), default=1.0)


class Form:
    """All that is carried from race to race."""

    def __init__(self) -> None:
        self._pace = PaceFilter(QUALIFYING)
        self._finishing = PaceFilter(FINISHING)
        self._standings = Standings()
        self._starts: Counter[str] = Counter()
        self._means = {
            name: DecayedMean(half_life, prior=prior, weight=weight)
            for name, (half_life, prior, weight) in MEANS.items()
        }

    def facts(self, field: Field) -> FloatArray:
        """What is known of a field beforehand.

        Returns
        -------
        array of shape (n_drivers, n_facts), columns as ``FACTS``
        """
        self._enter(field.season)
        rows = [self._facts_of(entrant, field.circuit) for entrant in field.entrants]
        return np.array(rows, dtype=np.float64)

    def learn(self, field: Field) -> None:
        """Take in a race that is over; one without an outcome changes nothing."""
        if field.outcome is None:
            return
        self._enter(field.season)
        self._learn_qualifying(field)
        self._learn_finishes(field, field.outcome)
        self._standings.learn(field.outcome.standings)

    def _enter(self, season: int) -> None:
        self._pace.enter(season)
        self._finishing.enter(season)
        self._standings.enter(season)

    def _facts_of(self, entrant: Entrant, circuit: str) -> list[float]:
        driver, team = entrant.driver, entrant.lineage
        pace = self._pace.estimate(driver, team)
        finish = self._finishing.estimate(driver, team)
        known = {
            "elo_driver": entrant.elo_driver,
            "elo_team": entrant.elo_team,
            "pace_driver": -pace.driver,
            "pace_team": -pace.team,
            "pace_doubt": pace.deviation,
            "finish_driver": -finish.driver,
            "finish_team": -finish.team,
            "finish_doubt": finish.deviation,
            "standing": self._standings.of(driver),
            "experience": log1p(self._starts[driver]),
            "circuit_form": self._means["circuit_form"].of((driver, circuit)),
        }
        return [
            known[name]
            if name in known
            else self._means[name].of(team if "team" in name else driver)
            for name in FACTS
        ]

    def _learn_qualifying(self, field: Field) -> None:
        teams = {entrant.driver: entrant.lineage for entrant in field.entrants}
        gaps = lap_gaps(qualifying_laps(field))
        middle = float(np.median(list(gaps.values()))) if gaps else 0.0
        self._pace.learn(
            [
                Gap(driver, teams[driver], min(gap - middle, WORST_GAP))
                for driver, gap in gaps.items()
            ]
        )
        order = sorted(
            (entrant.qualifying_place, entrant.driver)
            for entrant in field.entrants
            if entrant.qualifying_place is not None
        )
        for place, (_, driver) in enumerate(order):
            self._means["qualifying_form"].add(driver, (place + 0.5) / len(order))

    def _learn_finishes(self, field: Field, outcome: Outcome) -> None:
        entrants = field.by_driver()
        order = sorted(
            (driver for driver in outcome.finishes if driver in entrants),
            key=lambda driver: outcome.finishes[driver].place,
        )
        came_home = [d for d in order if not outcome.finishes[d].is_retired]
        scores = ndtri((np.arange(len(came_home)) + 0.6) / (len(came_home) + 0.2))
        self._finishing.learn(
            [
                Gap(driver, entrants[driver].lineage, float(score))
                for driver, score in zip(came_home, scores, strict=True)
            ]
        )
        for index, driver in enumerate(order):
            is_retired = outcome.finishes[driver].is_retired
            self._learn_finish(
                entrants[driver], field.circuit, index, len(order), is_retired
            )

    def _learn_finish(
        self, entrant: Entrant, circuit: str, index: int, n: int, is_retired: bool
    ) -> None:
        driver, team, means = entrant.driver, entrant.lineage, self._means
        points = PLACE_POINTS[index] / 25 if index < len(PLACE_POINTS) else 0.0
        share = (index + 0.5) / n
        for name in ("points_3", "points_8", "points_20"):
            means[name].add(driver, points)
        for name in ("team_points_3", "team_points_8"):
            means[name].add(team, points)
        means["wins"].add(driver, float(index == 0))
        means["team_wins"].add(team, float(index == 0))
        means["retired_driver"].add(driver, float(is_retired))
        means["retired_team"].add(team, float(is_retired))
        if entrant.grid_slot is not None and not is_retired:
            means["gained_form"].add(driver, (entrant.grid_slot - index - 1) / n)
        means["finish_form"].add(driver, share)
        better_than_usual = means["finish_form"].of(driver) - share
        means["circuit_form"].add((driver, circuit), better_than_usual)
        self._starts[driver] += 1


def qualifying_laps(field: Field) -> dict[str, Mapping[str, int]]:
    """Best laps of qualifying by driver and part, ms, of those who set one."""
    return {
        entrant.driver: entrant.qualifying_ms
        for entrant in field.entrants
        if entrant.qualifying_ms
    }
