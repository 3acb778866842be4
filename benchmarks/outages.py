"""Redis and Postgres are killed under load; what readers of all pages get meanwhile.

    ./run bench outages [--rounds 20] [--seconds 30] [--only redis|postgres]

Servers, record and site of its own, the site as production runs it: gunicorn with its
workers, a pool of connections, no debug. Readers ask every public page in turn, half of
the times under an address that nobody asked for, so that it is drawn and not kept.

Redis is killed with -9 and stays away for 30 seconds: every page must be 200. Postgres
is killed with -9 twenty times, each time started again after a second or two: meanwhile
an answer is 200 or 503 with Retry-After, never a trace; once it takes connections, at
most one answer in all may be anything but 200, and the first 200 comes within two
seconds.
"""

import argparse
import contextlib
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks._scratch import parser_of, say
from f1site.embedded.state import State
from f1site.embedded.supervisor import Lease, servers
from f1site.entrance.checks import production
from f1site.entrance.places import MANAGE, ROOT
from f1site.testing.serving import NO_LIMITS, SITE, serving

NOW = "2025-03-10T12:00Z"
SEED = 1
N_READERS = 4
PATIENCE_S = 60.0
#: What an answer may not hold, whatever its status.
TRACES = (b"Traceback", b"psycopg", b"OperationalError", b"django.db")
#: An answer is late by this much where it says that the database is away.
NOTICED_S = 2.0


@dataclass(frozen=True)
class Answer:
    """What a reader got, and when it was asked for and there."""

    path: str
    asked: float
    there: float
    status: int
    can_retry: bool
    has_trace: bool

    @property
    def ms(self) -> float:
        return (self.there - self.asked) * 1000


@dataclass
class Readers:
    """Threads that ask page after page until told to stop."""

    url: str
    paths: list[str]
    answers: list[Answer] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, number: int) -> None:
        turn = random.Random(SEED + number)  # noqa: S311 - the same on every run
        while not self.over.is_set():
            path = turn.choice(self.paths)
            if turn.random() < 0.5:
                mark = "&" if "?" in path else "?"
                path = f"{path}{mark}new={turn.getrandbits(48)}"
            self.answers.append(ask(self.url, path))

    @contextmanager
    def reading(self) -> Iterator[list[Answer]]:
        self.answers, self.over = [], threading.Event()
        threads = [
            threading.Thread(target=self.read, args=(number,))
            for number in range(N_READERS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self.answers
        finally:
            self.over.set()
            for thread in threads:
                thread.join()


def ask(url: str, path: str) -> Answer:
    request = urllib.request.Request(  # noqa: S310 - our own server
        url + path,
        headers={
            "Host": "example.org",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.1",
        },
    )
    asked = time.monotonic()
    status, headers, body = 0, {}, b""
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            status, headers, body = answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        status, headers, body = error.code, dict(error.headers), error.read()
    except OSError:
        pass  # status 0: no answer at all
    has_trace = any(words in body for words in TRACES)
    there = time.monotonic()
    return Answer(path, asked, there, status, "Retry-After" in headers, has_trace)


def main() -> int:
    asked = _asked()
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        var.chmod(0o755)
        state = State(var / "servers")
        with servers(state) as lease, _site(lease, var) as (url, paths):
            readers = Readers(url, paths)
            for path in paths:  # each drawn once
                ask(url, path)
            if not paths:
                raise SystemExit("no pages were found")
            say(f"{len(paths)} pages, {N_READERS} readers")
            good = True
            if asked.only in (None, "redis"):
                good &= redis_away(lease, readers, asked.seconds)
            if asked.only in (None, "postgres"):
                good &= postgres_killed(lease, readers, asked.rounds)
    return 0 if good else 1


def _asked() -> argparse.Namespace:
    parser = parser_of(str(__doc__), 20)
    parser.add_argument("--seconds", type=int, default=30, help="without Redis")
    parser.add_argument("--only", choices=("redis", "postgres"))
    return parser.parse_args()


@contextmanager
def _site(lease: Lease, var: Path) -> Iterator[tuple[str, list[str]]]:
    """A production site on servers of its own, and the addresses of its pages."""
    environment = {**os.environ, **lease.environment(), **NO_LIMITS}
    environment |= {"VAR_DIR": str(var / "state"), "F1_NOW": NOW}
    environment["SECRET_KEY"] = secrets.token_urlsafe(50)  # some addresses are signed
    manage(environment, "prepare")
    lines = manage(environment, "shell", "-v", "0", "-c", PAGES)
    live = environment | production(environment) | {"STATIC_ROOT": str(var / "static")}
    live["SECRET_KEY"] = environment["SECRET_KEY"]
    manage(live, "collectstatic", "--noinput")
    with serving(SITE, var / "figures", live) as url:
        yield url, [line for line in lines.splitlines() if line.startswith("/")]


PAGES = """
from f1site.testing.examples import SIGNED_IN, examples
from django.test import Client
for name, addresses in examples().items():
    for address in addresses:
        if Client(headers={"host": "localhost"}).get(address).status_code == 200:
            print(address)
"""


def manage(environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(MANAGE), *words],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


# --- Redis --------------------------------------------------------------------
def redis_away(lease: Lease, readers: Readers, seconds: int) -> bool:
    with readers.reading() as answers:
        time.sleep(5)
        _kill(lease, "redis")
        gone = time.monotonic()
        time.sleep(seconds)
        back = time.monotonic()
        lease.revive()
        time.sleep(5)
    away = [one for one in answers if gone <= one.asked <= back]
    wrong = [one for one in answers if one.status != 200]
    say(f"Redis away for {seconds} s")
    say(f"  answers meanwhile {len(away):7d}, of all {len(answers)}")
    say(f"  not 200           {len(wrong):7d}   {_statuses(wrong)}")
    say(f"  p95 with Redis    {_p95([a for a in answers if a.there < gone]):7.0f} ms")
    say(f"  p95 without       {_p95(away):7.0f} ms")
    return bool(away) and not wrong


# --- Postgres -----------------------------------------------------------------
def postgres_killed(lease: Lease, readers: Readers, rounds: int) -> bool:
    moments = random.Random(SEED)  # noqa: S311 - the same on every run
    spans: list[tuple[float, float]] = []
    with readers.reading() as answers:
        for _ in range(rounds):
            time.sleep(moments.uniform(1.5, 3.0))
            gone = time.monotonic()
            _kill(lease, "postgres")
            time.sleep(moments.uniform(1.0, 2.5))
            lease.revive()
            spans.append((gone, _accepting(lease)))
        time.sleep(5)
    return _judged(answers, spans)


def _judged(answers: list[Answer], spans: list[tuple[float, float]]) -> bool:
    """An answer belongs to an outage when it was under way during it."""
    during = [
        one
        for one in answers
        if any(gone <= one.there and one.asked <= back for gone, back in spans)
    ]
    met = set(map(id, during))
    bad = [one for one in during if one.status not in (200, 503)]
    blunt = [one for one in during if one.status == 503 and not one.can_retry]
    traces = [one for one in answers if one.has_trace]
    stray = [one for one in answers if id(one) not in met and one.status != 200]
    slow = [one.ms for one in during if one.status == 503]
    waits = [_first_good(answers, back) for _, back in spans]
    say(f"Postgres killed {len(spans)} times")
    n_away = sum(one.status == 503 for one in during)
    say(f"  answers in outages   {len(during):6d}, {n_away} of them 503")
    say(f"  neither 200 nor 503  {len(bad):6d}   {_statuses(bad)}")
    say(f"  503 w/o Retry-After  {len(blunt):6d}")
    say(f"  with a trace         {len(traces):6d}")
    say(f"  stray after its end  {len(stray):6d}   {_statuses(stray)}")
    say(f"  503 told after       {max(slow, default=0):6.0f} ms at the most")
    say(f"  first 200 after      {max(waits) * 1000:6.0f} ms at the most")
    is_prompt = max(slow, default=0) <= NOTICED_S * 1000 and max(waits) <= NOTICED_S
    return not (bad or blunt or traces) and len(stray) <= 1 and is_prompt


def _first_good(answers: list[Answer], back: float) -> float:
    """Seconds to the first page that was asked of the database again."""
    good = [one.there for one in answers if one.status == 200 and "new=" in one.path]
    return min((there for there in good if there >= back), default=back + 99) - back


def _accepting(lease: Lease) -> float:
    """When the server lets somebody in."""
    url = lease.environment()["DATABASE_URL"]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error):
            psycopg.connect(url).close()
            return time.monotonic()
        time.sleep(0.01)
    raise SystemExit("Postgres did not come back")


def _kill(lease: Lease, name: str) -> None:
    (server,) = (one for one in lease.servers if one.name == name)
    leader = server.leader()
    if leader is None:
        raise SystemExit(f"{name} has no process to kill")
    os.kill(leader, signal.SIGKILL)


def _p95(answers: list[Answer]) -> float:
    times = sorted(one.ms for one in answers)
    return times[int(len(times) * 0.95)] if times else float("nan")


def _statuses(answers: list[Answer]) -> str:
    found = sorted({f"{one.status} {one.path.partition('?')[0]}" for one in answers})
    return ", ".join(found[:6])


if __name__ == "__main__":
    sys.exit(main())
