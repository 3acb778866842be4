"""``manage.py check --deploy``: what is weak about this production site."""

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connection

from f1site import production


@register(Tags.security, deploy=True)
def look_for_weaknesses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [_told(one) for one in production.weaknesses(os.environ)]


@register(Tags.database)
def look_for_room(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Whether the database holds the connections that the pools may ask for."""
    if not settings.PRODUCTION or DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    connection.ensure_connection()
    return [
        _told(one) for one in production.of_server(os.environ, connection.connection)
    ]


def _told(one: production.Weakness) -> CheckMessage:
    kind = Error if one.stops else Warning
    return kind(one.message, hint=one.hint, id=one.id)
