"""Who is right where two sources speak of the same rows.

Of what happened the archive is: it is curated and has more of each row. Of what is to
come the live source is, as long as it was heard lately. What gives way is compared,
not written.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Q

from f1site.base import clock
from ingestion.models import Provenance, Race, Source
from ingestion.records import Facts, RaceRecord, RaceRef
from ingestion.services.merge import Table
from ingestion.services.reading import read
from ingestion.services.tables import CLASSIFIED, ENTRIES, RACES, SESSIONS

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

PassedOver = dict[str, list[Any]]


def give_way(facts: Facts, source: str) -> tuple[Facts, PassedOver]:
    """The facts that count, and by table the rows that give way."""
    if source in {Source.LIVE, Source.UPLOAD, Source.OPENF1}:
        return _behind_archive(facts, source)
    if source == Source.ARCHIVE:
        return _behind_live(facts), {}
    return facts, {}


def _behind_archive(facts: Facts, source: str) -> tuple[Facts, PassedOver]:
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
    return replace(facts, **kept), dict(passed_over)


def _is_taken(table: Table, row: Any, taken: set[tuple[RaceRef, str]]) -> bool:
    """A line-up is taken only once there are sessions: until then it is a plan."""
    if table is ENTRIES and (row.race, "results") not in taken:
        return False
    return (row.race, table.sheet(row)) in taken


def _sheets(wanted: Q) -> set[tuple[RaceRef, str]]:
    rows = Provenance.objects.filter(wanted)
    names = ("race__season_id", "race__grand_prix", "sheet")
    return {((year, slug), sheet) for year, slug, sheet in rows.values_list(*names)}


def _behind_live(facts: Facts) -> Facts:
    """Put the live source's dates in place of the archive's for races ahead."""
    ahead = ahead_of(facts)
    if not ahead:
        return facts
    known: dict[RaceRef, RaceRecord] = {
        race.ref: race for race in read(RACES, _of(ahead, "")) if race.ref in ahead
    }
    said = {race.ref for race in facts.races}
    races = [
        _dated(race, known[race.ref]) if race.ref in known else race
        for race in facts.races
    ]
    sessions = read(SESSIONS, _of(ahead, "race__"))
    with_sessions = {row.race for row in sessions} & ahead
    return replace(
        facts,
        races=races + [race for ref, race in known.items() if ref not in said],
        sessions=[row for row in facts.sessions if row.race not in with_sessions]
        + [row for row in sessions if row.race in with_sessions],
    )


def ahead_of(facts: Facts) -> set[RaceRef]:
    """Races ahead of which the live source was heard lately."""
    held = {race.ref for race in facts.races if race.status == Race.Status.COMPLETED}
    lately = Q(
        source=Source.LIVE,
        sheet=RACES.name,
        confirmed_at__gte=clock.now() - HEARD_LATELY,
    )
    return {ref for ref, _ in _sheets(lately)} - held


def _of(refs: Collection[RaceRef], prefix: str) -> Q:
    return Q(
        **{
            f"{prefix}season__in": {season for season, _ in refs},
            f"{prefix}grand_prix__in": {grand_prix for _, grand_prix in refs},
        }
    )


def _dated(race: RaceRecord, known: RaceRecord) -> RaceRecord:
    dates = {name: getattr(known, name) for name in DATES}
    if known.status == Race.Status.COMPLETED:
        # That it was held shows in its results, which this source may not have yet.
        dates["status"] = race.status
    return replace(race, **dates)
