"""What waits for the workers."""

import json
from typing import Any, Final, NamedTuple

import redis
from django.conf import settings

from f1site.celery import app

#: Header of a task, seconds since the epoch, set as it is sent.
SENT_AT: Final = "sent_at"
TIMEOUTS: Final = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}
#: Kombu keeps a list for each priority, the first under the plain name.
PRIORITIES: Final = ("", "\x06\x163", "\x06\x166", "\x06\x169")


class Waiting(NamedTuple):
    """A queue: tasks in it, and for how long the oldest has waited, seconds."""

    name: str
    length: int
    oldest_age_s: float


def waiting(now: float) -> list[Waiting] | None:
    """All queues of the application; None while Redis is away."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **TIMEOUTS) as client:
            return [_look_at(client, name, now) for name in sorted(app.amqp.queues)]
    except redis.RedisError:
        return None


def _look_at(client: Any, name: str, now: float) -> Waiting:
    keys = [name + priority for priority in PRIORITIES]
    # Tasks are put in on the left and taken on the right.
    oldest = [client.lindex(key, -1) for key in keys]
    ages = [now - sent_at(message) for message in oldest if message]
    length = sum(int(client.llen(key)) for key in keys)
    return Waiting(name, length, max([0.0, *ages]))


def sent_at(message: bytes) -> float:
    """When a task was sent; of a stranger's nothing is known, which counts as never."""
    try:
        return float(json.loads(message)["headers"][SENT_AT])
    except (ValueError, KeyError, TypeError):
        return float("inf")
