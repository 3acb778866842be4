"""Elo ratings of drivers and teams, from the order in which they finished.

A car is as fast as its driver and its team together: the strength of an entrant
is the sum of two ratings. A race is taken as all its pairs; a driver gains by the
share of opponents beaten above the share expected, a team by the mean of its cars.
NumPy and the standard library only. Formulas and figures: docs/ratings.md.
"""

from collections.abc import Mapping
from functools import cache
from math import log
from typing import NamedTuple

import numpy as np

from ratings.board import Board, board_of
from ratings.config import QUALIFYING, RACE, EloConfig
from ratings.history import (
    Changes,
    Ending,
    FloatArray,
    History,
    IntArray,
    Replay,
    State,
)
from ratings.sides import Sides

__all__ = [
    "QUALIFYING",
    "RACE",
    "Changes",
    "EloConfig",
    "Ending",
    "History",
    "Replay",
    "State",
    "carried_over",
    "new_state",
    "replay",
    "win_probabilities",
]

#: Odds beyond e to this power make no difference.
MAX_LOG_ODDS = 300.0


def new_state(n_drivers: int, n_teams: int, config: EloConfig) -> State:
    """Everybody a newcomer, before the first race."""
    newcomer = Sides.of([config], n_drivers, n_teams).newcomer
    return State(None, newcomer[:n_drivers], newcomer[n_drivers:])


def carried_over(
    rating: FloatArray, valid_in: IntArray, season: int, sides: Sides
) -> FloatArray:
    """Ratings at the start of a season, from what they were in earlier ones.

    Parameters
    ----------
    rating : array of shape (n_ratings,), Elo points
    valid_in : int array of shape (n_ratings,), year in which each was true; from
        ``season`` on nothing happens to it, which is how newcomers are spared
    season : year the ratings are wanted for
    sides : parameters

    Returns
    -------
    array of shape (n_ratings,), Elo points; each winter in between has shrunk the
    distance to the start
    """
    start = sides.start
    for year in range(int(valid_in.min(initial=season)) + 1, season + 1):
        shrunk = start + sides.kept(year) * (rating - start)
        rating = np.where(valid_in < year, shrunk, rating)
    return rating


def win_probabilities(
    strengths: FloatArray, *, scale: float = RACE.win_scale
) -> FloatArray:
    """Chance of each entrant to be first: the softmax of strengths.

    Parameters
    ----------
    strengths : array of shape (n,), driver and team added, Elo points
    scale : Elo points for tenfold odds of winning

    Returns
    -------
    array of shape (n,), summing to 1

    Raises
    ------
    ValueError : nobody, a strength that is not finite, a scale not above 0
    """
    if not len(strengths) or not np.isfinite(strengths).all():
        raise ValueError(f"strengths is {strengths}; it must be finite numbers")
    if not scale > 0:
        raise ValueError(f"scale is {scale}; it must be above 0")
    odds = np.exp((strengths - strengths.max()) * (log(10) / scale))
    chances: FloatArray = odds / odds.sum()
    return chances


def replay(
    histories: Mapping[str, History],
    configs: Mapping[str, EloConfig],
    *,
    first: int = 0,
    states: Mapping[str, State] | None = None,
) -> dict[str, Replay]:
    """Rate the races of a history, one after the other, each kind for itself.

    Parameters
    ----------
    histories : by kind, all races in order of time; the order of rows in a race does
        not matter; kinds are of the same races, drivers and teams
    configs : parameters by kind
    first : place of the race to begin at
    states : by kind, where an earlier replay of the races before it stopped; None
        makes everybody a newcomer

    Returns
    -------
    by kind, the changes of each race from ``first`` on, and the state after the last.
    A history replayed in two parts gives bit for bit what it gives at once.

    Raises
    ------
    ValueError : a driver twice in a race; a state of other lengths, of another season,
        that is not finite, or none in the midst of a history; kinds that differ

    Source: Elo (1978), The Rating of Chessplayers, applied to every pair; Glickman
    (1999), Parameter estimation in large dynamic paired comparison experiments, for
    deviations.
    """
    kinds, shape = list(histories), next(iter(histories.values()))
    n_drivers, n_teams = shape.n_drivers, shape.n_teams
    states = states or {
        kind: new_state(n_drivers, n_teams, configs[kind]) for kind in kinds
    }
    for kind in kinds:
        _check(histories[kind], shape, states[kind], first)
    sides = Sides.of([configs[kind] for kind in kinds], n_drivers, n_teams)
    board = board_of(list(histories.values()), sides)
    sets = [(states[kind].driver, states[kind].team) for kind in kinds]
    start = np.concatenate([rating for both in sets for rating in both])
    game = _play(shape.season, board, sides, first, start)
    season = int(shape.season[-1]) if shape.n_races else None
    return {
        kind: _outcome(board, game, place, histories[kind], first, season)
        for place, kind in enumerate(kinds)
    }


class _Game(NamedTuple):
    """What a board says only once it was played."""

    before: FloatArray  # (n_rows,), Elo points
    expected: FloatArray  # (n_rows,), share of opponents
    rating: FloatArray  # (n_ratings,), Elo points, after the last race


def _play(
    season: IntArray, board: Board, sides: Sides, first: int, start: FloatArray
) -> _Game:
    """Go through the races."""
    before, expected = np.empty(len(board.race)), np.empty(len(board.race))
    rating, debut = start.copy(), _debuts(board, sides.n)
    seats, rows = board.seat_edges.tolist(), board.row_edges.tolist()
    sizes = list(map(tuple, board.field_sizes.tolist()))
    years = season.tolist()
    for race, year in enumerate(years[first:], start=first):
        if race and year > years[race - 1]:
            known_in = np.where(debut < race, years[race - 1], year)
            rating = carried_over(rating, known_in, year, sides)
        seat, row = slice(*seats[race : race + 2]), slice(*rows[race : race + 2])
        team_of, subject = board.team_of[seat], board.subject[row]
        own, shares, n = before[row], expected[row], len(team_of)
        rating.take(subject, out=own, mode="clip")
        log_odds = (own[:n] + own[team_of]) * board.per_point[seat]
        beaten = _beaten(log_odds, board.weight[seat], _apart(sizes[race]))
        shares[:n] = beaten / board.opponents[seat]
        shares[n:] = np.bincount(team_of, shares[:n] * board.team_share[seat])[n:]
        rating[subject] = own + board.k_factor[row] * (board.actual[row] - shares)
    return _Game(before, expected, rating)


def _beaten(log_odds: FloatArray, weight: FloatArray, apart: FloatArray) -> FloatArray:
    """Weight of the opponents that each seat is expected to beat.

    There is no matrix product in here: it may differ in its last bits with the place
    in memory.
    """
    odds = np.exp(np.minimum(np.maximum(log_odds, -MAX_LOG_ODDS), MAX_LOG_ODDS))
    both = odds[:, None] + odds
    both += apart
    beaten: FloatArray = odds * np.add.reduce(weight[:, None] / both, axis=0)
    return beaten


@cache
def _apart(sizes: tuple[int, ...]) -> FloatArray:
    """Infinite where two seats are not opponents, else 0; shape (n_seats, n_seats)."""
    field = np.repeat(np.arange(len(sizes)), sizes)
    apart = np.where(field[:, None] == field, 0.0, np.inf)
    np.fill_diagonal(apart, np.inf)
    return apart


def _debuts(board: Board, n: int) -> IntArray:
    """Race that first moved each of n subjects; of a subject's rows the last counts."""
    debut = np.full(n, np.iinfo(np.int64).max)
    moved = np.flatnonzero(board.moves)[::-1]
    debut[board.subject[moved]] = board.race[moved]
    return debut


def _outcome(
    board: Board,
    game: _Game,
    kind: int,
    history: History,
    first: int,
    season: int | None,
) -> Replay:
    """The part of a game that is of the kind at that place."""
    n_drivers, n_teams = history.n_drivers, history.n_teams
    drivers = kind * (n_drivers + n_teams)
    teams, end = drivers + n_drivers, drivers + n_drivers + n_teams
    seats = board.driver_row[kind][history.offsets[first] :]
    cars = board.team_row[board.team_edges[first] :]
    cars = cars[(board.subject[cars] >= teams) & (board.subject[cars] < end)]
    return Replay(
        driver=_changes(board, game, seats, drivers),
        team=_changes(board, game, cars, teams),
        state=State(season, game.rating[drivers:teams], game.rating[teams:end]),
    )


def _changes(board: Board, game: _Game, rows: IntArray, first: int) -> Changes:
    own, expected = game.before[rows], game.expected[rows]
    k_factor, actual = board.k_factor[rows], board.actual[rows]
    return Changes(
        race=board.race[rows],
        subject=board.subject[rows] - first,
        n_before=board.n_before[rows],
        before=own,
        expected=np.minimum(expected, 1.0),  # but for rounding
        actual=actual,
        k_factor=k_factor,
        after=own + k_factor * (actual - expected),
        deviation=board.deviation[rows],
        is_provisional=board.is_provisional[rows],
    )


def _check(history: History, shape: History, state: State, first: int) -> None:
    counts = (shape.n_drivers, shape.n_teams)
    same = np.array_equal(history.season, shape.season)
    if not same or (history.n_drivers, history.n_teams) != counts:
        raise ValueError("histories must be of the same races, drivers and teams")
    if not 0 <= first <= history.n_races:
        raise ValueError(f"first is {first}; it must be from 0 to {history.n_races}")
    season = int(history.season[first - 1]) if first else None
    if state.season != season:
        raise ValueError(f"state.season is {state.season}; it must be {season}")
    for name, n in zip(("driver", "team"), counts, strict=True):
        rating: FloatArray = getattr(state, name)
        if len(rating) != n:
            raise ValueError(f"state.{name} has {len(rating)} rows, not {n}")
        if not np.isfinite(rating).all():
            raise ValueError(f"state.{name} is {rating}; it must be finite")
