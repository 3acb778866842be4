"""Versions of a result: each classification as it stood, the newest as the tables say.

Postgres compares and writes, a statement for each table: a whole archive is a thousand
classifications. Their fingerprint is the SHA-256 of the rows in published order, one a
line, as Postgres writes a row of text: slugs, no keys, points with their decimals, and
nothing that qualifying says.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import ProtectedError
from psycopg import sql

from f1site.base import clock
from ingestion.models import Correction, Race, ResultVersion, SessionKind, SourceFetch
from ingestion.models.calendar import RACE_TIME
from ingestion.services.merge import Table
from ingestion.services.tables import RESULTS, SPRINT_RESULTS

#: For so long after the flag a result is watched, and provisional.
WATCHED_FOR = timedelta(hours=48)
#: An editor who types in a result, row by row, makes one version of it.
SITTING = timedelta(hours=1)

#: Races from which on the sizes of other tables matter to a statement.
MANY = 100

#: Whose word an editor's is.
EDITOR = ResultVersion.EDITOR

CLASSIFICATIONS = {SessionKind.RACE: RESULTS, SessionKind.SPRINT: SPRINT_RESULTS}
WRITTEN = {"driver": "driver.slug", "team": "team.slug", "points": "r.points::text"}

#: What rows have from qualifying: a change there is none of the result.
OF_QUALIFYING = {"qualifying_position", "has_pole"}

NOTE = """
WITH said AS (
    SELECT r.race_id, encode(sha256(convert_to(string_agg(
        ROW({same})::text, E'\\n' ORDER BY r.display_order), 'UTF8')), 'hex') AS hash
    FROM {table} r
    JOIN ingestion_driver driver ON driver.id = r.driver_id
    JOIN ingestion_team team ON team.id = r.team_id
    WHERE r.race_id = ANY(%(races)s)
    GROUP BY r.race_id
), newest AS (
    SELECT DISTINCT ON (race_id) race_id, number, standing, content_hash
    FROM ingestion_resultversion
    WHERE kind = %(kind)s AND race_id = ANY(%(races)s)
    ORDER BY race_id, number DESC
), news AS (
    SELECT race_id, hash, coalesce(number, 0) + 1 AS number, CASE
        WHEN standing IN ('final', 'amended') THEN 'amended'
        WHEN race_id = ANY(%(watched)s) THEN 'provisional'
        ELSE 'final' END AS standing
    FROM said LEFT JOIN newest USING (race_id)
    WHERE content_hash IS DISTINCT FROM hash
        OR (standing = 'provisional' AND race_id <> ALL(%(watched)s) AND %(confirms)s)
)
INSERT INTO ingestion_resultversion (race_id, kind, number, standing, known_at, source,
    fetch_id, correction_id, content_hash, rows)
SELECT race_id, %(kind)s, number, standing, %(now)s, %(source)s, %(fetch)s,
    %(correction)s, hash, (
        SELECT jsonb_agg(jsonb_build_object({named}) ORDER BY r.display_order)
        FROM {table} r
        JOIN ingestion_driver driver ON driver.id = r.driver_id
        JOIN ingestion_team team ON team.id = r.team_id
        WHERE r.race_id = news.race_id)
FROM news ORDER BY race_id
RETURNING id
"""


def watched_until(race: Race) -> datetime:
    """When a result of the race ceases to be provisional: its sprint's, too."""
    return race.over_at + WATCHED_FOR


def note_versions(
    races: Collection[int],
    *,
    source: str,
    fetch: SourceFetch | None = None,
    correction: Correction | None = None,
    kinds: Collection[SessionKind] = tuple(CLASSIFICATIONS),
) -> list[ResultVersion]:
    """Add a version for each of these races whose classification is a new one.

    Compares what the tables of results and sprints say with the newest version;
    called within the transaction that changed them, for the ``kinds`` that the source
    speaks of. Answers what was added.

    The first that is known is provisional, after the watch final. What a source says
    again once the watch is over is final. Another one after a final one is amended,
    also where it is as an older one was.
    """
    if not races:
        return []
    now = clock.now()
    known: dict[str, Any] = {
        "races": sorted(races),
        "watched": _watched(races, now),
        "confirms": source != EDITOR,
        "now": now,
        "source": source,
        "fetch": fetch and fetch.pk,
        "correction": correction and correction.pk,
    }
    added: list[int] = []
    with connection.cursor() as cursor:
        if len(races) > MANY:
            # From outside of an import that is not done autovacuum finds these empty,
            # and then every row of a result walks through all of them.
            cursor.execute("ANALYZE ingestion_driver, ingestion_team")
        for kind in kinds:
            statement = _statement(CLASSIFICATIONS[kind])
            cursor.execute(statement, {**known, "kind": kind.value})
            added += [key for (key,) in cursor.fetchall()]
    return list(ResultVersion.objects.filter(pk__in=added).defer("rows"))


def note_typed_in(races: Collection[int]) -> list[ResultVersion]:
    """Note what an editor typed in, in place of what he typed in just before."""
    by_number = ("race_id", "kind", "-number")
    newest = ResultVersion.objects.filter(race__in=races).order_by(*by_number)
    started = clock.now() - SITTING
    for version in newest.distinct("race_id", "kind").defer("rows"):
        if version.is_typed_in and version.known_at > started:
            with suppress(ProtectedError):  # forecasts were scored against it
                version.delete()
    return note_versions(races, source=EDITOR)


def _watched(races: Collection[int], now: datetime) -> list[int]:
    late = (now - timedelta(days=1) - RACE_TIME - WATCHED_FOR).date()
    ahead = Race.objects.filter(pk__in=races, starts_on__gte=late)
    return [race.pk for race in ahead if now < watched_until(race)]


def _statement(table: Table) -> sql.Composed:
    names = [name for name in table.fields if name != "race"]
    values = {name: sql.SQL(WRITTEN.get(name, f"r.{name}")) for name in names}
    same = [values[name] for name in names if name not in OF_QUALIFYING]
    named = [sql.SQL("{}, {}").format(name, values[name]) for name in names]
    return sql.SQL(NOTE).format(
        table=sql.Identifier(table.model._meta.db_table),
        same=sql.SQL(", ").join(same),
        named=sql.SQL(", ").join(named),
    )
