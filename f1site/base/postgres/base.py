"""A connection that is kept is asked whether it lives once a second, not each time."""
# mypy: allow-subclassing-any

import time
from typing import Final

from django_prometheus.db.backends.postgresql import base

#: Who lost the server within this long of the last look is told so by the query itself;
#: that is an error, after which Django looks at once.
LOOK_EVERY_S: Final = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    _looked_at = float("-inf")

    def close_if_health_check_failed(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            super().close_if_health_check_failed()
            if self.health_check_done:
                self._looked_at = now
