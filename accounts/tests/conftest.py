"""Every test begins with nothing counted."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """Limits of mails are kept in Redis, which no test rolls back."""
    cache.clear()


@pytest.fixture
def redis_away() -> Iterator[None]:
    """A cache whose Redis does not answer."""
    away = {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock"}
    with override_settings(CACHES={"default": away}):
        yield
