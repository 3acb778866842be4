"""How often a task was begun without ending: its process died at it.

Celery gives such a task back to the queue for ever. So its beginnings are counted in
Redis, beside its message: what Redis forgets of the two, it forgets together.
"""

from contextlib import suppress
from typing import Final

import redis

from f1site.base import outbox

MOST: Final = 3
#: Longer than any task takes, however often it is begun.
KEPT_S: Final = 24 * 3600
KILLED: Final = (
    f"Its process was killed {MOST} times at it, as where memory runs out or a library"
    " crashes. It is not tried again: look into the log of the worker and at the memory"
    " of its machine, then send for it anew"
)
TOO_LONG: Final = (
    "It took longer than {} s, did not stop by itself and was killed. It is not tried"
    " again: look into the log of the worker for what held it up, then send for it anew"
)


class GivenUpError(Exception):
    """A task is not begun again, and why."""


def begin(task_id: str) -> None:
    """Count a beginning.

    Raises
    ------
    GivenUpError : it died too often, or ran into its limit
    """
    n_begun, why = _count(task_id, 1)
    if why or n_begun > MOST:
        raise GivenUpError(why or KILLED)


def end(task_id: str) -> None:
    """It ended somehow, at least in being told to stop: that was no death."""
    _count(task_id, -1)


def note_limit(task_id: str, limit_s: float) -> None:
    """It was killed at its limit: who gets it next tells so, and begins nothing."""
    _count(task_id, 0, TOO_LONG.format(limit_s))


def _count(task_id: str, by: int, why: str = "") -> tuple[int, str]:
    """How many beginnings have no end, and why there are to be no more."""
    key = f"beginnings:{task_id}"
    with suppress(redis.RedisError), outbox.queue_server() as client:
        steps = client.pipeline()
        if why:
            steps.hset(key, "why", why)
        steps.hincrby(key, "n", by).hget(key, "why").expire(key, KEPT_S)
        *_, n_begun, found, _ = steps.execute()
        return n_begun, (found or b"").decode()
    return 0, ""
