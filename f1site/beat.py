"""The scheduler: django-celery-beat's, with a sign of life for ``/health``."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from f1site.base import signs


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """It looks at its entries at least every five seconds, and says so."""

    def tick(self, *args: Any, **options: Any) -> Any:
        signs.note(signs.BEAT)
        return super().tick(*args, **options)
