"""The foundation as an app: job ledger, locks, clock, cache, metrics."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "f1site.base"
    label = "base"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"
