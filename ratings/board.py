"""The board a history is played on: all that can be worked out before a race.

Seats are the rows of the history, sorted by race and driver so that their order
cannot leak. What a race moves are its rows: its drivers in the order of the seats,
then its teams. Drivers and teams share one array of ratings, teams come after.
"""

from typing import NamedTuple

import numpy as np

from ratings.comparisons import compare, inverse, n_earlier, within
from ratings.config import EloConfig
from ratings.history import BoolArray, FloatArray, History, IntArray


class Board(NamedTuple):
    """Edges are arrays of shape (n_races + 1,): race i has what lies in
    ``edges[i]:edges[i + 1]``."""

    seat_edges: IntArray
    driver_row: IntArray  # (n_seats,), in the order of the history's rows
    weight: FloatArray  # (n_seats,), what a comparison with the seat counts
    opponents: FloatArray  # (n_seats,), weights of the others of the race
    team_of: IntArray  # (n_seats,), row of its team, counted within the race
    team_share: FloatArray  # (n_seats,), of the seat in the mean of its team
    team_row: IntArray  # (n_team_rows,)
    row_edges: IntArray
    race: IntArray  # (n_rows,)
    subject: IntArray  # (n_rows,), place among all ratings
    actual: FloatArray  # (n_rows,), share of opponents beaten
    n_before: IntArray  # (n_rows,), races that had moved the rating
    k_factor: FloatArray  # (n_rows,), Elo points

    @property
    def moves(self) -> BoolArray:
        """Whether a row moves a rating; shape (n_rows,)."""
        return self.k_factor > 0


class _Teams(NamedTuple):
    """A row per race and team, sorted by both."""

    race: IntArray
    team: IntArray
    edges: IntArray  # (n_races + 1,)
    of_seat: IntArray  # (n_seats,), its team's row


def board_of(history: History, n_races: IntArray, config: EloConfig) -> Board:
    """Lay out a history.

    Parameters
    ----------
    history : races in order of time
    n_races : int array of shape (n_drivers + n_teams,), races that had moved each
    config : parameters

    Raises
    ------
    ValueError : a driver twice in one race
    """
    race = history.race
    order = _seats(race, history.driver)
    driver, ending = history.driver[order], history.ending[order]
    pairs = compare(race, history.rank[order], ending, config.weights)
    teams = _teams(race, history.team[order], history)
    seat_row = np.arange(len(race)) + teams.edges[race]
    team_row = np.arange(len(teams.race)) + history.offsets[teams.race + 1]
    team_share = _team_shares(teams.of_seat, pairs.k_share)
    rows = inverse(np.concatenate((seat_row, team_row)))
    subject = np.concatenate((driver, teams.team + history.n_drivers))[rows]
    k_factor = np.concatenate(
        (config.k_driver * pairs.k_share, config.k_team * _means(teams, pairs.k_share))
    )[rows]
    n_before = n_races[subject] + n_earlier(subject, k_factor > 0)
    extra = config.newcomer_k / (1 + n_before / config.newcomer_races)
    team_actual = np.bincount(teams.of_seat, pairs.actual * team_share)
    return Board(
        seat_edges=history.offsets,
        driver_row=seat_row[inverse(order)],
        weight=config.weights[ending],
        opponents=pairs.opponents,
        team_of=teams.of_seat - teams.edges[race] + np.diff(history.offsets)[race],
        team_share=team_share,
        team_row=team_row,
        row_edges=history.offsets + teams.edges,
        race=np.concatenate((race, teams.race))[rows],
        subject=subject,
        actual=np.concatenate((pairs.actual, np.minimum(team_actual, 1.0)))[rows],
        n_before=n_before,
        k_factor=k_factor * (1 + extra),
    )


def _seats(race: IntArray, driver: IntArray) -> IntArray:
    """Places in the history, sorted by race and driver."""
    order, sorted_driver = within(race, driver)
    twice = (race[1:] == race[:-1]) & (sorted_driver[1:] == sorted_driver[:-1])
    if twice.any():
        raise ValueError(
            f"driver {sorted_driver[1:][twice][0]} stands twice in race"
            f" {race[1:][twice][0]}"
        )
    return order


def _teams(race: IntArray, team: IntArray, history: History) -> _Teams:
    order, sorted_team = within(race, team)
    is_first = np.diff(race, prepend=-1) != 0
    is_first |= np.diff(sorted_team, prepend=-1) != 0
    team_race = race[is_first]
    return _Teams(
        race=team_race,
        team=sorted_team[is_first],
        edges=np.searchsorted(team_race, np.arange(history.n_races + 1)),
        of_seat=(np.cumsum(is_first) - 1)[inverse(order)],
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
