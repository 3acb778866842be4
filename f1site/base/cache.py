"""A Redis cache that makes the site slower, never broken, when Redis is down."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

from f1site.base.metrics import cache_operations

log = logging.getLogger(__name__)


def _fail_open(name: str, fallback: Callable[..., Any]) -> Callable[..., Any]:
    """The cache operation of that name, with an answer for when Redis is away."""
    operation = getattr(RedisCache, name)

    def guarded(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return operation(self, *args, **kwargs)
        except RedisError as error:
            log.warning("cache out of reach: %s", type(error).__name__)
            cache_operations.labels(name, "redis", "unreachable").inc()
            return fallback(*args, **kwargs)

    guarded.__name__ = name
    return guarded


class OneClient(RedisCacheClient):
    """A client for all commands: to make one takes as long as to ask it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[object, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        server = self._get_connection_pool_index(write)  # type: ignore[attr-defined]
        if server not in self._clients:
            self._clients[server] = super().get_client(key, write=write)
        return self._clients[server]


class FailOpenRedisCache(RedisCache):
    """Misses instead of errors, as long as Redis is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient

    get = _fail_open("get", lambda key, default=None, version=None: default)
    get_many = _fail_open("get_many", lambda *args, **kwargs: {})
    has_key = _fail_open("has_key", lambda *args, **kwargs: False)
    set = _fail_open("set", lambda *args, **kwargs: None)
    set_many = _fail_open("set_many", lambda *args, **kwargs: [])
    add = _fail_open("add", lambda *args, **kwargs: True)
    touch = _fail_open("touch", lambda *args, **kwargs: False)
    delete = _fail_open("delete", lambda *args, **kwargs: False)
    delete_many = _fail_open("delete_many", lambda *args, **kwargs: None)
    clear = _fail_open("clear", lambda *args, **kwargs: False)
    incr = _fail_open("incr", lambda key, delta=1, version=None: delta)
