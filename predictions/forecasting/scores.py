"""How well a forecast told a race. All are means over what they name; lower is
better for losses, Brier scores and RPS.

Scored are those who started; chances to win are shared out anew among them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from predictions.forecasting.entrant import SPRINT
from predictions.forecasting.outlook import points_places, ranges_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
TextArray = NDArray[np.str_]

#: No chance counts as less, so that one surprise is not the end of the world.
FLOOR = 1e-4
PODIUM, POINTS = 3, 10


@dataclass(frozen=True)
class RaceScore:
    """Scores of one forecast of one race.

    Attributes
    ----------
    n_starters : drivers scored
    log_loss : natural log, of the winner
    brier : of the win, summed over the field
    rps : ranked probability score of the places, mean over drivers
    winner_hit : the top of the forecast won
    winner_in_top3 : the winner was among its first three
    podium_overlap : share of the podium that it foresaw
    rank_correlation : Spearman's, of expected and actual places
    podium_brier : mean over drivers, of the first 3
    points_brier : of the first 10, or of those who score in a sprint
    kendall : Kendall's rank correlation, tau-b, of the same places
    coverage : share of drivers whose place lay in their 80 % range
    mates_hit : share of pairs of team-mates whose order the expected places told,
        half for a tie; None where no two of a team started
    n_mates : such pairs
    """

    n_starters: int
    log_loss: float
    brier: float
    rps: float
    winner_hit: bool
    winner_in_top3: bool
    podium_overlap: float
    rank_correlation: float
    podium_brier: float
    points_brier: float
    kendall: float
    coverage: float
    mates_hit: float | None
    n_mates: int


def score_race(
    positions: FloatArray,
    place: IntArray,
    team: TextArray | None = None,
    *,
    n_points: int = POINTS,
) -> RaceScore:
    """Score a position matrix against an order of finish.

    Parameters
    ----------
    positions : array of shape (n, m), driver × place, sorted by driver
    place : array of shape (n,), among starters from 1; 0 did not start
    team : text array of shape (n,), the same text for team-mates
    n_points : places that the points Brier counts, see ``points_counted``

    Raises
    ------
    ValueError : fewer than two started
    """
    started = place > 0
    n = int(started.sum())
    if n < 2:
        raise ValueError(f"place holds {n} starters; it must be two or more")
    teams = None if team is None else team[started]
    return _score(positions[started], place[started], teams, n_points)


def _score(
    matrix: FloatArray, order: IntArray, team: TextArray | None, n_points: int
) -> RaceScore:
    """The same of those who started."""
    win = win_chances(matrix)
    won, podium = order == 1, order <= PODIUM
    expected = expected_places(matrix)
    low, high = ranges_of(matrix).T
    mates = _mates_told(expected, order, team)
    return RaceScore(
        n_starters=len(order),
        log_loss=float(-np.log(win[won][0])),
        brier=float(((win - won) ** 2).sum()),
        rps=ranked_probability_score(matrix, order),
        winner_hit=bool(won[np.argmax(win)]),
        winner_in_top3=bool(won[_first(win, 3)].any()),
        podium_overlap=float(podium[_first(_p_top(matrix, PODIUM), PODIUM)].mean()),
        rank_correlation=rank_correlation(expected, order),
        podium_brier=_top_brier(matrix, order, PODIUM),
        points_brier=_top_brier(matrix, order, n_points),
        kendall=kendall(expected, order),
        coverage=float(((low <= order) & (order <= high)).mean()),
        mates_hit=float(np.mean(mates)) if mates else None,
        n_mates=len(mates),
    )


def points_counted(season: int, kind: str) -> int:
    """Places of the points Brier: those that score in a sprint; of any race ten."""
    return points_places(season, kind) if kind == SPRINT else POINTS


def _p_top(matrix: FloatArray, n_places: int) -> FloatArray:
    chances: FloatArray = matrix[:, :n_places].sum(axis=1)
    return np.clip(chances, FLOOR, 1 - FLOOR)


def _top_brier(matrix: FloatArray, order: IntArray, n_places: int) -> float:
    errors = _p_top(matrix, n_places) - (order <= n_places)
    return float((errors**2).mean())


def win_chances(positions: FloatArray) -> FloatArray:
    """Chances to win of those who started, none below the floor, summing to 1."""
    floored = np.maximum(positions[:, 0], FLOOR)
    chances: FloatArray = floored / floored.sum()
    return chances


def _first(chances: FloatArray, n: int) -> IntArray:
    """Rows of the highest chances; ties in the order of rows."""
    return np.argsort(-chances, kind="stable")[:n]


def expected_places(positions: FloatArray) -> FloatArray:
    """Mean places, of shape (n,); rows that are alike have one that is alike."""
    places = np.arange(1.0, positions.shape[1] + 1)
    expected: FloatArray = (positions * places).sum(axis=1)
    return expected


def ranked_probability_score(positions: FloatArray, place: IntArray) -> float:
    """Squared difference of cumulative chances and outcome, mean over drivers.

    Parameters
    ----------
    positions : array of shape (n, m), m at least n; places beyond n are cut off
    place : array of shape (n,), from 1

    Returns
    -------
    in [0, 1], 0 for certainty that came true

    Source: Epstein (1969), A scoring system for probability forecasts.
    """
    n = len(place)
    chances = positions[:, :n] / positions[:, :n].sum(axis=1, keepdims=True)
    at_most = np.cumsum(chances, axis=1)[:, :-1]
    happened = place[:, None] <= np.arange(1, n)
    return float(((at_most - happened) ** 2).sum(axis=1).mean() / (n - 1))


def rank_correlation(expected: FloatArray, place: IntArray) -> float:
    """Spearman's correlation, 0 where the forecast makes no difference."""
    ranks = _signs(expected).sum(axis=1)
    if not ranks.any():
        return 0.0
    return float(np.corrcoef(ranks, place)[0, 1])


def kendall(expected: FloatArray, place: IntArray) -> float:
    """Kendall's tau-b, 0 where the forecast makes no difference."""
    told, happened = _signs(expected), _signs(place)
    pairs = np.abs(told).sum() * np.abs(happened).sum()
    return float((told * happened).sum() / np.sqrt(pairs)) if pairs else 0.0


def _signs(values: FloatArray | IntArray) -> FloatArray:
    """For each pair 1 where the row is more than the column, −1 where it is less.

    A row sums to twice its rank, ties sharing theirs, but for a constant.
    """
    signs: FloatArray = np.sign(np.subtract.outer(values, values))
    return signs


def _mates_told(
    expected: FloatArray, place: IntArray, team: TextArray | None
) -> list[float]:
    """For each pair of team-mates 1 where their order was told, 0.5 for a tie."""
    if team is None:
        return []
    one, other = np.triu_indices(len(team), 1)
    pairs = team[one] == team[other]
    one, other = one[pairs], other[pairs]
    ahead = np.sign(expected[other] - expected[one])
    told = 0.5 + 0.5 * ahead * np.sign(place[other] - place[one])
    return [float(pair) for pair in told]


def bootstrap_interval(
    values: FloatArray, *, seed: int = 0, n_draws: int = 2000, share: float = 0.95
) -> tuple[float, float]:
    """Interval of the mean over races drawn with replacement.

    Parameters
    ----------
    values : array of shape (n_races,)
    seed : of the draws
    n_draws : means drawn
    share : that lies within
    """
    means = bootstrap_means(values, seed=seed, n_draws=n_draws)
    return interval_of(means, share)


def bootstrap_means(
    values: FloatArray, *, seed: int = 0, n_draws: int = 2000
) -> FloatArray:
    """Means over races drawn with replacement, of shape (n_draws,).

    Of as many races the same ones are drawn, so that what is compared stays paired.
    """
    means: FloatArray = values[_picks(len(values), n_draws, seed)].mean(axis=1)
    return means


def interval_of(draws: FloatArray, share: float = 0.95) -> tuple[float, float]:
    """The middle share of what was drawn."""
    tail = (1 - share) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _picks(n_races: int, n_draws: int, seed: int) -> IntArray:
    """Races drawn, of shape (n_draws, n_races): the same for all that are compared."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, n_races, (n_draws, n_races))
