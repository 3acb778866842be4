"""How surprising winners and podiums were to the ratings before the race, in bits.

A chance p is worth -log2(p) bits: 1 for the toss of a coin, 5 for one in 32.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from math import log2

import numpy as np
from django.db import connection
from django.db.models import Max, Min

from f1site.base import clock
from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.models import RaceResult
from ratings.elo import win_probabilities
from ratings.history import FloatArray
from ratings.models import RatedRace, RatingChange
from ratings.strengths import started_before

#: Everybody rated in each race: strength and how many races had moved it before.
FIELD = """
SELECT own.race_id, own.driver_id, own.before + car.before, own.n_before, car.n_before
  FROM {changes} own
  JOIN {changes} car ON car.race_id = own.race_id AND car.kind = own.kind
   AND car.driver_id IS NULL AND car.lineage = own.lineage
 WHERE own.kind = 'race' AND own.driver_id IS NOT NULL
   AND own.race_id >= %s AND own.race_id < %s
"""
#: Places of a podium.
PODIUM = 3
#: Beyond every season.
LAST = 10_000
#: A chance that is too small for a number still has a logarithm.
LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Surprise:
    """A place in a race, and what the ratings before it gave to who took it.

    Attributes
    ----------
    race_id, position : 1 is the winner's
    winner_ids : who took it, several where a car was shared
    chance : that one of them wins, or comes onto the podium, from 0 to 1; of a
        shared car on the podium approximate, as if each came there independently
    n_places : that were asked for: 1, or 3 of a podium
    rank : of the best of them by strength, from 1
    n_rated : rated drivers: who took the start and was not disqualified
    favourite_id, favourite_chance : whom the ratings had first
    is_newcomer : no race had moved the winner's rating: he stood at his prior
    is_new_team : likewise that of his team
    """

    race_id: int
    position: int
    winner_ids: tuple[int, ...]
    chance: float
    n_places: int
    rank: int
    n_rated: int
    favourite_id: int
    favourite_chance: float
    is_newcomer: bool
    is_new_team: bool

    @property
    def bits(self) -> float:
        """Information in the result; 0 if nothing else could happen."""
        return -log2(self.chance)

    @property
    def even_bits(self) -> float:
        """What any of them is worth where all have the same chance."""
        return log2(max(self.n_rated / self.n_places, 1))


Entrant = tuple[int, float, int, int]


def surprises(
    first: int = 0,
    last: int = LAST,
    *,
    least_starters: int = 0,
    n_places: int = 1,
) -> list[Surprise]:
    """Results of rated races of some seasons, the most surprising first. Two queries.

    Races that have not begun by the clock of the site are not known.

    Parameters
    ----------
    first, last : seasons, both included
    least_starters : drivers rated in the race
    n_places : 1 for winners, 3 for all on a podium, each apart
    """
    span = first * KEYS_PER_SEASON, (last + 1) * KEYS_PER_SEASON
    placed = _placed(*span, n_places)
    found = [
        surprise
        for race, field in _fields(*span).items()
        if len(field) >= least_starters and race in placed
        for surprise in _of_race(race, field, placed[race], n_places)
    ]
    return sorted(found, key=lambda each: (-each.bits, each.race_id, each.position))


def span() -> tuple[int, int]:
    """First and last season with a rated race that is known; 0 without any."""
    rated = RatedRace.objects.filter(started_before(clock.now())).aggregate(
        first=Min("race__season_id"), last=Max("race__season_id")
    )
    return rated["first"] or 0, rated["last"] or 0


def podium_chances(win: FloatArray) -> FloatArray:
    """Chance of each entrant to be among the first three.

    Second is who would win without the winner, third who would without both.

    Parameters
    ----------
    win : array of shape (n,), chances to win, summing to 1

    Returns
    -------
    array of shape (n,), summing to 3, or to n where that is less

    Source: Plackett (1975), Luce (1959).
    """
    if len(win) <= PODIUM:
        return np.ones(len(win))
    rest = np.maximum(1 - win, LEAST)
    two = win[:, None] * win / rest[:, None]
    np.fill_diagonal(two, 0.0)
    second = two.sum(axis=0)
    pair = two / np.maximum(1 - win[:, None] - win, LEAST)
    third = win * (pair.sum() - pair.sum(axis=0) - pair.sum(axis=1))
    chances: FloatArray = np.clip(win + second + third, 0.0, 1.0)
    return chances


def results_in(some: Iterable[Surprise]) -> dict[tuple[int, int], RaceResult]:
    """By race and driver, how winners and favourites fared. One query."""
    wanted = {
        (each.race_id, driver)
        for each in some
        for driver in (*each.winner_ids, each.favourite_id)
    }
    rows = RaceResult.objects.filter(
        race_id__in={race for race, _ in wanted},
        driver_id__in={driver for _, driver in wanted},
    )
    results: dict[tuple[int, int], RaceResult] = {}
    for row in rows.select_related("race", "driver", "team").order_by("display_order"):
        results.setdefault((row.race_id, row.driver_id), row)
    return {key: row for key, row in results.items() if key in wanted}


def _fields(first: int, last: int) -> dict[int, list[Entrant]]:
    query = FIELD.format(changes=RatingChange._meta.db_table)
    fields: dict[int, list[Entrant]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, [first, last])
        for race, *entrant in cursor.fetchall():
            fields[race].append(tuple(entrant))
    return fields


Placed = dict[int, list[int]]


def _placed(first: int, last: int, n_places: int) -> dict[int, Placed]:
    """By race and place, who took it; who shared two cars took the better place."""
    rows = RaceResult.objects.filter(
        started_before(clock.now()),
        race_id__gte=first,
        race_id__lt=last,
        position__lte=n_places,
    ).order_by("race_id", "display_order")
    placed: dict[int, Placed] = defaultdict(lambda: defaultdict(list))
    seen: set[tuple[int, int]] = set()
    for race, place, driver in rows.values_list("race_id", "position", "driver_id"):
        if place is not None and (race, driver) not in seen:
            seen.add((race, driver))
            placed[race][place].append(driver)
    return placed


def _of_race(
    race: int, field: Sequence[Entrant], placed: Placed, n_places: int
) -> Iterator[Surprise]:
    """A surprise for each place taken by drivers who are all rated."""
    field = sorted(field, key=lambda entrant: (-entrant[1], entrant[0]))
    place_of = {driver: place for place, (driver, *_) in enumerate(field)}
    chances = win_probabilities(np.array([strength for _, strength, *_ in field]))
    if n_places > 1:
        chances = podium_chances(chances)
    for position, drivers in placed.items():
        if all(driver in place_of for driver in drivers):
            places = sorted(place_of[driver] for driver in drivers)
            yield _surprise(race, position, drivers, field, chances, places, n_places)


def _surprise(
    race: int,
    position: int,
    drivers: Sequence[int],
    field: Sequence[Entrant],
    chances: FloatArray,
    places: Sequence[int],
    n_places: int,
) -> Surprise:
    return Surprise(
        race_id=race,
        position=position,
        winner_ids=tuple(drivers),
        chance=_of_any(chances[list(places)], n_places),
        n_places=n_places,
        rank=places[0] + 1,
        n_rated=len(field),
        favourite_id=field[0][0],
        favourite_chance=float(chances[0]),
        is_newcomer=all(field[place][2] == 0 for place in places),
        is_new_team=all(field[place][3] == 0 for place in places),
    )


def _of_any(chances: FloatArray, n_places: int) -> float:
    """That one of them wins, or that at least one comes onto the podium.

    Two cannot both win, but both can come onto the podium: as if they did so
    independently, which is approximate.
    """
    both = n_places > 1
    chance = reduce(lambda one, other: one + other - both * one * other, chances)
    return min(1.0, max(LEAST, float(chance)))
