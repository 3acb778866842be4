"""Signs of life of processes that no page can ask."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.cache import cache

from f1site.base.work import QUEUES

BEAT: Final = "beat"
WORKER: Final = "worker"
#: Who has said nothing for longer is silent.
SILENT_S: Final = 60
#: A silence longer than this is one of somebody who never was.
KEPT_S = 7 * 24 * 3600


def name(who: str) -> str:
    """What the sign is kept under."""
    return f"sign-of-{who}"


def of_queue(queue: str) -> str:
    """Whoever serves the queue."""
    return f"{WORKER}-of-{queue}"


def note(*who: str) -> None:
    now = time.time()
    cache.set_many({name(one): now for one in who}, KEPT_S)


def note_worker(queues: Iterable[str]) -> None:
    """Of a worker: to the site, and to whoever looks after the container."""
    note(WORKER, *map(of_queue, queues))
    if settings.WORKER_SIGN_FILE:
        Path(settings.WORKER_SIGN_FILE).touch()


def age_s(who: str) -> float | None:
    """Seconds since the last sign; None where there is none, or no cache."""
    return _age_s(cache.get(name(who)))


def served() -> dict[str, bool | None]:
    """Queue → whether a worker of it lives; None where none ever was, or no cache."""
    kept = cache.get_many([name(of_queue(queue)) for queue in QUEUES])
    ages = {queue: _age_s(kept.get(name(of_queue(queue)))) for queue in QUEUES}
    return {
        queue: None if age is None else age <= SILENT_S for queue, age in ages.items()
    }


def _age_s(seen: float | None) -> float | None:
    return None if seen is None else max(0.0, time.time() - float(seen))
