"""A connection that is kept is asked whether it lives once a second, not each time.

Where connections come from a pool, a request waits for a free one as long as
DATABASE_POOL_TIMEOUT says, but not for a server that is down: that is noticed within
two seconds.
"""
# mypy: allow-subclassing-any

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db.utils import OperationalError
from django_prometheus.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from f1site.base.postgres import pool

#: Who lost the server within this long of the last look is told so by the query itself;
#: that is an error, after which Django looks at once.
LOOK_EVERY_S: Final = 1.0
#: A server that lets nobody in within this counts as down.
PATIENCE_S: Final = 1.0
#: What a server says that is there and has no room.
FULL: Final = ("too many clients", "remaining connection slots", "too many connections")

_probes = ThreadPoolExecutor(max_workers=4, thread_name_prefix="database-probe")


class DatabaseWrapper(base.DatabaseWrapper):
    _looked_at = float("-inf")

    def close_if_health_check_failed(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            super().close_if_health_check_failed()
            if self.health_check_done:
                self._looked_at = now

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Of a pool: wait in turns, and between them see whether anybody is there."""
        deadline = time.monotonic() + settings.DATABASE_POOL_TIMEOUT
        while True:
            try:
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() >= deadline:
                    raise
                if not is_there(conn_params):
                    raise OperationalError("the database is out of reach") from None
            finally:
                pool.tell(self.pool)

    def _close(self) -> None:
        super()._close()
        pool.tell(self.pool)


def is_there(conn_params: dict[str, Any]) -> bool:
    """Whether the server lets us in, or would if it had room."""
    try:
        _probes.submit(_knock, conn_params).result(timeout=PATIENCE_S)
    except psycopg.Error as error:
        return any(words in str(error) for words in FULL)
    except TooLate:
        return False
    return True


def _knock(conn_params: dict[str, Any]) -> None:
    psycopg.connect(**conn_params, autocommit=True).close()
