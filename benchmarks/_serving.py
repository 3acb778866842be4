"""Gunicorn as the site is served, and `wrk` that asks it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks._scratch import say

PATIENCE_S = 120
#: More than anybody asks for in a run; what is measured is the answer.
NO_LIMITS = {"RATE_LIMIT_PER_MINUTE": "100000000", "RATE_LIMIT_BURST": "100000000"}

#: What wrk says at the end, and a count of what was no 200.
SCRIPT = """
function setup(thread) the_thread = thread end
function init() bad, n = 0, 0 end
function request()
  n = n + 1
  return wrk.format("GET", NEW and (wrk.path .. "?new=" .. STAMP .. n) or wrk.path)
end
function response(status) if status ~= 200 then bad = bad + 1 end end
function done(summary, latency)
  local e = summary.errors
  local failed = the_thread:get("bad") + e.connect + e.read + e.write + e.timeout
  io.write(string.format('\\n{"n": %d, "us": %d, "failed": %d, "p95_us": %d}\\n',
    summary.requests, summary.duration, failed, latency:percentile(95)))
end
"""


@dataclass(frozen=True)
class Speed:
    per_second: float
    p95_ms: float


def has_wrk() -> bool:
    found = shutil.which("wrk") is not None
    if not found:
        say("wrk is needed: apt-get install wrk")
    return found


def wrk(
    url: str,
    seconds: int,
    *,
    connections: int,
    headers: dict[str, str] | None = None,
    is_new: bool = False,
) -> Speed:
    """Ask for some seconds; an answer other than 200 ends the run."""
    script = Path(os.environ["VAR_DIR"]) / "count.lua"
    known = f'NEW, STAMP = {str(is_new).lower()}, "{time.monotonic_ns()}-"\n'
    script.write_text(known + SCRIPT)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["-s", str(script)]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    told = subprocess.run(  # noqa: S603 - of our own making
        [*command, url], check=True, capture_output=True, text=True
    )
    found = json.loads(told.stdout.splitlines()[-1])
    if found["failed"] or not found["n"]:
        raise SystemExit(f"{url}: {found['failed']} of {found['n']} requests failed")
    return Speed(found["n"] / found["us"] * 1e6, found["p95_us"] / 1000)


@contextmanager
def serving(app: str, var: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a gunicorn of its own, with the workers of the site."""
    figures = var / "figures"
    figures.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*free.getsockname())
    command = [sys.executable, "-m", "gunicorn", app, "-c", "deploy/gunicorn.py"]
    process = subprocess.Popen(  # noqa: S603 - our own server
        [*command, "--bind", address, "--log-level", "error"],
        env=environment | {"PROMETHEUS_MULTIPROC_DIR": str(figures)},
    )
    try:
        _wait_for(address)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def on_scratch() -> dict[str, str]:
    """Our environment, on the scratch database."""
    from django.db import connection

    parts = urlsplit(os.environ["DATABASE_URL"])
    path = f"/{connection.settings_dict['NAME']}"
    return os.environ | {"DATABASE_URL": urlunsplit(parts._replace(path=path))}


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310
        return bytes(answer.read())
