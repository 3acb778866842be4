"""The board histories are played on: all that can be worked out before a race.

The kinds of a replay are played side by side: a *field* is a race of a kind, the fields
of a race lie together. Seats are the cars of a field, sorted by driver so that their
order cannot leak. What a race moves are its rows: the drivers of all its seats, then
the teams of them. All ratings stand in one array, laid out as in ``ratings.sides``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ratings.comparisons import compare, groups, inverse, undone, within
from ratings.config import PROVISIONAL
from ratings.deviations import doubts
from ratings.history import BoolArray, FloatArray, History, IntArray
from ratings.sides import Sides


class Board(NamedTuple):
    """Edges are arrays of shape (n_races + 1,): race i has what lies in
    ``edges[i]:edges[i + 1]``."""

    field_sizes: IntArray  # (n_races, n_kinds), seats
    seat_edges: IntArray
    driver_row: Sequence[IntArray]  # of each kind: for the rows of its history
    per_point: FloatArray  # (n_seats,), log odds in a pair for an Elo point
    weight: FloatArray  # (n_seats,), what a comparison with the seat counts
    opponents: FloatArray  # (n_seats,), weights of the others of the field
    team_of: IntArray  # (n_seats,), row of its team, counted within the race
    team_share: FloatArray  # (n_seats,), of the seat in the mean of its team
    team_edges: IntArray
    team_row: IntArray  # (n_teams_of_fields,)
    row_edges: IntArray
    race: IntArray  # (n_rows,)
    subject: IntArray  # (n_rows,), place among all ratings
    actual: FloatArray  # (n_rows,), share of opponents beaten
    n_before: IntArray  # (n_rows,), races that had moved the rating
    k_factor: FloatArray  # (n_rows,), Elo points
    deviation: FloatArray  # (n_rows,), Elo points, after the race
    is_provisional: BoolArray  # (n_rows,), after the race

    @property
    def moves(self) -> BoolArray:
        """Whether a row moves a rating; shape (n_rows,)."""
        return self.k_factor > 0


class _Seats(NamedTuple):
    """Arrays of shape (n_seats,): the cars, sorted by field and driver."""

    of: IntArray  # place among the rows of all histories, in turn
    field: IntArray
    driver: IntArray  # place among all ratings
    team: IntArray  # the same
    rank: IntArray
    ending: IntArray


class _Teams(NamedTuple):
    """A row per field and team, sorted by both."""

    field: IntArray
    team: IntArray
    of_seat: IntArray  # (n_seats,), its team's row


def board_of(histories: Sequence[History], sides: Sides) -> Board:
    """Lay out the histories of one or several kinds, of the same races.

    Raises
    ------
    ValueError : a driver twice in one field
    """
    n_kinds, season = len(histories), histories[0].season
    seats = _seats(histories)
    kind, race = seats.field % n_kinds, seats.field // n_kinds
    weights = np.array([config.weights for config in sides.configs])
    weight = weights[kind, seats.ending]
    pairs = compare(seats.field, seats.rank, weight)
    teams = _teams(seats)
    team_race = teams.field // n_kinds
    edges = np.arange(len(season) + 1)
    seat_edges = np.searchsorted(race, edges)
    team_edges = np.searchsorted(team_race, edges)
    seat_row = np.arange(len(race)) + team_edges[race]
    team_row = np.arange(len(team_race)) + seat_edges[team_race + 1]
    rows = inverse(np.concatenate((seat_row, team_row)))
    subject = np.concatenate((seats.driver, teams.team))[rows]
    race_of = np.concatenate((race, team_race))[rows]
    share = np.concatenate((pairs.k_share, _means(teams, pairs.k_share)))[rows]
    doubt = doubts(season[race_of], subject, share, sides)
    team_share = _team_shares(teams.of_seat, pairs.k_share)
    team_actual = np.bincount(teams.of_seat, pairs.actual * team_share)
    n_seats = np.diff(seat_edges)
    per_point = np.log(10) / np.array([config.scale for config in sides.configs])
    return Board(
        field_sizes=np.stack([np.diff(each.offsets) for each in histories], axis=1),
        seat_edges=seat_edges,
        driver_row=np.split(
            seat_row[inverse(seats.of)],
            np.cumsum([history.n_rows for history in histories[:-1]]),
        ),
        per_point=per_point[kind],
        weight=weight,
        opponents=pairs.opponents,
        team_of=teams.of_seat - team_edges[race] + n_seats[race],
        team_share=team_share,
        team_edges=team_edges,
        team_row=team_row,
        row_edges=seat_edges + team_edges,
        race=race_of,
        subject=subject,
        actual=np.concatenate((pairs.actual, np.minimum(team_actual, 1.0)))[rows],
        n_before=doubt.n_before,
        k_factor=sides.gain[subject] * doubt.before * share,
        deviation=np.sqrt(doubt.after),
        is_provisional=doubt.after > PROVISIONAL * sides.first_variance[subject],
    )


def _seats(histories: Sequence[History]) -> _Seats:
    n_drivers = histories[0].n_drivers
    n_ratings = n_drivers + histories[0].n_teams
    kinds = list(enumerate(histories))

    def all_of(name: str) -> IntArray:
        return np.concatenate([getattr(history, name) for history in histories])

    field = np.concatenate([len(kinds) * h.race + n for n, h in kinds])
    driver = np.concatenate([n_ratings * n + h.driver for n, h in kinds])
    team = n_drivers + np.concatenate([n_ratings * n + h.team for n, h in kinds])
    order, _ = within(field, driver)
    seats = _Seats(
        of=order,
        field=field[order],
        driver=driver[order],
        team=team[order],
        rank=all_of("rank")[order],
        ending=all_of("ending")[order],
    )
    twice = (np.diff(seats.field) == 0) & (np.diff(seats.driver) == 0)
    if twice.any():
        raise ValueError(
            f"driver {seats.driver[1:][twice][0] % n_ratings} stands twice in race"
            f" {seats.field[1:][twice][0] // len(kinds)}"
        )
    return seats


def _teams(seats: _Seats) -> _Teams:
    order, team = within(seats.field, seats.team)
    cars = groups(seats.field, team)
    return _Teams(
        field=seats.field[cars.starts],
        team=team[cars.starts],
        of_seat=undone(order, cars.spread(np.arange(len(cars.starts)))),
    )


def _means(teams: _Teams, values: FloatArray) -> FloatArray:
    """Mean over the cars of each team, those that count nothing included."""
    means: FloatArray = np.bincount(teams.of_seat, values) / np.bincount(teams.of_seat)
    return means


def _team_shares(of_seat: IntArray, k_share: FloatArray) -> FloatArray:
    """Weight of each seat in its team's score; equal where none counts."""
    none = np.bincount(of_seat, k_share)[of_seat] == 0
    weight = np.where(none, 1.0, k_share)
    shares: FloatArray = weight / np.bincount(of_seat, weight)[of_seat]
    return shares
