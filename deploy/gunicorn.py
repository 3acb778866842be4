"""How gunicorn serves the site. The address comes from the command line."""

import os
from typing import Any

from f1site import logs
from f1site.monitoring import figures

workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
timeout = 60
graceful_timeout = 10
max_requests = 10_000
max_requests_jitter = 1_000
control_socket_disable = True
logconfig_dict = logs.configuration(
    os.environ.get("LOG_LEVEL") or "INFO",
    is_json=os.environ.get("ENVIRONMENT") == "production",
)
logs.set_up()


def on_starting(server: Any) -> None:
    """What the processes of an earlier start counted is none of this one's."""
    if place := figures.folder():
        figures.emptied(place)


def post_worker_init(worker: Any) -> None:
    """Keep samples for ``/status/``; Django is there."""
    from f1site.monitoring import traffic

    traffic.keep_writing()


def worker_exit(server: Any, worker: Any) -> None:
    """Write what was answered since the last sample."""
    from f1site.monitoring import traffic

    traffic.stop_writing()


def child_exit(server: Any, worker: Any) -> None:
    """Take the live gauges of a worker that is gone out of ``/metrics``."""
    figures.bury(worker.pid)
