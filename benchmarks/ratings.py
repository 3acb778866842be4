"""Our ratings against openskill's Plackett–Luce and trueskill on the same races.

    ./run bench ratings [--archive PATH] [--rounds 15]

The races are those of the archive, or of the starter record without it. Both work
on what lies in memory: no database is in the times. The others rate drivers in races
alone; we rate drivers and teams, in races and in qualifying.
"""

import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks._scratch import options, say, timed
from f1site.testing.serving import scratch_database

if TYPE_CHECKING:
    from ratings.elo import History

LEAST_RATIO = 3.0  # all four ratings, times as fast as openskill's one
LEAST_RATIO_TRUESKILL = 50.0
MOST_SECONDS = 0.3  # for all four ratings since 1950
ROUNDS = 15


def main() -> int:
    """Measure, print, and fail when a goal is missed."""
    asked = options(str(__doc__), ROUNDS)
    with scratch_database():
        histories = histories_of(asked.archive)
    races, qualifying = histories["race"], histories["qualifying"]
    say(f"{races.n_races:,} races, {races.n_rows + qualifying.n_rows:,} rows")
    works = {
        "openskill, drivers in races": lambda: openskill_replay(races),
        "ours, drivers and teams in races": lambda: our_replay(race=races),
        "ours, all four ratings": lambda: our_replay(**histories),
    }
    # in turns, so that a busy machine is busy for all of them
    rounds = [[timed(work) for work in works.values()] for _ in range(asked.rounds)]
    openskill, _, four = best = [min(times) for times in zip(*rounds, strict=True)]
    trueskill = timed(lambda: trueskill_replay(races))  # once: it takes its time
    names = [*works, "trueskill, drivers in races"]
    for name, seconds in zip(names, [*best, trueskill], strict=True):
        each = f"{1e3 * seconds / races.n_races:.3f} ms a race"
        say(f"{name:34} {1e3 * seconds:7.1f} ms   {each}")
    say(f"{'memory at the peak of all four':34} {peak_mb(histories):7.1f} MB")
    met = [
        report("all four as fast as openskill", openskill / four, LEAST_RATIO),
        report("as fast as trueskill", trueskill / four, LEAST_RATIO_TRUESKILL),
    ]
    return 0 if all(met) and four <= MOST_SECONDS else 1


def report(name: str, ratio: float, least: float) -> bool:
    verdict = "" if ratio >= least else "  MISSED"
    say(f"{name:34} {ratio:7.1f} x  (at least {least:g}){verdict}")
    return ratio >= least


def histories_of(archive: str | None) -> dict[str, "History"]:
    """The record as arrays, from the archive or else from the starter record."""
    from ingestion.services import import_archive, load_starter
    from ratings.rows import read_record

    if archive:
        import_archive(location=archive)
    else:
        load_starter()
    return read_record().histories


def our_replay(**histories: "History") -> None:
    from ratings.config import CONFIGS
    from ratings.elo import replay

    replay(histories, CONFIGS)


def openskill_replay(history: "History") -> None:
    from openskill.models import PlackettLuce

    model = PlackettLuce()
    rate_drivers(history, model.rating, model.rate)


def trueskill_replay(history: "History") -> None:
    from trueskill import TrueSkill

    world = TrueSkill()
    rate_drivers(history, world.create_rating, world.rate)


def rate_drivers(
    history: "History", new: Callable[[], Any], rate: Callable[..., list[Any]]
) -> None:
    ratings = [new() for _ in range(history.n_drivers)]
    edges, ranks = history.offsets.tolist(), history.rank.astype(float).tolist()
    drivers = history.driver.tolist()
    for begin, end in pairwise(edges):
        field = drivers[begin:end]
        if len(field) < 2:
            continue
        teams = [[ratings[driver]] for driver in field]
        rated = rate(teams, ranks=ranks[begin:end])
        for driver, (rating,) in zip(field, rated, strict=True):
            ratings[driver] = rating


def peak_mb(histories: dict[str, "History"]) -> float:
    """Memory that a replay of all needs beside its input, at most."""
    tracemalloc.start()
    our_replay(**histories)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


if __name__ == "__main__":
    sys.exit(main())
