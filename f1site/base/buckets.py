"""Token buckets in Redis: a burst at once, a steady rate for ever, for all processes.

A bucket holds ``burst`` tokens and gains ``per_minute`` of them; a request takes one
or is refused. Redis does the sum, by its own clock, so that no two processes spend
the same token.
"""

import logging
import math
from functools import cache
from typing import Final, NamedTuple

import redis
from django.conf import settings
from redis.commands.core import Script

log = logging.getLogger(__name__)

#: KEYS: the bucket of one caller. ARGV: tokens gained in a millisecond, most tokens,
#: how many to take of at least one. Answers whether there was one, and how many are
#: left, in thousandths.
TAKE: Final = """
local gain, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(found[1]) or most, tonumber(found[2]) or now
tokens = math.min(most, tokens + math.max(0, now - at) * gain)
local taken = 0
if tokens >= 1 then tokens, taken = tokens - tonumber(ARGV[3]), 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((most - tokens) / gain) + 1000)
return {taken, math.floor(tokens * 1000)}
"""


class Bucket(NamedTuple):
    """How much a caller may ask for; ``per_minute`` 0: as much as he likes."""

    name: str
    per_minute: int
    burst: int


class Taken(NamedTuple):
    """What became of one request; times in whole seconds, rounded up."""

    is_allowed: bool
    limit: int
    remaining: int
    retry_after: int
    reset: int  # until the bucket is full again


def bucket(name: str) -> Bucket:
    """The bucket of that name in the settings."""
    return Bucket(name, *settings.RATE_LIMITS[name])


def take(bucket: Bucket, caller: str, n: int = 1) -> Taken | None:
    """Take a token, or with ``n`` 0 only look whether there is one.

    None where nothing limits, and while Redis is away.
    """
    if not bucket.per_minute:
        return None
    gain = bucket.per_minute / 60_000
    try:
        taken, thousandths = _script()(
            keys=[f"bucket:{bucket.name}:{caller}"], args=[gain, bucket.burst, n]
        )
    except redis.RedisError as error:
        log.warning("nobody is limited, Redis is away: %s", type(error).__name__)
        return None
    left = thousandths / 1000
    return Taken(
        is_allowed=bool(taken),
        limit=bucket.burst,
        remaining=int(left),
        retry_after=0 if taken else math.ceil((1 - left) / gain / 1000),
        reset=math.ceil((bucket.burst - left) / gain / 1000),
    )


@cache
def _script() -> Script:
    """The script and a client of this process, which keeps its connections."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3
    )
    return client.register_script(TAKE)
