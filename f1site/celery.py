"""The Celery application; tasks live in each app's ``tasks.py``."""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")

app = Celery("f1site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def _as_settings_say(**signal: object) -> None:
    """Keep Celery from setting up logs of its own."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


@heartbeat_sent.connect
def _note_heartbeat(**signal: object) -> None:
    """Let ``/health`` know that a worker lives."""
    # Imported here: apps are not loaded yet when this module is.
    from f1site.health import note_worker

    note_worker()
