"""The Celery application; tasks live in each app's ``tasks.py``."""

import os
import time

from celery import Celery
from celery.signals import before_task_publish, heartbeat_sent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")

app = Celery("f1site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def _note_heartbeat(**signal: object) -> None:
    """Let ``/health`` know that a worker lives."""
    # Imported here: apps are not loaded yet when this module is.
    from f1site.health import note_worker

    note_worker()


@before_task_publish.connect
def _note_sent(headers: dict[str, object], **signal: object) -> None:
    """Let ``/metrics`` know how long a task has waited."""
    headers["sent_at"] = time.time()
