"""Ratings in the database: what they are after a race, and how they get there."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from f1site.base.partitions import KEYS_PER_SEASON
from ratings import elo
from ratings.history import Changes, State
from ratings.models import RatedRace, RatingChange
from ratings.rows import Record
from ratings.sides import Sides

COLUMNS = (
    "race_id",
    "sequence",
    "kind",
    "driver_id",
    "team_id",
    "lineage",
    "n_before",
    "before",
    "expected_score",
    "actual_score",
    "k_factor",
    "after",
    "deviation",
    "is_provisional",
)
Row = tuple[Any, ...]


class Standing(NamedTuple):
    """A rating as its last change left it."""

    rating: float  # Elo points
    season: int  # of that change
    n_races: int  # that moved it


def standings(changes: QuerySet[RatingChange], subject: str) -> dict[Any, Standing]:
    """The newest of some changes by ``driver_id`` or ``lineage``. One query."""
    rows = changes.order_by(subject, "-sequence").distinct(subject)
    return {
        key: Standing(rating, race // KEYS_PER_SEASON, n_before + (k_factor > 0))
        for key, race, n_before, k_factor, rating in rows.values_list(
            subject, "race_id", "n_before", "k_factor", "after"
        )
    }


def states_before(
    record: Record, first: int, configs: Mapping[str, elo.EloConfig]
) -> dict[str, State] | None:
    """By kind the state that stored changes leave before the race of that place.

    Bit for bit the one in which a replay from the beginning passes it.
    """
    if first == 0:
        return None
    return {
        kind: _state_before(record, first, kind, config)
        for kind, config in configs.items()
    }


def _state_before(
    record: Record, first: int, kind: str, config: elo.EloConfig
) -> State:
    season = int(record.seasons[first - 1])
    changes = RatingChange.objects.filter(kind=kind, sequence__lt=first)
    drivers = standings(changes.of_drivers(), "driver_id")
    teams = standings(changes.of_teams(), "lineage")
    found = [drivers.get(key) for key in record.driver_ids.tolist()]
    found += [teams.get(slug) for slug in record.lineages]
    n = len(record.driver_ids)
    sides = Sides.of([config], n, len(record.lineages))
    rating, valid_in = sides.newcomer.copy(), np.full(sides.n, season)
    for place, standing in enumerate(found):
        if standing and standing.n_races:
            rating[place], valid_in[place] = standing.rating, standing.season
    rating = elo.carried_over(rating, valid_in, season, sides)
    return State(season, rating[:n], rating[n:])


def write_changes(record: Record, first: int, replays: Mapping[str, elo.Replay]) -> int:
    """Put the changes of a replay in the place of those from that race on."""
    RatingChange.objects.filter(sequence__gte=first).delete()
    n_rows = 0
    with connection.cursor() as cursor:
        table = RatingChange._meta.db_table
        with cursor.copy(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for kind, replay in replays.items():
                for row in _rows(record, first, kind, replay):
                    copy.write_row(row)
                    n_rows += 1
    return n_rows


def remember(record: Record, first: int) -> None:
    """Note what the races from that place on were when they were rated."""
    RatedRace.objects.filter(sequence__gte=first).delete()
    RatedRace.objects.bulk_create(
        RatedRace(race_id=race, sequence=first + n, digest=digest)
        for n, (race, digest) in enumerate(
            zip(record.race_ids[first:].tolist(), record.digests[first:], strict=True)
        )
    )


def _rows(record: Record, first: int, kind: str, replay: elo.Replay) -> Iterator[Row]:
    """Rows of the table: those of drivers, then those of teams."""
    history = record.histories[kind]
    since = history.offsets[first]
    races, teams = history.race[since:].tolist(), history.team[since:].tolist()
    cars = list(zip(races, teams, strict=True))
    team_ids = record.team_ids[kind][since:].tolist()
    team_of = dict(zip(cars, team_ids, strict=True))
    race_ids, drivers = record.race_ids.tolist(), record.driver_ids.tolist()
    for (_, lineage), (race, driver, *numbers) in zip(
        cars, _lines(replay.driver), strict=True
    ):
        about = race_ids[race], race, kind
        yield (*about, drivers[driver], None, record.lineages[lineage], *numbers)
    for race, lineage, *numbers in _lines(replay.team):
        about = race_ids[race], race, kind
        team = team_of[race, lineage]
        yield (*about, None, team, record.lineages[lineage], *numbers)


def _lines(changes: Changes) -> Iterator[tuple[Any, ...]]:
    """Race, subject and the numbers of each change, as Python knows them."""
    columns = (
        changes.race,
        changes.subject,
        changes.n_before,
        changes.before,
        changes.expected,
        changes.actual,
        changes.k_factor,
        changes.after,
        changes.deviation,
        changes.is_provisional,
    )
    return zip(*(column.tolist() for column in columns), strict=True)
