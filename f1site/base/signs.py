"""Signs of life of processes that no page can ask."""

import time
from typing import Final

from django.core.cache import cache

BEAT: Final = "beat"
WORKER: Final = "worker"
#: A silence longer than this is one of somebody who never was.
KEPT_S = 7 * 24 * 3600


def name(who: str) -> str:
    """What the sign is kept under."""
    return f"sign-of-{who}"


def note(who: str) -> None:
    cache.set(name(who), time.time(), KEPT_S)


def age_s(who: str) -> float | None:
    """Seconds since the last sign; None where there is none, or no cache."""
    seen = cache.get(name(who))
    return None if seen is None else max(0.0, time.time() - float(seen))
