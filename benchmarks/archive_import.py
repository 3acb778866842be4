"""Archive import against a bare COPY of the same rows into the same tables.

    ./run bench archive_import --archive PATH

Both fill the same empty tables, with all their keys and partitions, in a scratch
database. Unzipping and the start of the process are not counted.
"""

import sys
import time

from benchmarks._scratch import options, say, timed, unzipped
from f1site.testing.serving import scratch_database

MOST_FIRST, MOST_SECOND = 6.0, 4.0
ROUNDS = 3


def main() -> int:
    """Measure, print, and fail when a goal is missed."""
    asked = options(str(__doc__), ROUNDS)
    if not asked.archive:
        say("archive_import left out: it needs --archive PATH, an F1DB release")
        return 0
    with unzipped(asked.archive) as folder, scratch_database():
        times = [measure(folder) for _ in range(asked.rounds)]
    first, second, copy, rows = (min(column) for column in zip(*times, strict=True))
    say(f"rows                    {rows:9,.0f}")
    say(f"bare COPY               {copy:9.2f} s")
    ok_first = report("first import", first, copy, MOST_FIRST)
    ok_second = report("unchanged second import", second, copy, MOST_SECOND)
    return 0 if ok_first and ok_second else 1


def report(name: str, seconds: float, copy: float, most: float) -> bool:
    is_met = seconds <= most * copy
    verdict = "met" if is_met else "MISSED"
    ratio = seconds / copy
    say(f"{name:23} {seconds:9.2f} s = {ratio:.2f} x COPY, at most {most}: {verdict}")
    return is_met


def measure(folder: str) -> tuple[float, float, float, float]:
    """Seconds of a first import, of a second one and of a bare COPY; rows."""
    from ingestion.services import import_archive

    empty_tables()
    first = timed(lambda: import_archive(location=folder))
    started = time.perf_counter()
    again = import_archive(location=folder)
    second = time.perf_counter() - started
    if not again.outcome.is_unchanged:
        raise SystemExit("the second import changed rows")
    dump, n_rows = dumped()
    empty_tables()
    return first, second, timed(lambda: copied(dump)), n_rows


def tables() -> list[str]:
    from ingestion.services.tables import TABLES

    return [table.model._meta.db_table for table in TABLES]


def empty_tables() -> None:
    """Forecasts are sealed against TRUNCATE, also while there are none."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL f1.test_database = 'on'")
        cursor.execute(f"TRUNCATE {', '.join(tables())} CASCADE")


def dumped() -> tuple[dict[str, bytes], int]:
    """All rows as COPY writes them."""
    from django.db import connection

    dump = {}
    with connection.cursor() as cursor:
        for table in tables():
            with cursor.copy(f"COPY (TABLE {table}) TO STDOUT") as copy:
                dump[table] = b"".join(copy)
    return dump, sum(rows.count(b"\n") for rows in dump.values())


def copied(dump: dict[str, bytes]) -> None:
    """The same rows into the same tables, committed."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in dump.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)


if __name__ == "__main__":
    sys.exit(main())
