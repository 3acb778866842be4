"""How well ratings alone tell the winner, ours against others. Needs the archive.

    ./run bench rating_skill --archive PATH [--write]

Strengths before each race, driver and team added, nothing known of the weekend; one
scale for each rating, fitted on 1980 to 2014; scored on 2015 to 2024, walk-forward.
With ``--write`` the table goes into docs/ratings.md.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._scratch import parser_of, say
from benchmarks.ratings import histories_of
from f1site.base.documents import write_between
from f1site.testing.serving import scratch_database

if TYPE_CHECKING:
    from ratings.elo import History
    from ratings.history import FloatArray

FITTED_ON, SCORED_ON = (1980, 2014), (2015, 2024)
DOCUMENT = Path(__file__).parents[1] / "docs" / "ratings.md"
HEAD = (
    "| strengths from | log loss of the winner | above ours | most likely car won |\n"
    "|---|---|---|---|\n"
)
#: How much ratings change from race to race, as a multiple of the library's default.
#: The best on the races that scales are fitted on is taken.
TAUS = (1, 3, 10)
N_RESAMPLES = 10_000

Strengths = Callable[["History"], "FloatArray"]


@dataclass(frozen=True)
class Score:
    """Of one rating, on the races of ``SCORED_ON``; arrays of shape (n_races,)."""

    name: str
    losses: "FloatArray"
    hits: "FloatArray"


def main() -> int:
    """Measure, print, and fail when a library is better."""
    parser = parser_of(str(__doc__), rounds=1)
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    asked = parser.parse_args()
    if not asked.archive:
        say("left out: needs --archive PATH, the starter record begins too late")
        return 0
    with scratch_database():
        history = histories_of(asked.archive)["race"]
    ours, *others = [score(name, history, of) for name, of in SYSTEMS.items()]
    table = HEAD + "".join(line(each, ours) for each in (ours, *others))
    say(f"{len(ours.losses)} races of {SCORED_ON[0]} to {SCORED_ON[1]}\n{table}")
    if asked.write:
        write_between(DOCUMENT, "rating_skill", table)
    libraries = [each for each in others if each.name in LIBRARIES]
    return int(any(ours.losses.mean() >= each.losses.mean() for each in libraries))


def score(name: str, history: "History", systems: "list[Strengths]") -> Score:
    """Of the one among some settings that is best where scales are fitted."""
    from ratings.losses import Scoring

    past, now = (Scoring.of(history, *years) for years in (FITTED_ON, SCORED_ON))
    found = []
    for strengths_of in systems:
        strength = strengths_of(history)
        scale = past.best_scale(strength)
        found.append((past.win_losses(strength, scale).mean(), scale, strength))
    _, scale, strength = min(found, key=lambda each: each[0])
    return Score(name, now.win_losses(strength, scale), hits(now, strength))


def hits(scoring: Any, strength: "FloatArray") -> "FloatArray":
    """Whether the strongest won; a share where several are strongest."""
    found = []
    for begin, size, winner in zip(
        scoring.begin, scoring.size, scoring.winner, strict=True
    ):
        field = strength[begin : begin + size]
        best = field == field.max()
        found.append((strength[winner] == field.max()) / best.sum())
    return np.array(found)


def line(each: Score, ours: Score) -> str:
    low, high = interval(each.losses)
    told = f"{each.losses.mean():.3f} [{low:.2f}, {high:.2f}]"
    gap = "–"
    if each is not ours:
        apart = each.losses - ours.losses
        low, high = interval(apart)
        gap = f"{apart.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"| {each.name} | {told} | {gap} | {each.hits.mean():.1%} |\n"


def interval(values: "FloatArray") -> tuple[float, float]:
    """95 % of the mean, by bootstrap over races."""
    chance = np.random.default_rng(2024)
    rows = chance.integers(0, len(values), (N_RESAMPLES, len(values)))
    low, high = np.percentile(values[rows].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


# --- the ratings ----------------------------------------------------------------
def ours(history: "History") -> "FloatArray":
    from ratings.config import RACE
    from ratings.elo import replay
    from ratings.losses import strengths

    return strengths(history, replay({"race": history}, {"race": RACE})["race"])


def openskill(tau: float) -> Strengths:
    def rate(history: "History") -> "FloatArray":
        from openskill.models import PlackettLuce

        model = PlackettLuce(tau=tau * PlackettLuce().tau)

        def rated(cars: list[Any], ranks: list[int]) -> list[Any]:
            found: list[Any] = model.rate(cars, ranks=[float(rank) for rank in ranks])
            return found

        return replayed(history, model.rating, rated, of=model.rating)

    return rate


def trueskill(tau: float) -> Strengths:
    def rate(history: "History") -> "FloatArray":
        from trueskill import TrueSkill

        world = TrueSkill()
        world.tau *= tau

        def rated(cars: list[Any], ranks: list[int]) -> list[Any]:
            found: list[Any] = world.rate(cars, ranks=ranks)
            return found

        return replayed(history, world.create_rating, rated, of=world.create_rating)

    return rate


def replayed(
    history: "History",
    new: Callable[[], Any],
    rate: Callable[[list[Any], list[int]], list[Any]],
    of: Callable[..., Any],
) -> "FloatArray":
    """A library's turn: each car is a team of its driver and its constructor.

    Cars that did not finish are left out, as they nearly are by us. A constructor moves
    by the mean of its cars.
    """
    drivers = [new() for _ in range(history.n_drivers)]
    makes = [new() for _ in range(history.n_teams)]
    strength = np.empty(history.n_rows)
    for race in races(history):
        driver, team = history.driver[race].tolist(), history.team[race].tolist()
        cars = [[drivers[d], makes[t]] for d, t in zip(driver, team, strict=True)]
        strength[race] = [one.mu + other.mu for one, other in cars]
        finished = np.flatnonzero(history.ending[race] == 0).tolist()
        if len(finished) < 2:
            continue
        ranks = history.rank[race].tolist()
        after = rate([cars[i] for i in finished], [ranks[i] for i in finished])
        moved: dict[int, list[Any]] = {}
        for place, (one, other) in zip(finished, after, strict=True):
            drivers[driver[place]] = one
            moved.setdefault(team[place], []).append(other)
        for make, found in moved.items():
            mu = float(np.mean([each.mu for each in found]))
            makes[make] = of(mu, float(np.mean([each.sigma for each in found])))
    return strength


def last_race(history: "History") -> "FloatArray":
    """The place in the race before; who was not in it comes last."""
    strength = np.empty(history.n_rows)
    last: dict[int, int] = {}
    for race in races(history):
        drivers = history.driver[race].tolist()
        strength[race] = [-10.0 * last.get(d, len(last) + 1) for d in drivers]
        order = np.argsort(history.rank[race], kind="stable").tolist()
        last = {drivers[i]: place for place, i in enumerate(order, start=1)}
    return strength


def uniform(history: "History") -> "FloatArray":
    return np.zeros(history.n_rows)


def races(history: "History") -> Iterator[slice]:
    """Rows of each race."""
    return (slice(*edges) for edges in pairwise(history.offsets.tolist()))


LIBRARIES = {
    "openskill, Plackett–Luce": [openskill(tau) for tau in TAUS],
    "trueskill": [trueskill(tau) for tau in TAUS],
}
SYSTEMS: dict[str, list[Strengths]] = {
    "ours": [ours],
    **LIBRARIES,
    "the last race's order": [last_race],
    "nothing: all alike": [uniform],
}


if __name__ == "__main__":
    sys.exit(main())
