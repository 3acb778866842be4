"""Requests per second of the API beside those of a bare view, in one run.

    ./run bench api [--rounds 3] [--seconds 5]

The result of a race from the starter record, served as ./run serves it, by two
workers: kept for the data version, and computed each time (`PAGE_CACHE_S=0`). The
reference is a view of REST framework without middleware that reads the same rows in one
query through a ModelSerializer, served by the same gunicorn. `wrk` asks each through 1,
16 and 64 connections, by turns; an answer other than 200 fails the run, and the rate
limits are raised for it.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks._scratch import parser_of, say
from benchmarks._wrk import Speed, has_wrk, wrk
from f1site.testing.serving import (
    NO_LIMITS,
    SITE,
    get,
    on_scratch,
    scratch_database,
    serving,
)

NOW = "2025-03-10T12:00Z"
CONNECTIONS = (1, 16, 64)
ROUNDS = 3
SECONDS = 5
LEAST = {"computed": 0.6, "kept": 1.4}
RACE = 2024_022
PATH = "/api/v1/races/2024/22/results/"
N_ROWS = 20


def main() -> int:
    """Measure, print, and fail when a goal is missed or an answer is no 200."""
    asked = _asked()
    if not has_wrk():
        return 1
    with tempfile.TemporaryDirectory() as var:
        settings = {"F1_NOW": NOW, "VAR_DIR": var, "WEB_WORKERS": "2"}
        os.environ |= settings | NO_LIMITS
        with scratch_database():
            from ingestion.services import load_starter

            load_starter()
            return _measure(asked, Path(var))


def _asked() -> argparse.Namespace:
    parser = parser_of(str(__doc__), ROUNDS)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each turn")
    return parser.parse_args()


def _measure(asked: argparse.Namespace, var: Path) -> int:
    with ExitStack() as servers:
        around = on_scratch()
        urls = {
            name: servers.enter_context(serving(SITE, var / name, around | settings))
            + PATH
            for name, settings in (("computed", {"PAGE_CACHE_S": "0"}), ("kept", {}))
        }
        bare = servers.enter_context(
            serving("benchmarks._bare_api:application", var / "bare", around)
        )
        bare = f"{bare}/{RACE}/"
        counts = [len(json.loads(get(url))["results"]) for url in urls.values()]
        if {*counts, len(json.loads(get(bare)))} != {N_ROWS}:
            raise SystemExit(f"not everybody answers {N_ROWS} rows")
        say(f"{'':30} {'req/s':>8} {'of bare':>8} {'p95':>9}")
        met = True
        for connections in CONNECTIONS:
            met &= _compared(asked, connections, bare, urls)
    return 0 if met else 1


def _compared(
    asked: argparse.Namespace, connections: int, bare: str, urls: dict[str, str]
) -> bool:
    """Whether the goals are met; all by turns, the median of each."""
    everybody = {"bare": bare, **urls}
    turns = [
        {
            name: wrk(url, asked.seconds, connections=connections)
            for name, url in everybody.items()
        }
        for _ in range(asked.rounds)
    ]
    met = True
    for name in everybody:
        ratio = statistics.median(
            turn[name].per_second / turn["bare"].per_second for turn in turns
        )
        _tell(f"{name}, {connections} connections", [t[name] for t in turns], ratio)
        if ratio < LEAST.get(name, 0):
            say(f"  missed: at least {LEAST[name]:.1f} of the bare view")
            met = False
    return met


def _tell(what: str, speeds: list[Speed], ratio: float) -> None:
    rate = statistics.median(speed.per_second for speed in speeds)
    p95 = statistics.median(speed.p95_ms for speed in speeds)
    say(f"{what:30} {rate:8.0f} {ratio:8.2f} {p95:6.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
