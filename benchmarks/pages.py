"""Requests per second of pages beside those of bare views, in one run.

    ./run bench pages [--rounds 3] [--seconds 5]

The starter record with its first forecasts is served as ./run serves it, by two
workers. The reference is a Django view without middleware or database that returns a
constant of the size of the page, served by the same gunicorn. `wrk` asks each through
16 connections, by turns; an answer other than 200 fails the run.

Where the whole answer is not kept, three cases are told apart: addresses that nobody
asked for before (the page is put together from blocks that are kept for the data
version), the same for a reader who is signed in, and all keeping switched off.
"""

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks._scratch import parser_of, say
from benchmarks._wrk import has_wrk, wrk
from f1site.testing.serving import (
    get,
    on_scratch,
    scratch_database,
    serving,
    session_of,
)

NOW = "2025-03-10T12:00Z"
N_CONNECTIONS = 16
ROUNDS = 3
SECONDS = 5
LEAST_KEPT, LEAST_DRAWN = 0.4, 0.15
RACE = "/races/2025/1/"


@dataclass(frozen=True)
class Task:
    what: str
    path: str
    server: str
    least: float | None
    is_new: bool = False  # an address of its own for each request
    is_signed_in: bool = False


TASKS = (
    Task("home, kept", "/", "site", LEAST_KEPT),
    Task("race, kept", RACE, "site", LEAST_KEPT),
    Task("ratings, kept", "/ratings/", "site", LEAST_KEPT),
    Task("race, put together", RACE, "site", LEAST_DRAWN, is_new=True),
    Task("race, for a signed-in reader", RACE, "site", None, is_signed_in=True),
    Task("race, nothing kept at all", RACE, "cold", None),
)


def main() -> int:
    """Measure, print, and fail when a goal is missed or an answer is no 200."""
    asked = _asked()
    if not has_wrk():
        return 1
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"F1_NOW": NOW, "VAR_DIR": var, "WEB_WORKERS": "2"}
        with scratch_database():
            from django.core.management import call_command

            call_command("prepare")
            return _measure(asked, Path(var))


def _asked() -> argparse.Namespace:
    parser = parser_of(str(__doc__), ROUNDS)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each turn")
    return parser.parse_args()


def _measure(asked: argparse.Namespace, var: Path) -> int:
    with ExitStack() as servers:
        app = "f1site.wsgi:application"
        site = servers.enter_context(serving(app, var / "site", on_scratch()))
        cold = on_scratch() | {"PAGE_CACHE_S": "0"}
        urls = {"site": site}
        urls["cold"] = servers.enter_context(serving(app, var / "cold", cold))
        sizes = {task.path: len(get(site + task.path)) for task in TASKS}
        bare = servers.enter_context(
            serving("benchmarks._bare:application", var / "bare", _bare(sizes))
        )
        cookie = f"sessionid={session_of('viewer')}"
        say(f"{'':38} {'req/s':>8} {'of bare':>8} {'p95':>9}   at 16 connections")
        met = True
        for task in TASKS:
            url, size = urls[task.server] + task.path, sizes[task.path]
            sent = cookie if task.is_signed_in else ""
            met &= _compared(asked, task, url, f"{bare}/{size}", sent)
    return 0 if met else 1


def _compared(
    asked: argparse.Namespace,
    task: Task,
    url: str,
    bare: str,
    cookie: str,
) -> bool:
    """Whether the goal is met; page and reference by turns, the median of each."""
    turns = [
        (
            wrk(bare, asked.seconds, connections=N_CONNECTIONS),
            wrk(
                url,
                asked.seconds,
                connections=N_CONNECTIONS,
                headers={"Cookie": cookie} if cookie else {},
                is_new=task.is_new,
            ),
        )
        for _ in range(asked.rounds)
    ]
    ratio = statistics.median(page.per_second / ref.per_second for ref, page in turns)
    for what, speeds, shown in (
        ("  bare view of its size", [ref for ref, _ in turns], ""),
        (task.what, [page for _, page in turns], f"{ratio:.2f}"),
    ):
        rate = statistics.median(speed.per_second for speed in speeds)
        p95 = statistics.median(speed.p95_ms for speed in speeds)
        say(f"{what:38} {rate:8.0f} {shown:>8} {p95:6.1f} ms")
    if task.least is None:
        return True
    if ratio < task.least:
        say(f"  missed: at least {task.least:.2f} of the bare view")
    return ratio >= task.least


def _bare(sizes: dict[str, int]) -> dict[str, str]:
    return os.environ | {"SIZES": " ".join(map(str, sizes.values()))}


if __name__ == "__main__":
    sys.exit(main())
