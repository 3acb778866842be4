"""The figures of the workers, served by their parent process on a port of its own."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from celery.signals import worker_process_shutdown, worker_ready
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.exposition import ThreadingWSGIServer

from f1site.monitoring import figures
from f1site.monitoring.door import may_read

log = logging.getLogger(__name__)
TRY_AGAIN_S: Final = 15.0
TAKEN: Final = (
    "The figures of the workers are not served: port %s of %s is not to be had (%s)."
    " Name a free one in WORKER_METRICS_PORT, or end who has it; until then all else"
    " goes on."
)
Start = Callable[[str, list[tuple[str, str]]], object]


class Quiet(WSGIRequestHandler):
    """Says nothing of a scrape, and waits for nobody who is slow to ask."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        pass


def keep_serving() -> None:
    """Serve from when a worker of this process is ready."""
    worker_ready.connect(_serve, dispatch_uid="f1site.figures")
    worker_process_shutdown.connect(_bury, dispatch_uid="f1site.figures")


def _serve(**signal: Any) -> None:
    if settings.ENABLE_METRICS and settings.WORKER_METRICS_PORT:
        address = settings.WORKER_METRICS_HOST, settings.WORKER_METRICS_PORT
        threading.Thread(
            target=_run, args=address, name="worker figures", daemon=True
        ).start()


def _run(host: str, port: int) -> None:
    """One worker of a machine serves for all; when it ends the next takes over."""
    with figures.turn_to_serve():
        server = _server(host, port)
        log.info("The figures of the workers are on port %s", port)
        server.serve_forever()


def _server(host: str, port: int) -> WSGIServer:
    """Waits for the port: a worker works without it."""
    is_told = False
    while True:
        try:
            return make_server(host, port, answer, ThreadingWSGIServer, Quiet)
        except OSError as error:
            if not is_told:
                log.warning(TAKEN, port, host, error.strerror)
            is_told = True
            time.sleep(TRY_AGAIN_S)


def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """``/metrics`` and nothing else, for whom the site would show it to as well."""
    plain = [("Content-Type", "text/plain; charset=utf-8")]
    if environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] != "GET":
        start("404 Not Found", plain)
        return [b"there is /metrics alone\n"]
    allowed = may_read(
        address=environ.get("REMOTE_ADDR", ""),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        is_forwarded="HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ,
    )
    if not allowed:
        start("403 Forbidden", plain)
        return [b"metrics are private\n"]
    start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [figures.text()]


def _bury(pid: int, **signal: Any) -> None:
    figures.bury(pid)
