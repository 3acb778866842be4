"""How many connections to the database a process holds, told after each piece of work.

Without a pool, as in embedded mode, all of it is nought.
"""

from typing import Any

from celery.signals import task_postrun
from django.core.signals import request_finished
from django.db import connection
from prometheus_client import Gauge

#: State → what the pool calls it.
STATES = {"open": "pool_size", "idle": "pool_available", "most": "pool_max"}
connections = Gauge(
    "f1_database_pool_connections",
    "Connections in the pools of all processes: open, idle, and at most",
    ["state"],
    multiprocess_mode="livesum",
)
waiting = Gauge(
    "f1_database_pool_waiting",
    "Requests that wait for a connection",
    multiprocess_mode="livesum",
)


def tell(**signal: Any) -> None:
    pool = getattr(connection, "pool", None)
    stats = pool.get_stats() if pool else {}
    for state, name in STATES.items():
        connections.labels(state).set(stats.get(name, 0))
    waiting.set(stats.get("requests_waiting", 0))


def keep_telling() -> None:
    request_finished.connect(tell, dispatch_uid="f1site.pool")
    task_postrun.connect(tell, dispatch_uid="f1site.pool")
