"""Which source the rows of each race have, kind by kind."""

from collections import Counter
from collections.abc import Collection, Mapping

from django.db import connection

from f1site.base import clock
from ingestion.models import Provenance, SourceFetch
from ingestion.records import Facts, RaceRef
from ingestion.services.merge import Change, Sheet
from ingestion.services.precedence import RANKS
from ingestion.services.tables import CLASSIFIED, OF_A_RACE, RACES

UPSERT = """
INSERT INTO ingestion_provenance AS known
    (race_id, sheet, n_rows, source, fetch_id, changed_at, confirmed_at)
SELECT race, sheet, n_rows, %(source)s, %(fetch)s, %(now)s, %(now)s
FROM unnest(%(races)s::int[], %(sheets)s::text[], %(n_rows)s::int[])
    AS said (race, sheet, n_rows)
ON CONFLICT (race_id, sheet) DO UPDATE SET
    n_rows = EXCLUDED.n_rows,
    confirmed_at = EXCLUDED.confirmed_at,
    (source, fetch_id, changed_at) = ROW(
        CASE WHEN {moved} THEN EXCLUDED.source ELSE known.source END,
        CASE WHEN {moved} THEN EXCLUDED.fetch_id ELSE known.fetch_id END,
        CASE WHEN {moved} THEN EXCLUDED.changed_at ELSE known.changed_at END)
""".replace(
    "{moved}",
    "known.source <> EXCLUDED.source OR known.race_id || known.sheet"
    " = ANY(%(changed)s::text[])",
)


def note_origins(
    facts: Facts,
    changes: Mapping[str, Change],
    keys: Mapping[RaceRef, int],
    *,
    fetch: SourceFetch | None,
    dropped: Collection[int] = (),
    lent: Collection[Sheet] = (),
    is_whole: bool,
) -> None:
    """Note which source has the sheets that it brought, and when they changed.

    That a race was ``dropped`` from its calendar is something that it says, too; sheets
    that the record ``lent`` it are not.
    Of a source that ``is_whole`` a sheet that it does not bring any more is forgotten.
    """
    if fetch is None:
        return
    now = clock.now()
    said = sheets_of(facts, keys)
    said.update((race, RACES.name) for race in dropped)
    brought = said.keys() - set(lent)
    changed = {
        f"{race}{sheet}"
        for race, sheet in brought
        if race in changes[sheet.partition(" ")[0]].races
    }
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT,
            {
                "source": fetch.source,
                "fetch": fetch.pk,
                "now": now,
                "races": [race for race, _ in brought],
                "sheets": [sheet for _, sheet in brought],
                "n_rows": [said[sheet] for sheet in brought],
                "changed": sorted(changed),
            },
        )
    if is_whole:
        _forget(facts, keys, said, fetch.source)


def sheets_of(facts: Facts, keys: Mapping[RaceRef, int]) -> Counter[Sheet]:
    """Rows of each sheet that a source brings."""
    said: Counter[Sheet] = Counter()
    for table in OF_A_RACE:
        rows = getattr(facts, table.name)
        if table.by_kind:
            said.update((keys[row.race], table.sheet(row)) for row in rows)
        else:
            said.update((keys[row.race], table.name) for row in rows)
    said.update((keys[race.ref], RACES.name) for race in facts.races)
    return said


def sheets_of_others(
    facts: Facts, keys: Mapping[RaceRef, int], source: str, fresh: Collection[int]
) -> set[Sheet]:
    """Classifications that others have, and this source nothing of.

    They are of a source of a lower rank, or typed in for a race that is not ``fresh``
    to this one, and stay until it brings them.
    """
    owners = {
        (race, sheet): owner
        for race, sheet, owner in Provenance.objects.values_list(
            "race_id", "sheet", "source"
        )
    }
    rank = RANKS.get(source, 0)
    silent = _sheets_with_rows() - sheets_of(facts, keys).keys()
    typed_in = {sheet for sheet in silent - owners.keys() if sheet[0] not in fresh}
    lower = {
        sheet for sheet in silent & owners.keys() if RANKS.get(owners[sheet], 0) < rank
    }
    return typed_in | lower


def _sheets_with_rows() -> set[Sheet]:
    """All classifications of which the record has any row."""
    found: set[Sheet] = set()
    for table in CLASSIFIED:
        kind = ["kind"] if table.by_kind else []
        rows = table.model._default_manager.order_by().values_list("race_id", *kind)
        found |= {(race, " ".join([table.name, *of])) for race, *of in rows.distinct()}
    return found


def _forget(
    facts: Facts, keys: Mapping[RaceRef, int], said: Counter[Sheet], source: str
) -> None:
    races = {keys[race.ref] for race in facts.races}
    rows = Provenance.objects.filter(race__in=races, source=source)
    gone = [
        key
        for key, race, sheet in rows.values_list("pk", "race_id", "sheet")
        if (race, sheet) not in said
    ]
    Provenance.objects.filter(pk__in=gone).delete()
