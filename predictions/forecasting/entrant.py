"""Who is in a race, what is known of them, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

#: What was known when a forecast was made, from the least to the most.
STAGES = ("pre_weekend", "post_practice", "post_qualifying", "final_grid")

#: What of a weekend is forecast.
RACE, SPRINT = SESSIONS = ("race", "sprint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A driver in a car at one race weekend.

    Attributes
    ----------
    driver, team : slugs
    lineage : slug of the first team of the chain that the team belongs to
    elo_driver, elo_team : ratings before the race, Elo points
    practice_ms : best lap of each practice session by its name, whole ms
    qualifying_place : published order of qualifying, from 1; None: no part in it
    qualifying_ms : best lap of each part by its name, whole ms
    provisional_slot : starting slot by qualifying and announced penalties
    grid_slot : starting slot as published, pit lane behind the last; from 1
    from_pit_lane : starts there
    """

    driver: str
    team: str
    lineage: str
    car_number: str = ""
    elo_driver: float
    elo_team: float
    practice_ms: Mapping[str, int] = field(default_factory=dict)
    qualifying_place: int | None = None
    qualifying_ms: Mapping[str, int] = field(default_factory=dict)
    provisional_slot: int | None = None
    grid_slot: int | None = None
    from_pit_lane: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """How a race ended for one who started.

    Attributes
    ----------
    place : among those who started, from 1; retirements by distance covered
    is_retired : started and retired
    """

    place: int
    is_retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known after a race and not before it.

    Attributes
    ----------
    finishes : by driver, of those who started
    standings : points in the championship after the race, by driver
    """

    finishes: Mapping[str, Finish]
    standings: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The entrants of one race, sorted by driver so that no order can leak.

    Attributes
    ----------
    race : key of the race
    season, round : year; number in that year, from 1
    circuit : slug
    entrants : at least one
    session : the race, or the sprint of its weekend
    outcome : None as long as the race is not to be learnt from
    """

    race: int
    season: int
    round: int
    circuit: str
    entrants: tuple[Entrant, ...]
    session: str = RACE
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        drivers = self.drivers
        if not drivers:
            raise ValueError(f"entrants of race {self.race} is empty")
        if any(a >= b for a, b in pairwise(drivers)):
            raise ValueError(f"entrants of race {self.race} are not sorted by driver")

    @property
    def drivers(self) -> tuple[str, ...]:
        return tuple(entrant.driver for entrant in self.entrants)

    def by_driver(self) -> dict[str, Entrant]:
        return {entrant.driver: entrant for entrant in self.entrants}

    @classmethod
    def of(cls, entrants: "list[Entrant]", **facts: object) -> Self:
        """A field from entrants in any order."""
        by_driver = tuple(sorted(entrants, key=lambda entrant: entrant.driver))
        return cls(entrants=by_driver, **facts)  # type: ignore[arg-type]
