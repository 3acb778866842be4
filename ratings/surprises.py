"""How surprising each winner was to the ratings that the race found, in bits.

A chance p is worth -log2(p) bits: 1 for the toss of a coin, 5 for one in 32.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from django.db import connection

from f1site.base.partitions import KEYS_PER_SEASON
from ingestion.models import RaceResult
from ratings import elo
from ratings.models import RatingChange

#: Everybody rated in each race: strength and how many races had moved it before.
FIELD = """
SELECT own.race_id, own.driver_id, own.before + car.before, own.n_before, car.n_before
  FROM {changes} own
  JOIN {changes} car ON car.race_id = own.race_id AND car.kind = own.kind
   AND car.driver_id IS NULL AND car.lineage = own.lineage
 WHERE own.kind = 'race' AND own.driver_id IS NOT NULL
   AND own.race_id >= %s AND own.race_id < %s
"""
#: Beyond every season.
LAST = 10_000
#: A chance that is too small for a number still has a logarithm.
LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Surprise:
    """A race, and what the ratings before it gave to who won.

    Attributes
    ----------
    race_id, winner_ids : several where a car was shared
    chance : that one of them wins, from 0 to 1
    rank : of the best of them by strength, from 1
    n_rated : drivers that took the start and are rated
    favourite_id, favourite_chance : whom the ratings had first
    is_newcomer : no race had moved the winner's rating: he stood at his prior
    is_new_team : likewise that of his team
    """

    race_id: int
    winner_ids: tuple[int, ...]
    chance: float
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
        """What any winner is worth where all have the same chance."""
        return log2(self.n_rated)


Entrant = tuple[int, float, int, int]


def surprises(
    first: int = 0, last: int = LAST, *, least_starters: int = 0
) -> list[Surprise]:
    """Rated races of some seasons, the most surprising first. Two queries.

    Parameters
    ----------
    first, last : seasons, both included
    least_starters : drivers rated in the race
    """
    span = first * KEYS_PER_SEASON, (last + 1) * KEYS_PER_SEASON
    winners = _winners(*span)
    found = [
        _surprise(race, field, winners[race])
        for race, field in _fields(*span).items()
        if len(field) >= least_starters and _are_rated(winners.get(race, ()), field)
    ]
    return sorted(found, key=lambda surprise: (-surprise.bits, surprise.race_id))


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


def _winners(first: int, last: int) -> dict[int, list[int]]:
    rows = RaceResult.objects.filter(
        race_id__gte=first, race_id__lt=last, position=1
    ).order_by("race_id", "display_order")
    winners: dict[int, list[int]] = defaultdict(list)
    for race, driver in rows.values_list("race_id", "driver_id"):
        winners[race].append(driver)
    return winners


def _are_rated(winners: Sequence[int], field: Sequence[Entrant]) -> bool:
    known = {driver for driver, *_ in field}
    return bool(winners) and all(driver in known for driver in winners)


def _surprise(race: int, field: Sequence[Entrant], winners: Sequence[int]) -> Surprise:
    field = sorted(field, key=lambda entrant: (-entrant[1], entrant[0]))
    chances = elo.win_probabilities(np.array([strength for _, strength, *_ in field]))
    places = [n for n, (driver, *_) in enumerate(field) if driver in winners]
    best = places[0]
    return Surprise(
        race_id=race,
        winner_ids=tuple(winners),
        chance=min(1.0, max(LEAST, float(chances[places].sum()))),
        rank=best + 1,
        n_rated=len(field),
        favourite_id=field[0][0],
        favourite_chance=float(chances[0]),
        is_newcomer=all(field[place][2] == 0 for place in places),
        is_new_team=all(field[place][3] == 0 for place in places),
    )
