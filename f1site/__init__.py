"""The roof of the house: settings, addresses, processes. It holds no rules."""

__all__ = ["celery_app"]

from f1site.celery import app as celery_app
