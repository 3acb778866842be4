"""Elo ratings of drivers and teams, from the order in which they finished.

A car is as fast as its driver and its team together: the strength of an entrant
is the sum of two ratings. A race is taken as all its pairs; a driver gains by the
share of opponents beaten above the share expected, a team by the mean of its cars.
NumPy and the standard library only. Formulas and figures: docs/ratings.md.
"""

from math import log

import numpy as np

from ratings.board import Board, board_of
from ratings.config import QUALIFYING, RACE, WIN_SCALE, EloConfig
from ratings.history import (
    BoolArray,
    Changes,
    Ending,
    FloatArray,
    History,
    IntArray,
    Ratings,
    Replay,
    State,
)

__all__ = [
    "QUALIFYING",
    "RACE",
    "WIN_SCALE",
    "Changes",
    "EloConfig",
    "Ending",
    "History",
    "Ratings",
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
    driver, team = config.newcomer_driver, config.newcomer_team
    return State(
        None,
        Ratings(np.full(n_drivers, config.start + driver), _zeros(n_drivers)),
        Ratings(np.full(n_teams, config.start + team), _zeros(n_teams)),
    )


def carried_over(
    rating: FloatArray,
    valid_in: IntArray,
    season: int,
    config: EloConfig,
    *,
    is_team: BoolArray | bool,
) -> FloatArray:
    """Ratings at the start of a season, from what they were in earlier ones.

    Parameters
    ----------
    rating : array of shape (n,), Elo points
    valid_in : int array of shape (n,), year in which each was true; from
        ``season`` on nothing happens to it, which is how newcomers are spared
    season : year the ratings are wanted for
    config : parameters
    is_team : whether they are of teams; bool array of shape (n,), or one for all

    Returns
    -------
    array of shape (n,), Elo points; each winter in between has shrunk the
    distance to ``config.start``
    """
    for year in range(int(valid_in.min(initial=season)) + 1, season + 1):
        of_driver, of_team = config.kept_shares(year)
        kept = np.where(is_team, of_team, of_driver)
        shrunk = config.start + kept * (rating - config.start)
        rating = np.where(valid_in < year, shrunk, rating)
    return rating


def win_probabilities(strengths: FloatArray, *, scale: float = WIN_SCALE) -> FloatArray:
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


def replay(history: History, config: EloConfig, state: State | None = None) -> Replay:
    """Rate every race of a history, one after the other.

    Parameters
    ----------
    history : races in order of time; the order of rows in a race does not matter
    config : parameters
    state : where an earlier replay stopped; None makes everybody a newcomer

    Returns
    -------
    changes of each race, and the state after the last. A history replayed in two
    parts gives bit for bit what it gives at once.

    Raises
    ------
    ValueError : a driver twice in a race, or a state of other lengths, of a later
        season, or that is not finite

    Source: Elo (1978), The Rating of Chessplayers, applied to every pair.
    """
    if state is None:
        state = new_state(history.n_drivers, history.n_teams, config)
    _check_state(state, history)
    start = Ratings(
        np.concatenate((state.driver.rating, state.team.rating)),
        np.concatenate((state.driver.n_races, state.team.n_races)),
    )
    board = board_of(history, start.n_races, config)
    before, expected, rating = _play(history, board, start, state.season, config)
    moved = np.bincount(board.subject[board.moves], minlength=len(rating))
    n, n_moved = history.n_drivers, start.n_races + moved
    return Replay(
        driver=_changes(board, before, expected, board.driver_row, first=0),
        team=_changes(board, before, expected, board.team_row, first=n),
        state=State(
            int(history.season[-1]) if history.n_races else state.season,
            Ratings(rating[:n], n_moved[:n]),
            Ratings(rating[n:], n_moved[n:]),
        ),
    )


def _play(
    history: History,
    board: Board,
    start: Ratings,
    season: int | None,
    config: EloConfig,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Go through the races: ratings before each, expected shares, final ratings."""
    before, expected = np.empty(len(board.race)), np.empty(len(board.race))
    rating, debut = start.rating.copy(), _debuts(board, start)
    is_team = np.arange(len(rating)) >= history.n_drivers
    per_point = log(10) / config.scale
    seats, rows = board.seat_edges.tolist(), board.row_edges.tolist()
    for race, year in enumerate(history.season.tolist()):
        if season is not None and year > season:
            known_in = np.where(debut < race, season, year)
            rating = carried_over(rating, known_in, year, config, is_team=is_team)
        season = year
        seat, row = slice(*seats[race : race + 2]), slice(*rows[race : race + 2])
        team_of, subject = board.team_of[seat], board.subject[row]
        own, shares, n = rating[subject], expected[row], len(team_of)
        before[row] = own
        strength = (own[:n] + own[team_of]) * per_point
        shares[:n] = _shares(strength, board.weight[seat], board.opponents[seat])
        shares[n:] = np.bincount(team_of, shares[:n] * board.team_share[seat])[n:]
        np.minimum(shares, 1.0, out=shares)
        rating[subject] = own + board.k_factor[row] * (board.actual[row] - shares)
    return before, expected, rating


def _shares(
    strength: FloatArray, weight: FloatArray, opponents: FloatArray
) -> FloatArray:
    """Share of opponents that each seat is expected to beat.

    Strengths are natural logarithms of odds. There is no matrix product in here:
    it may differ in its last bits with the place in memory.
    """
    odds = np.exp(np.minimum(np.maximum(strength, -MAX_LOG_ODDS), MAX_LOG_ODDS))
    both = odds[:, None] + odds
    both.ravel()[:: len(odds) + 1] = np.inf
    beaten: FloatArray = odds * np.add.reduce(weight[:, None] / both, axis=0)
    return beaten / opponents


def _debuts(board: Board, start: Ratings) -> IntArray:
    """Race that first moved each subject; -1 if one before the history did."""
    debut = np.where(start.n_races > 0, -1, np.iinfo(np.int64).max)
    np.minimum.at(debut, board.subject[board.moves], board.race[board.moves])
    return debut


def _changes(
    board: Board,
    before: FloatArray,
    expected: FloatArray,
    rows: IntArray,
    *,
    first: int,
) -> Changes:
    own, share = before[rows], expected[rows]
    k_factor, actual = board.k_factor[rows], board.actual[rows]
    return Changes(
        race=board.race[rows],
        subject=board.subject[rows] - first,
        n_before=board.n_before[rows],
        before=own,
        expected=share,
        actual=actual,
        k_factor=k_factor,
        after=own + k_factor * (actual - share),
    )


def _zeros(n: int) -> IntArray:
    return np.zeros(n, np.int64)


def _check_state(state: State, history: History) -> None:
    first = history.season[0] if history.n_races else None
    if state.season is not None and first is not None and first < state.season:
        raise ValueError(f"state.season is {state.season}, later than {first}")
    wanted = {"driver": history.n_drivers, "team": history.n_teams}
    for name, n in wanted.items():
        ratings: Ratings = getattr(state, name)
        if len(ratings.rating) != n or len(ratings.n_races) != n:
            raise ValueError(f"state.{name} has {len(ratings.rating)} rows, not {n}")
        if not np.isfinite(ratings.rating).all():
            raise ValueError(f"state.{name} is {ratings.rating}; it must be finite")
