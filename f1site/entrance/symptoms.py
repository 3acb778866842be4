"""What ``./run doctor`` asks of servers, of the running site, and of its logs."""

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

from f1site import environment
from f1site.entrance import record
from f1site.entrance.address import Address
from f1site.entrance.places import ROOT, var_folder
from f1site.entrance.say import Trouble
from f1site.entrance.system import NO_BROWSER, find_browser

OLDEST_POSTGRES = 15  # with NULLS NOT DISTINCT, which the constraints need
TAIL = 200_000  # bytes of a log that are looked at
ERROR = re.compile(r" (ERROR|CRITICAL) |\"level\": \"(error|critical)\"")
DAY_S = 86_400
#: Port of what, its setting, and what happens where it is taken.
PORTS = (
    ("Flower", "FLOWER_PORT", 5555, "the site starts without Flower"),
    ("figures of the worker", "WORKER_METRICS_PORT", 9091, "nobody can read them"),
)
#: What a log says → what to do.
REMEDIES = (
    ("No space left on device", "free some space on the disk"),
    ("out of reach", "the database was away; ./run status tells whether it is back"),
    ("too many clients", "lower DATABASE_POOL_SIZE or raise max_connections"),
    ("cache out of reach", "Redis was away; ./run status tells whether it is back"),
    ("SourceUnavailable", "the source did not answer; the next turn tries again"),
    ("MemoryError", "the machine has too little memory for training; 2 GB will do"),
)


def clock() -> str:
    """Forecasts are sealed by it, sources and second factors go by it."""
    newest = max(path.stat().st_mtime for path in (ROOT / "run", ROOT / "CHANGELOG.md"))
    if time.time() < newest - DAY_S:
        raise Trouble(
            "The clock of this machine is behind: its own files are from the future."
            " Set it, as with: timedatectl set-ntp true"
        )
    if given := os.environ.get("F1_NOW"):
        return f"stopped by F1_NOW at {given}"
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())


def other_ports() -> str:
    """None of them keeps the site from starting."""
    if record.in_charge():
        return "held by the site that is up"
    return "; ".join(_port(*one) for one in PORTS)


def _port(what: str, name: str, default: int, otherwise: str) -> str:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > 65535:
        raise Trouble(f"{name} is {text!r}; it must be a number up to 65535.")
    if text == "0":
        return f"{what}: off"
    try:
        Address("127.0.0.1", int(text)).try_to_bind()
    except OSError:
        return f"{what}: {text} is taken, {otherwise}; {name} names another"
    return f"{what}: {text} is free"


def browser() -> str:
    return find_browser() or f"tests in a browser are left out. {NO_BROWSER}"


def named_servers() -> str:
    """Those that DATABASE_URL and REDIS_URL name."""
    told = []
    try:
        if url := environment.server("DATABASE_URL", os.environ):
            told.append(_postgres(url))
        if url := environment.server("REDIS_URL", os.environ):
            told.append(_redis(url))
    except environment.Unreadable as error:
        raise Trouble(f"{error}.") from None
    return ", ".join(told) or "none named"


def _postgres(url: str) -> str:
    try:
        with psycopg.connect(url, connect_timeout=2) as database:
            version = database.info.server_version // 10000
    except psycopg.Error as error:
        why = str(error).strip().splitlines()[-1]
        raise Trouble(
            f"The database of DATABASE_URL does not let us in: {why}\nStart it, or"
            " mend DATABASE_URL; without it ./run brings its own."
        ) from None
    if version < OLDEST_POSTGRES:
        raise Trouble(
            f"The database is Postgres {version}; {OLDEST_POSTGRES} is the oldest that"
            " will do. Upgrade it, or unset DATABASE_URL."
        )
    return f"Postgres {version} answers"


def _redis(url: str) -> str:
    try:
        limits = {"socket_connect_timeout": 2, "socket_timeout": 2}
        with redis.Redis.from_url(url, **limits) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Trouble(
            f"The Redis of REDIS_URL does not answer ({type(error).__name__}). Start"
            " it, or mend REDIS_URL (REDIS_PASSWORD); without it ./run brings its own."
        ) from None
    return "Redis answers"


# --- the running site ---------------------------------------------------------
def health() -> str:
    """What the site that is up says of itself."""
    site = record.in_charge()
    if site is None or not site.ready:
        return "not asked: the site is not up"
    checks = {**_asked(f"{site.url}health"), **_asked(f"{site.url}health/ready")}
    if wrong := list(_wrong(checks)):
        raise Trouble("\n".join(wrong))
    return ", ".join(f"{name} {one['status']}" for name, one in checks.items())


def _asked(url: str) -> dict[str, dict[str, Any]]:
    body = b""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - ours
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError as error:
        raise Trouble(
            f"{url} does not answer ({error}). Start again: ./run stop, then ./run."
        ) from None
    with suppress(ValueError):
        return dict(json.loads(body)["checks"])
    raise Trouble(f"{url} does not say how the site is; see {_logs() / 'web.log'}.")


def _wrong(checks: dict[str, dict[str, Any]]) -> Iterator[str]:
    web, worker = _logs() / "web.log", _logs() / "worker.log"
    unserved = ", ".join(checks.get("queues", {}).get("unserved", ()))
    remedies = {
        ("database", "down"): f"The database is down; it is started again. See {web}",
        ("redis", "down"): "Redis is down; it is started again within a second.",
        ("worker", "silent"): f"No worker gives a sign of life. See {worker}",
        ("queues", "unserved"): f"No worker serves {unserved}; see {_logs()}",
        ("beat", "silent"): f"The schedule stands still. See {_logs() / 'beat.log'}",
        ("migrations", "pending"): "The database is older than the program: start"
        " again, or ./run manage migrate",
    }
    for name, one in checks.items():
        if words := remedies.get((name, one.get("status", ""))):
            yield words


# --- what was written -----------------------------------------------------------
def last_errors() -> str:
    """The newest error of each log, and what to do where that is known."""
    found = [words for path in sorted(_logs().glob("*.log")) if (words := _last(path))]
    return "\n".join(found) or "none"


def _last(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        text = file.read().decode(errors="replace")
    lines = text.splitlines()
    at = [number for number, line in enumerate(lines) if ERROR.search(line)]
    if not at:
        return ""
    after = "\n".join(lines[at[-1] :])
    known = [remedy for words, remedy in REMEDIES if words in after]
    remedy = f"\n  → {known[0]}" if known else f"\n  → the whole story is in {path}"
    return f"{path.stem}: {lines[at[-1]][:160]}{remedy}"


def _logs() -> Path:
    return var_folder() / "dev" / "logs"
