"""Partitions of the tables that are cut by season: ``<table>_<year>``.

A range of race keys (season x 1000 onward) is a season. Rows of a season whose
partition was forgotten land in ``<table>_default`` and are moved when it is made.
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

#: Race keys are season x 1000 + n, so that a range of keys is a season.
KEYS_PER_SEASON = 1000

#: The tables that are cut by season; every app adds its own when it is ready.
PARTITIONED: list[str] = []


def register(table: str) -> None:
    """Have a table's partitions made along with those of the others."""
    if table not in PARTITIONED:
        PARTITIONED.append(table)


def existing(table: str) -> set[int]:
    """Seasons for which the table has a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = %s::regclass",
            [table],
        )
        names = [row[0].rpartition("_")[2] for row in cursor.fetchall()]
    return {int(name) for name in names if name.isdigit()}


def ensure_all(years: Iterable[int]) -> dict[str, list[int]]:
    """Make the partitions that are missing in any table; answer what was made."""
    wanted = list(years)
    return {table: ensure(table, wanted) for table in PARTITIONED}


def ensure(table: str, years: Iterable[int]) -> list[int]:
    """Make the partitions that are missing; answer the seasons that were made."""
    missing = sorted(set(years) - existing(table))
    for year in missing:
        with transaction.atomic(), connection.cursor() as cursor:
            _make(cursor, table, year)
    return missing


def _make(cursor: CursorWrapper, table: str, year: int) -> None:
    first, end = year * KEYS_PER_SEASON, (year + 1) * KEYS_PER_SEASON
    names = {
        "table": sql.Identifier(table),
        "part": sql.Identifier(f"{table}_{year}"),
        "default": sql.Identifier(f"{table}_default"),
        "first": sql.Literal(first),
        "end": sql.Literal(end),
    }
    for statement in (
        "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        "SET LOCAL f1.moving_partition = 'on'",
        "CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        "WITH stray AS (DELETE FROM {default} WHERE race_id >= {first}"
        " AND race_id < {end} RETURNING *) INSERT INTO {part} SELECT * FROM stray",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ALTER TABLE {table} ATTACH PARTITION {part}"
        " FOR VALUES FROM ({first}) TO ({end})",
        "SET LOCAL f1.moving_partition = 'off'",
        "SET CONSTRAINTS ALL DEFERRED",
    ):
        cursor.execute(sql.SQL(statement).format(**names))
    _copy_statement_triggers(cursor, table, f"{table}_{year}")


def _copy_statement_triggers(cursor: CursorWrapper, table: str, part: str) -> None:
    """Row triggers come with the table, those on statements (TRUNCATE) do not."""
    cursor.execute(
        "SELECT tgname, tgfoid::regproc::text FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        " AND tgtype & 1 = 0 AND tgtype & 32 <> 0",  # per statement, on TRUNCATE
        [table],
    )
    for name, function in cursor.fetchall():
        cursor.execute(
            sql.SQL(
                "CREATE TRIGGER {} BEFORE TRUNCATE ON {}"
                " FOR EACH STATEMENT EXECUTE FUNCTION {}()"
            ).format(
                sql.Identifier(name), sql.Identifier(part), sql.Identifier(function)
            )
        )
