"""The programs of a running site; containers start the same ones.

The web server; a worker for what takes seconds, so that a tick of the schedule never
waits for a backtest; one that takes long work first and helps the other while there is
none; the scheduler; Flower. Each of them is a process that may be killed at any time.
"""

import os
from collections.abc import Mapping

GUNICORN = ("gunicorn", "f1site.wsgi:application", "-c", "deploy/gunicorn.py")
WEB = (*GUNICORN, "--no-control-socket")  # that would stand in the home folder
CELERY = ("celery", "-A", "f1site")
#: Workers need no news of each other; asking for it makes them slower to start.
ALONE = ("--without-mingle", "--without-gossip", "--loglevel", "INFO")
WORKER = (*CELERY, "worker", *ALONE)
TICKS = (*WORKER, "--queues", "default", "--concurrency", "1")
LONG = (*WORKER, "--queues", "long,default", "--concurrency", "2")
# The lock of a ./run keeps a second beat away; no pid file is needed.
BEAT = (*CELERY, "beat", "--loglevel", "INFO", "--pidfile", "")
FLOWER = (*CELERY, "flower", "--logging=warning")


def of_worker(kind: tuple[str, ...], name: str) -> tuple[str, ...]:
    """A worker by a name of its own: two of one name would get each other's orders."""
    return (*kind, "-n", f"{name}-{os.getpid()}@%h")


def needs_of_worker(environment: Mapping[str, str]) -> dict[str, str]:
    """Asked to stop, a worker gives back what it cannot finish within some seconds.

    On a machine of one's own root is nothing to warn of at each start; in production
    it is.
    """
    needs = {"REMAP_SIGTERM": "SIGQUIT"}
    if environment.get("ENVIRONMENT") != "production":
        filters = (environment.get("PYTHONWARNINGS"), "ignore:::celery.platforms")
        needs["PYTHONWARNINGS"] = ",".join(filter(None, filters))
    return needs
