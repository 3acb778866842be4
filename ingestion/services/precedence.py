"""Who is right where two sources speak of the same rows.

Of what happened the archive is: it is curated and has more of each row. Of what is to
come the live source is, as long as it was heard lately. What gives way is compared,
not written.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Q

from f1site.base import clock
from ingestion.models import Provenance, Race, SessionKind, Source
from ingestion.records import Facts, RaceRecord, RaceRef
from ingestion.services.merge import Table
from ingestion.services.reading import read
from ingestion.services.tables import (
    CLASSIFIED,
    ENTRIES,
    QUALIFYING_RESULTS,
    RACES,
    RESULTS,
    SESSIONS,
    SPRINT_RESULTS,
)

#: Who speaks of what happened: a source gives way to one of a higher rank.
RANKS: dict[str, int] = {
    Source.ARCHIVE: 2,
    Source.STARTER: 1,
    Source.UPLOAD: 0,
    Source.OPENF1: -1,
}
#: For so long the live source is believed about a race ahead.
HEARD_LATELY = timedelta(days=14)

#: What the live source says of a race; the rest it has from the record.
DATES = ("round", "starts_on", "starts_at", "status", "sprint_format")

#: Sheets that say who was entered.
RACED = (
    RESULTS.name,
    SPRINT_RESULTS.name,
    f"{QUALIFYING_RESULTS.name} {SessionKind.QUALIFYING}",
    f"{QUALIFYING_RESULTS.name} {SessionKind.SPRINT_QUALIFYING}",
)

PassedOver = dict[str, list[Any]]
#: A race and the kind of rows of it, such as ``results``.
SheetOf = tuple[RaceRef, str]


class Settled(NamedTuple):
    """The facts that count, and what became of the others.

    ``passed_over`` are by table the rows that give way to the record's. ``lent`` are
    sheets of which the facts have the record's rows: they are another source's word.
    """

    facts: Facts
    passed_over: PassedOver
    lent: Collection[SheetOf] = ()


def give_way(facts: Facts, source: str) -> Settled:
    """Settle who is right where a source speaks of what the record has."""
    if source in {Source.LIVE, Source.UPLOAD, Source.OPENF1}:
        return _behind_archive(facts, source)
    if source == Source.ARCHIVE:
        return _behind_live(facts)
    return Settled(facts, {})


def _behind_archive(facts: Facts, source: str) -> Settled:
    """Leave out the sheets that a source of a higher rank has of a race."""
    higher = [name for name, rank in RANKS.items() if rank > RANKS.get(source, 0)]
    taken = _sheets(Q(source__in=higher))
    kept: dict[str, Any] = {}
    passed_over: PassedOver = defaultdict(list)
    for table in (*CLASSIFIED, ENTRIES):
        kept[table.name] = []
        for row in getattr(facts, table.name):
            gives_way = _is_taken(table, row, taken)
            (passed_over if gives_way else kept)[table.name].append(row)
    return Settled(replace(facts, **kept), dict(passed_over))


def _is_taken(table: Table, row: Any, taken: set[SheetOf]) -> bool:
    """A line-up is taken only once there are sessions: until then it is a plan."""
    if table is ENTRIES and taken.isdisjoint((row.race, sheet) for sheet in RACED):
        return False
    return (row.race, table.sheet(row)) in taken


def _sheets(wanted: Q) -> set[SheetOf]:
    rows = Provenance.objects.filter(wanted)
    names = ("race__season_id", "race__grand_prix", "sheet")
    return {((year, slug), sheet) for year, slug, sheet in rows.values_list(*names)}


def _behind_live(facts: Facts) -> Settled:
    """Put the live source's word in place of the archive's for races ahead."""
    ahead = ahead_of(facts)
    races = [row for row in read(RACES, _of(ahead, "")) if row.ref in ahead]
    sessions = _rows_of(SESSIONS, ahead)
    entries = _rows_of(ENTRIES, _heard_lately(ENTRIES) - with_sessions(facts))
    lent = {(row.ref, RACES.name) for row in races}
    lent |= {(row.race, SESSIONS.name) for row in sessions}
    lent |= {(row.race, ENTRIES.name) for row in entries}
    ours = replace(
        facts,
        races=_with_dates(facts.races, races),
        sessions=_in_place_of(facts.sessions, sessions),
        entries=_in_place_of(facts.entries, entries),
    )
    return Settled(ours, {}, lent)


def ahead_of(facts: Facts) -> set[RaceRef]:
    """Races ahead of which the live source was heard lately."""
    held = {race.ref for race in facts.races if race.status == Race.Status.COMPLETED}
    return _heard_lately(RACES) - held


def with_sessions(facts: Facts) -> set[RaceRef]:
    """Races that have a classification which says who was entered."""
    rows: list[Any] = [
        *facts.results,
        *facts.sprint_results,
        *facts.qualifying_results,
    ]
    return {row.race for row in rows}


def _heard_lately(table: Table) -> set[RaceRef]:
    """Races of which the live source has this sheet, and said so lately."""
    lately = Q(
        source=Source.LIVE,
        sheet=table.name,
        confirmed_at__gte=clock.now() - HEARD_LATELY,
    )
    return {ref for ref, _ in _sheets(lately)}


def _rows_of(table: Table, refs: Collection[RaceRef]) -> list[Any]:
    return [row for row in read(table, _of(refs, "race__")) if row.race in refs]


def _of(refs: Collection[RaceRef], prefix: str) -> Q:
    return Q(
        **{
            f"{prefix}season__in": {season for season, _ in refs},
            f"{prefix}grand_prix__in": {grand_prix for _, grand_prix in refs},
        }
    )


def _in_place_of(theirs: list[Any], ours: list[Any]) -> list[Any]:
    races = {row.race for row in ours}
    return [row for row in theirs if row.race not in races] + ours


def _with_dates(theirs: list[RaceRecord], ours: list[RaceRecord]) -> list[RaceRecord]:
    known = {race.ref: race for race in ours}
    dated = [
        _dated(race, known.pop(race.ref)) if race.ref in known else race
        for race in theirs
    ]
    return [*dated, *known.values()]


def _dated(race: RaceRecord, known: RaceRecord) -> RaceRecord:
    dates = {name: getattr(known, name) for name in DATES}
    if known.status == Race.Status.COMPLETED:
        # That it was held shows in its results, which this source may not have yet.
        dates["status"] = race.status
    return replace(race, **dates)
