"""What the limit of the API lets through, asked by fifty threads of two processes.

    ./run bench limits [--seconds 60]

The site is served as ./run serves it, by two workers, with the limits that it has by
default: 60 requests at once and 30 a minute. Fifty threads ask without a pause. The run
fails when more pass than a burst and the rate allow, when fewer than 95 % of that do,
or when an answer is neither 200 nor a 429 that says when to ask again.
"""

import argparse
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import redis

from benchmarks._scratch import parser_of, say
from f1site.testing.serving import SITE, get, on_scratch, scratch_database, serving

N_THREADS = 50
BURST, PER_MINUTE = 60, 30
SECONDS = 60
PATH = "/api/v1/seasons/"
#: What becomes of threads that ask without a pause.
PASSED, REFUSED = 200, 429


def main() -> int:
    asked = _asked()
    with tempfile.TemporaryDirectory() as var:
        limits = {"RATE_LIMIT_PER_MINUTE": PER_MINUTE, "RATE_LIMIT_BURST": BURST}
        os.environ |= {name: str(value) for name, value in limits.items()}
        os.environ |= {"VAR_DIR": var, "WEB_WORKERS": "2"}
        with (
            scratch_database(),
            serving(SITE, Path(var) / "site", on_scratch()) as site,
        ):
            get(f"{site}/health/live")
            return _measure(f"{site}{PATH}", asked.seconds)


def _asked() -> argparse.Namespace:
    parser = parser_of(str(__doc__), rounds=1)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    return parser.parse_args()


def _measure(url: str, seconds: int) -> int:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        for key in client.scan_iter("bucket:*"):
            client.delete(key)
    began = time.monotonic()
    until = began + seconds
    with ThreadPoolExecutor(N_THREADS) as pool:
        counts = sum(pool.map(lambda _: _ask(url, until), range(N_THREADS)), Counter())
    elapsed = time.monotonic() - began
    most = BURST + PER_MINUTE * elapsed / 60
    least = BURST + 0.95 * PER_MINUTE * seconds / 60
    say(f"{counts[PASSED]} of {counts.total()} passed in {elapsed:.1f} s")
    say(f"  {BURST} at once and {PER_MINUTE} a minute: {least:.1f} to {most:.1f}")
    met = set(counts) <= {PASSED, REFUSED} and least <= counts[PASSED] <= most
    if not met:
        say(f"  missed: {dict(counts)}")
    return 0 if met else 1


def _ask(url: str, until: float) -> Counter[int]:
    """Answers by status; a refusal without a time to wait counts as none."""
    counts: Counter[int] = Counter()
    while time.monotonic() < until:
        try:
            get(url)
            status = PASSED
        except urllib.error.HTTPError as refusal:
            waits = int(refusal.headers.get("Retry-After", 0))
            status = refusal.code if waits > 0 else 0
            refusal.close()
        counts[status] += 1
    return counts


if __name__ == "__main__":
    sys.exit(main())
