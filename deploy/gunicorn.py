"""How gunicorn serves the site. The address comes from the command line."""

import os
from typing import Any

from prometheus_client import multiprocess

from f1site import logs

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


def child_exit(server: Any, worker: Any) -> None:
    """Take the live gauges of a worker that is gone out of ``/metrics``."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
