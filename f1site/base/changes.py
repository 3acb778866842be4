"""The data version: another one whenever what the pages show could be another.

Every transaction that writes to a watched table leaves one row with a random token;
the version is the sum of the tokens that are visible. Rows appear when their
transaction does, so a page that was drawn under a version never lacks a change that
was there when it was asked for, whoever committed first. Statement triggers see what
signals would not: bulk writes, COPY, SQL by hand.
"""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.migrations import RunSQL

from f1site.base import clock

#: A process asks for the version at most this often, seconds.
LOOK_EVERY_S = 1.0
#: Rows older than this are added up to one.
KEEP = timedelta(days=1)

FUNCTION = """
CREATE FUNCTION base_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('f1.change_noted', true)
        IS DISTINCT FROM pg_current_xact_id()::text
    THEN
        INSERT INTO base_datachange (token, at)
        VALUES (floor(random() * 9007199254740992)::bigint, clock_timestamp());
        PERFORM set_config('f1.change_noted', pg_current_xact_id()::text, true);
    END IF;
    RETURN NULL;
END
$$;
"""
NO_FUNCTION = "DROP FUNCTION base_note_change();"

#: Whether somebody writes, asked before the changes are: a change that is not yet to
#: be seen was dated by its trigger, not by its commit. Autovacuum writes no data.
LOOK = """
SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
    AND a.datname = current_database() AND pid <> pg_backend_pid()
    AND a.backend_type <> 'autovacuum worker'), clock_timestamp();
SELECT coalesce(sum(token), 0)::text, max(at) FROM base_datachange
"""


class Seen(NamedTuple):
    """The version, and when the data last changed where that can be relied on."""

    version: str
    changed_at: datetime | None


_seen: tuple[float, Seen] | None = None


def watch(*tables: str) -> RunSQL:
    """The migration that has every write to the tables noted."""
    return RunSQL(
        [
            f"CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION base_note_change()"
            for table in tables
        ],
        [f"DROP TRIGGER note_change ON {table}" for table in tables],
    )


def note() -> None:
    """Say that something changed that no trigger sees: a view that was refreshed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_datachange (token, at) VALUES"
            " (floor(random() * 9007199254740992)::bigint, clock_timestamp())"
        )


def look() -> Seen:
    """What is committed now.

    The moment is left out while a transaction is under way, which may bring a change
    dated before it, and within the same second, which may bring another: what bears
    a moment here is the same for everybody who is told the moment again.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        is_written_to, now = cursor.fetchone()
        cursor.nextset()
        version, changed_at = cursor.fetchone()
    if changed_at and (is_written_to or _second(changed_at) >= _second(now)):
        changed_at = None
    return Seen(str(version), changed_at)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def last_change() -> datetime | None:
    """When the data changed last, by the database's own clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(at) FROM base_datachange")
        found: datetime | None = cursor.fetchone()[0]
        return found


def data_version() -> str:
    """The version of what is committed now, digits."""
    return look().version


def recently() -> Seen:
    """The version as of the last second."""
    global _seen
    if _seen and time.monotonic() - _seen[0] < LOOK_EVERY_S:
        return _seen[1]
    at = time.monotonic()
    seen = look()
    _seen = (at, seen)
    return seen


def recent_version() -> str:
    return recently().version


def fold() -> int:
    """Add up the old rows, which leaves the version as it was; answer how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH old AS (DELETE FROM base_datachange WHERE at < %s"
            " RETURNING token, at), added AS (INSERT INTO base_datachange (token, at)"
            " SELECT sum(token), max(at) FROM old HAVING count(*) > 0)"
            " SELECT count(*) FROM old",
            [clock.now() - KEEP],
        )
        return int(cursor.fetchone()[0])
