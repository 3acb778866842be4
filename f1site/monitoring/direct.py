"""Questions to the database over a connection of our own.

A drained pool, or a server that stalls, would make whoever asks for our health wait.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import Any, LiteralString, TypeVar

import psycopg
from django.db import connection

T = TypeVar("T")
Rows = list[tuple[Any, ...]]

#: The database must answer within this; a stalled one counts as down.
PATIENCE_S = 1.5
DIRECT: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": 3000}
#: What Django puts into the parameters for its own connections.
OURS_ALONE = ("pool", "cursor_factory", "context", "prepare_threshold")

_probes = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


def look(
    work: Callable[["psycopg.Connection[Any]"], T], patience_s: float = PATIENCE_S
) -> T | None:
    """What the work found, or None where the database is down or stalled."""
    params = {**connection.get_connection_params(), **DIRECT}
    for name in OURS_ALONE:
        params.pop(name, None)
    # Who is not waited for any more does not go on behind our back.
    limit = f"-c statement_timeout={round(patience_s * 1000)}"
    params["options"] = f"{params.get('options', '')} {limit}".strip()

    def connected() -> T:
        with psycopg.connect(**params, autocommit=True) as direct:
            return work(direct)

    asked = _probes.submit(connected)
    try:
        return asked.result(timeout=patience_s)
    except (psycopg.Error, TooLate):
        asked.cancel()
        return None


def rows(
    direct: "psycopg.Connection[Any]",
    question: LiteralString,
    told: dict[str, Any] | None = None,
) -> Rows:
    """The answer; nothing where the database is there but not migrated yet."""
    try:
        return direct.execute(question, told).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return []


def within(question: LiteralString) -> Rows | None:
    """The rows, or None where the database is down or stalled."""
    return look(lambda direct: rows(direct, question))
