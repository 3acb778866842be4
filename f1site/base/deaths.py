"""How often a task was begun without ending: its process died at it.

Celery gives such a task back to the queue for ever. So its beginnings are kept in
Redis, beside its message, each by a token that goes when it ends: what is told twice
counts once.
"""

from contextlib import suppress
from typing import Final
from uuid import uuid4

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


#: Of this process: task → the token of its beginning.
_begun: dict[str, str] = {}


def begin(task_id: str) -> None:
    """Note a beginning.

    Raises
    ------
    GivenUpError : it died too often, or ran into its limit
    """
    token = _begun[task_id] = uuid4().hex
    with suppress(redis.RedisError), outbox.queue_server() as client:
        steps = client.pipeline()
        steps.sadd(_key(task_id), token).expire(_key(task_id), KEPT_S)
        steps.scard(_key(task_id)).get(_why(task_id))
        *_, n_begun, why = steps.execute()
        if why or n_begun > MOST:
            raise GivenUpError((why or b"").decode() or KILLED)


def end(task_id: str) -> None:
    """It ended somehow, at least in being told to stop: that was no death."""
    token = _begun.pop(task_id, None)
    for _ in range(2 if token else 0):  # a moment in which nobody answers is no death
        with suppress(redis.RedisError), outbox.queue_server() as client:
            client.srem(_key(task_id), token)
            return


def note_limit(task_id: str, limit_s: float) -> None:
    """It is killed at its limit: who gets it next tells so, and begins nothing."""
    with suppress(redis.RedisError), outbox.queue_server() as client:
        client.set(_why(task_id), TOO_LONG.format(limit_s), ex=KEPT_S)


def _key(task_id: str) -> str:
    return f"beginnings:{task_id}"


def _why(task_id: str) -> str:
    return f"given-up:{task_id}"
