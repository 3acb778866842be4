"""Histories for tests, and a replay so plain that it needs no proof."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Any, NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from ratings.deviations import PARTS
from ratings.elo import EloConfig, Ending, History

N_DRIVERS, N_TEAMS = 7, 3

#: A busy machine is no reason to fail.
law = settings(deadline=None, max_examples=60)


class Car(NamedTuple):
    """A row of a race."""

    driver: int
    team: int
    rank: int
    ending: Ending = Ending.FINISHED


Race = tuple[int, list[Car]]


def history_of(races: Sequence[Race]) -> History:
    """Races of a season and cars each, as arrays."""
    cars = [car for _, race in races for car in race]
    table = np.array(cars, np.int64).reshape(-1, 4)
    return History(
        season=np.array([season for season, _ in races], np.int64),
        offsets=np.cumsum([0] + [len(race) for _, race in races]),
        driver=table[:, 0],
        team=table[:, 1],
        rank=table[:, 2],
        ending=table[:, 3],
        n_drivers=N_DRIVERS,
        n_teams=N_TEAMS,
    )


def in_order(season: int, *drivers: int) -> Race:
    """A race that these drivers finished in this order, each for a team of two."""
    return season, [Car(d, d // 3, place + 1) for place, d in enumerate(drivers)]


@st.composite
def cars(draw: st.DrawFn) -> list[Car]:
    drivers = draw(st.permutations(range(N_DRIVERS)))
    return [
        Car(
            driver,
            draw(st.integers(0, N_TEAMS - 1)),
            draw(st.integers(1, 9)),
            draw(st.sampled_from(Ending)),
        )
        for driver in drivers[: draw(st.integers(0, N_DRIVERS))]
    ]


@st.composite
def race_lists(draw: st.DrawFn) -> list[Race]:
    """Up to six races over a regulation reset, ties and retirements among them."""
    seasons = sorted(draw(st.lists(st.integers(2007, 2015), max_size=6)))
    return [(season, draw(cars())) for season in seasons]


configs = st.builds(
    EloConfig,
    first_driver=st.floats(1, 300),
    first_team=st.floats(1, 300),
    winter_driver=st.floats(5, 100),
    winter_team=st.floats(5, 100),
    reset_winter_team=st.floats(0, 100),
    gain_driver=st.floats(1e-4, 0.05),
    gain_team=st.floats(1e-4, 0.05),
    settling=st.floats(0, 1),
    newcomer_driver=st.floats(-300, 300),
    newcomer_team=st.floats(-300, 300),
    kept_driver=st.floats(0, 1),
    kept_team=st.floats(0, 1),
    reset_kept_team=st.floats(0, 1),
    crash_weight=st.sampled_from([0.0, 0.125, 0.5, 1.0]),
    failure_weight=st.sampled_from([0.0, 0.25]),
)

SIDES = ("driver", "team")
Subject = tuple[str, int]


@dataclass
class Plain:
    """The formulas of docs/ratings.md, a pair at a time."""

    config: EloConfig
    ratings: dict[Subject, float] = field(default_factory=dict)
    variances: dict[Subject, float] = field(default_factory=dict)
    season: int | None = None

    def race(self, season: int, race: list[Car]) -> dict[Subject, Any]:
        """Rate a race: before, expected, actual, k, after, deviation of each."""
        self._winters(season)
        shares = {car.driver: self._shares(car, race) for car in race}
        changes = {
            ("driver", driver): self._change(("driver", driver), *share)
            for driver, share in shares.items()
        }
        for team in sorted({car.team for car in race}):
            mine = [shares[car.driver] for car in race if car.team == team]
            changes["team", team] = self._change(("team", team), *mean_of(mine))
        for subject, (*_, k, after, deviation) in changes.items():
            if k > 0:
                self.ratings[subject] = after
            if deviation < self._first(subject):
                self.variances[subject] = deviation**2
        return changes

    def rating(self, subject: Subject) -> float:
        first = self._of(self.config.newcomer_driver, self.config.newcomer_team)
        return self.ratings.get(subject, self.config.start + first[subject[0]])

    def _of(self, driver: float, team: float) -> dict[str, float]:
        return {"driver": driver, "team": team}

    def _first(self, subject: Subject) -> float:
        return self._of(self.config.first_driver, self.config.first_team)[subject[0]]

    def _winters(self, season: int) -> None:
        for year in range((self.season or season) + 1, season + 1):
            kept, growth = self.config.kept(year), self.config.growth(year)
            for subject, rating in self.ratings.items():
                share = self._of(*kept)[subject[0]]
                start = self.config.start
                self.ratings[subject] = start + share * (rating - start)
            for subject, variance in self.variances.items():
                wider = variance + self._of(*growth)[subject[0]]
                self.variances[subject] = min(wider, self._first(subject) ** 2)
        self.season = season

    def _weight(self, car: Car) -> float:
        return float(self.config.weights[car.ending])

    def _shares(self, car: Car, race: list[Car]) -> tuple[float, float, float]:
        """Expected and actual share of a car, and the share of K it deserves."""
        others = [other for other in race if other is not car]
        total = sum(map(self._weight, others))
        if total == 0:
            return 0.0, 0.5, 0.0
        expected = sum(self._weight(o) * self._ahead(car, o) for o in others) / total
        actual = sum(
            self._weight(o) * ((car.rank < o.rank) + (car.rank == o.rank) / 2)
            for o in others
        )
        rest = total + self._weight(car) - max(map(self._weight, race))
        k_share = self._weight(car) * total / rest if self._weight(car) else 0.0
        return expected, actual / total, k_share

    def _ahead(self, car: Car, other: Car) -> float:
        gap = self._strength(car) - self._strength(other)
        return float(1 / (1 + 10 ** (-gap / self.config.scale)))

    def _strength(self, car: Car) -> float:
        return self.rating(("driver", car.driver)) + self.rating(("team", car.team))

    def _change(
        self, subject: Subject, expected: float, actual: float, k_share: float
    ) -> tuple[float, ...]:
        gains = self._of(self.config.gain_driver, self.config.gain_team)
        gain, before = gains[subject[0]], self.rating(subject)
        variance = self.variances.get(subject, self._first(subject) ** 2)
        k = gain * variance * k_share
        told = round(PARTS * k_share) / PARTS
        settled = told * gain * self.config.settling * log(10) / self.config.scale
        after = sqrt(1 / (1 / variance + settled))
        return before, expected, actual, k, before + k * (actual - expected), after


def mean_of(shares: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Of the cars of a team, weighed by the share of K that each deserves."""
    total = sum(k_share for *_, k_share in shares)
    weights = [k_share / total if total else 1 / len(shares) for *_, k_share in shares]
    expected, actual = (
        sum(w * share[side] for w, share in zip(weights, shares, strict=True))
        for side in (0, 1)
    )
    return expected, actual, total / len(shares)
