"""Tasks that end badly, for a worker of its own: ``--include f1site.tests.deadly``."""

import os
import signal
import time
from contextlib import suppress

from celery.exceptions import SoftTimeLimitExceeded

from f1site.base import jobs
from f1site.base.models import JobRun
from f1site.base.work import task


@task()
def die(name: str, n_times: int) -> None:
    """As when memory runs out or a library crashes."""
    with jobs.recorded(name):
        if JobRun.objects.filter(name=name).count() <= n_times:
            os.kill(os.getpid(), signal.SIGKILL)


@task()
def hang() -> None:
    with jobs.recorded("hang"):
        while True:
            with suppress(SoftTimeLimitExceeded):
                time.sleep(600)


@task()
def devour() -> None:
    with jobs.recorded("devour"):
        raise MemoryError("so much there is not")
