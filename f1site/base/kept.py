"""What was drawn once and holds for a data version, kept in the cache."""

import hashlib
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache

from f1site.base import changes, clock
from f1site.base.metrics import cache_operations

#: What is kept of one version and one stretch of time; a robot that makes up
#: addresses must not fill the memory that the jobs live in.
MOST: Final = 500

#: What this process used of late, without a way to Redis; names hold the version.
_near: dict[str, Any] = {}
MOST_NEAR: Final = 64

#: Kind to the last era of which no more is kept; it is not counted on.
_full: dict[str, str] = {}


def era() -> str | None:
    """What holds now: the data, the program, the stretch of time; None: keep nothing.

    What is kept is drawn anew every ``PAGE_CACHE_S`` seconds, as the clock goes on
    where the data stand still.
    """
    if not settings.PAGE_CACHE_S:
        return None
    version = changes.recent_version()
    stretch = int(clock.now().timestamp()) // settings.PAGE_CACHE_S
    return f"{settings.VERSION}:{version}:{stretch}"


def find(kind: str, key: str) -> Any:
    """What was kept under the key, a text of any kind and length, or None."""
    name = _name(kind, key)
    found = _near.get(name)
    if found is None:
        found = cache.get(name)
        if found is not None:
            _stay_near(name, found)
    _count("get", kind, "miss" if found is None else "hit")
    return found


def keep(kind: str, era: str, key: str, value: Any) -> None:
    if _has_room(kind, era):
        name = _name(kind, key)
        cache.set(name, value, timeout=2 * settings.PAGE_CACHE_S)
        _stay_near(name, value)
        _count("set", kind, "stored")
    else:
        _count("set", kind, "full")


def _name(kind: str, key: str) -> str:
    return f"{kind}:{hashlib.sha256(key.encode()).hexdigest()}"


def _stay_near(name: str, value: Any) -> None:
    if len(_near) >= MOST_NEAR:
        _near.clear()
    _near[name] = value


def _has_room(kind: str, era: str) -> bool:
    if _full.get(kind) == era:
        return False
    counter = f"{kind}:n:{era}"
    try:
        n = int(cache.incr(counter))
    except ValueError:  # nothing counted so far
        cache.add(counter, 1, timeout=2 * settings.PAGE_CACHE_S)
        n = 1
    if n > MOST:
        _full[kind] = era
    return n <= MOST


def _count(operation: str, kind: str, status: str) -> None:
    cache_operations.labels(operation, kind, status).inc()
