"""Signs of life of processes that no page can ask."""

import time
from typing import Final

from django.core.cache import cache

BEAT: Final = "beat"
KEPT_S = 600


def note(who: str) -> None:
    cache.set(f"sign-of-{who}", time.time(), KEPT_S)


def age_s(who: str) -> float | None:
    """Seconds since the last sign; None where there is none, or no cache."""
    seen = cache.get(f"sign-of-{who}")
    return None if seen is None else max(0.0, time.time() - float(seen))
