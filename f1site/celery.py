"""The Celery application; tasks live in each app's ``tasks.py``."""

import os
import time
from logging.config import dictConfig
from typing import Any

from celery import Celery, bootsteps
from celery.signals import (
    before_task_publish,
    heartbeat_sent,
    setup_logging,
    worker_process_init,
)
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")

#: How far the work of workers steps back behind that of others.
NICE = 10
#: How often a worker says which messages it holds, seconds.
HOLDS_EVERY_S = 2.0

app = Celery("f1site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def _as_settings_say(**signal: object) -> None:
    """Keep Celery from setting up logs of its own."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


@worker_process_init.connect
def _step_back(**signal: object) -> None:
    """Whoever waits for a page goes first where both share the processors."""
    os.nice(NICE)


@heartbeat_sent.connect
def _note_heartbeat(**signal: object) -> None:
    """Let ``/health`` know that a worker lives, and which queues it serves."""
    # Imported here: apps are not loaded yet when this module is.
    from f1site.base import signs

    signs.note_worker(app.amqp.queues.consume_from)


@before_task_publish.connect
def _note_sent(headers: dict[str, object], **signal: object) -> None:
    """Let ``/metrics`` know how long a task has waited."""
    headers["sent_at"] = time.time()


class Hold(bootsteps.StartStopStep):
    """Keep the messages that this worker holds from those who take over from the dead.

    Redis knows of a message only when it was taken. So a time after which it goes to
    another would have to be longer than any task, and a worker that was killed would
    be missed for as long. This one says every few seconds that it still has them.
    """

    requires = ("celery.worker.consumer:Tasks",)

    def start(self, parent: Any) -> None:
        self.timer = parent.timer.call_repeatedly(HOLDS_EVERY_S, hold, (parent,))

    def stop(self, parent: Any) -> None:
        if timer := getattr(self, "timer", None):
            timer.cancel()


def hold(consumer: Any) -> None:
    """Renew the time of every message that was taken and not acknowledged."""
    channel = consumer.task_consumer.channel
    now = time.time()
    held = dict.fromkeys(channel.qos._delivered, now)
    if held and hasattr(channel, "unacked_index_key"):
        with channel.conn_or_acquire() as client:
            client.zadd(channel.unacked_index_key, held, xx=True)


app.steps["consumer"].add(Hold)
