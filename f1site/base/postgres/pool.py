"""What the pool of a process says of itself, told whenever a connection comes or goes.

It counts by itself who waits and how long; read at the end of a request alone, when the
connection is back, its state would look as if nobody ever waited. Without a pool, as in
embedded mode, all of it is nought.
"""

import os
import threading
from typing import Any, Final

from prometheus_client import Counter, Gauge

connections = Gauge(
    "f1_database_pool_connections",
    "Connections in the pools of all processes: open, used, and at most",
    ["state"],
    multiprocess_mode="livesum",
)
#: Shown as nought until somebody asks.
OPEN, USED, MOST = (connections.labels(state) for state in ("open", "used", "most"))
#: What the pool counts → what adds it up, and what one of the pool's is worth. A try
#: ends after half a second; who still has none tries again.
COUNTED: Final = {
    "requests_queued": (
        Counter("f1_database_pool_waits", "Tries that found no connection free"),
        1.0,
    ),
    "requests_errors": (
        Counter("f1_database_pool_timeouts", "Tries that ended without a connection"),
        1.0,
    ),
    "requests_wait_ms": (
        Counter("f1_database_pool_wait_seconds", "Time waited for connections"),
        0.001,
    ),
}
_turn = threading.Lock()
#: Of this process: it is told twice a request, and most of it is as it was.
_said: dict[Gauge, int] = {}
os.register_at_fork(after_in_child=_said.clear)


def tell(pool: Any) -> None:
    """Add what the pool counted since the last time, and say how it stands."""
    if pool is None:
        return
    with _turn:
        stats = pool.pop_stats()
        for name, (counter, worth) in COUNTED.items():
            if n := stats.get(name, 0):
                counter.inc(n * worth)
        is_open, most = stats["pool_size"], stats["pool_max"]
        used = is_open - stats["pool_available"]
        for gauge, value in ((OPEN, is_open), (USED, used), (MOST, most)):
            if _said.get(gauge) != value:
                gauge.set(value)
                _said[gauge] = value
