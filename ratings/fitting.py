"""Parameters of the ratings, fitted on the record up to a season and no further.

Nelder–Mead on the loss of winners plus that of pairs. What comes after the last season
is cut off before anything else is done.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from math import sqrt
from typing import Any

import numpy as np
from scipy.optimize import minimize

from ratings.config import EloConfig, Fit
from ratings.elo import replay
from ratings.history import Changes, Ending, FloatArray, History
from ratings.losses import Scoring, strengths

#: What is fitted. Steps, and with them losses, stay as they are when deviations are
#: stretched and gains shrink by the square: gains are settled afterwards.
FREE = (
    "first_driver",
    "first_team",
    "winter_driver",
    "winter_team",
    "reset_winter_team",
    "newcomer_driver",
    "newcomer_team",
    "kept_driver",
    "kept_team",
    "reset_kept_team",
    "settling",
    "crash_weight",
)
#: Nelder–Mead starts again from where it ended: it gets stuck in this many dimensions.
ROUNDS = 3
FIRST_STEP = 0.2  # of each parameter
DIGITS = 3  # that are kept
#: More than that is told by too few races.
MOST_STRETCH = 4.0
#: Elo points: nobody is surer of a rating after a year of absence.
LEAST_WINTER = 5.0
OUT_OF_RANGE = 1e3
Progress = Callable[[str, int, int], None]


def fit(
    history: History,
    start: EloConfig,
    *,
    since: int,
    until: int,
    half_life: float = np.inf,
    n_evaluations: int,
    progress: Progress,
) -> Fit:
    """Find the parameters of a kind of rating.

    Parameters
    ----------
    history : all races
    start : where the search begins
    since, until : first and last season whose races are in the loss; ratings begin
        with the history, and end with ``until``
    half_life : years before ``until`` after which a race counts half
    n_evaluations : replays to be spent, at most
    progress : told of the loss reached, evaluations done, and all

    Raises
    ------
    ValueError : no races in those seasons
    """
    history = history.head(int(np.searchsorted(history.season, until, side="right")))
    scoring = Scoring.of(history, since, until, half_life)
    free = [name for name in FREE if name != "crash_weight" or _has_crashes(history)]
    best, done = np.inf, 0

    def loss(values: FloatArray) -> float:
        nonlocal best, done
        done += 1
        try:
            config = replace(start, **dict(zip(free, values.tolist(), strict=True)))
        except ValueError:
            return OUT_OF_RANGE
        found = sum(_losses(history, scoring, config)[:2])
        best = min(best, found)
        progress(f"Loss {best:.4f}", min(done, n_evaluations), n_evaluations)
        return found

    values = np.array([getattr(start, name) for name in free])
    for _ in range(ROUNDS):
        step = np.diag(FIRST_STEP * np.where(values == 0, 1.0, values))
        values = minimize(
            loss,
            values,
            method="Nelder-Mead",
            options={
                "maxfev": n_evaluations // ROUNDS,
                "initial_simplex": np.vstack([values, values + step]),
                "xatol": 1e-3,
                "fatol": 1e-6,
            },
        ).x
    config = replace(start, **dict(zip(free, values.tolist(), strict=True)))
    config = _rounded(_with_honest_deviations(history, scoring, config, since))
    win_loss, pair_loss, scale = _losses(history, scoring, config)
    return Fit(
        config=_rounded(replace(config, win_scale=scale)),
        since=since,
        until=until,
        half_life=half_life,
        n_races=scoring.n_races,
        win_loss=round(win_loss, 5),
        pair_loss=round(pair_loss, 5),
    )


def _has_crashes(history: History) -> bool:
    return bool((history.ending == Ending.CRASHED).any())


def _losses(
    history: History, scoring: Scoring, config: EloConfig
) -> tuple[float, float, float]:
    """Loss of winners and of pairs, and the scale of the first."""
    rated = replay({"": history}, {"": config})[""]
    strength = strengths(history, rated)
    scale = scoring.best_scale(strength)
    wins = scoring.win_loss(strength, scale)
    return wins, scoring.pair_loss(strength, config.scale), scale


def _with_honest_deviations(
    history: History, scoring: Scoring, config: EloConfig, since: int
) -> EloConfig:
    """Deviations as large as ratings are seen to move, with the same steps."""
    rated = replay({"": history}, {"": config})[""]
    driver, team = (
        min(max(stretch(changes, history, since), 1 / MOST_STRETCH), MOST_STRETCH)
        for changes in (rated.driver, rated.team)
    )
    return replace(
        config,
        first_driver=config.first_driver * sqrt(driver),
        winter_driver=max(config.winter_driver * sqrt(driver), LEAST_WINTER),
        gain_driver=config.gain_driver / driver,
        first_team=config.first_team * sqrt(team),
        winter_team=max(config.winter_team * sqrt(team), LEAST_WINTER),
        reset_winter_team=config.reset_winter_team * sqrt(team),
        gain_team=config.gain_team / team,
    )


def stretch(changes: Changes, history: History, since: int) -> float:
    """How much larger variances should be for the moves that are seen.

    A rating of variance v that comes to have variance w has moved by v - w in the mean
    square, if both are right. Compared from after the first race that moved a rating in
    a season to after the last, from the season ``since`` on.
    """
    season = history.season[changes.race]
    rows = np.flatnonzero((season >= since) & (changes.k_factor > 0))
    rows = rows[np.lexsort((changes.race[rows], season[rows], changes.subject[rows]))]
    is_first = np.diff(changes.subject[rows], prepend=-1) != 0
    is_first |= np.diff(season[rows], prepend=-1) != 0
    first, last = rows[is_first], rows[np.roll(is_first, -1)]
    moved = changes.after[last] - changes.after[first]
    settled = changes.deviation[first] ** 2 - changes.deviation[last] ** 2
    return float((moved**2).sum() / settled.sum())


def _rounded(config: EloConfig) -> EloConfig:
    names = [each.name for each in fields(config) if each.name != "reset_seasons"]
    values: dict[str, Any] = {
        name: round(float(f"{getattr(config, name):.{DIGITS}g}"), 6) for name in names
    }
    return replace(config, **values)
