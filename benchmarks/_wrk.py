"""`wrk`, which asks a site as often as it answers."""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks._scratch import say

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
