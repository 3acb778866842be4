"""The roof as an app: it carries the commands that call all floors."""

from django.apps import AppConfig

# Tasks bind to this application wherever Django has started.
from f1site.celery import app as celery_app

__all__ = ["SiteConfig", "celery_app"]


class SiteConfig(AppConfig):
    name = "f1site"
    verbose_name = "Site"

    def ready(self) -> None:
        # The checks register themselves; apps are loaded by now.
        from f1site import checks as _  # noqa: F401
        from f1site import watching
        from f1site.monitoring import worker

        watching.start()
        worker.keep_serving()
