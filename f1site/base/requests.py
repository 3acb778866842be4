"""What a worker knows of a task that it has taken."""

from typing import Any

from billiard.exceptions import TimeLimitExceeded
from celery.worker.request import Request

from f1site.base import deaths


class SiteRequest(Request):
    """One that ran into its limit is noted before its message goes back."""

    def on_failure(self, exc_info: Any, *args: Any, **options: Any) -> Any:
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, TimeLimitExceeded):
            deaths.note_limit(self.id, error.args[0])
        return super().on_failure(exc_info, *args, **options)
