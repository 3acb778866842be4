"""The starter record: written from a filled database, loaded into an empty one."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from ingestion import queries
from ingestion.models import Race, SourceFetch
from ingestion.records import Facts
from ingestion.services.merge import Table
from ingestion.services.provenance import Import, documented
from ingestion.services.reading import read
from ingestion.services.record import Progress, Reach, store
from ingestion.services.tables import OF_A_RACE, TABLES
from ingestion.sources.archive import quiet
from ingestion.sources.starter import dump_starter, fetch_starter, parse_starter


def load_starter(*, folder: Path | None = None, progress: Progress = quiet) -> Import:
    """Fill the record from the starter, unless it already holds as much.

    Nothing outside the starter's seasons is touched, nothing newer is overwritten:
    see :func:`_why_not`.
    """
    folder = folder or settings.STARTER_DIR
    files, sha256 = fetch_starter(folder)
    facts = parse_starter(files)
    if reason := _why_not(facts, sha256):
        skipped = Import("starter", folder.name, sha256)
        skipped.outcome.notes.append(reason)
        return skipped
    with documented("starter", str(folder)) as run:
        run.sha256 = sha256
        run.outcome = store(
            facts, fetch=run.fetch, reach=Reach.SEASONS, progress=progress
        )
    return run


def _why_not(facts: Facts, sha256: str) -> str:
    """Why loading would add nothing, or harm what is newer; empty if it is needed."""
    done = SourceFetch.objects.filter(outcome=SourceFetch.Outcome.DONE)
    if done.filter(source="starter", sha256=sha256).exists():
        return "This starter record is already loaded"
    last = queries.record_until()
    held = [race for race in facts.races if race.status == Race.Status.COMPLETED]
    end = max((race.starts_on for race in held), default=None)
    if last is None or end is None or last.starts_on < end:
        return ""
    if last.starts_on > end or done.filter(source="archive").exists():
        return f"The record already reaches {last.label}: the starter adds nothing"
    return ""


def export_starter(*, first: int, last: int, folder: Path) -> dict[str, int]:
    """Write the seasons from ``first`` to ``last`` as a starter; rows per table."""
    facts = facts_of(range(first, last + 1))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in dump_starter(facts).items():
        (folder / name).write_bytes(content)
    return {table.name: len(getattr(facts, table.name)) for table in TABLES}


def facts_of(years: Iterable[int]) -> Facts:
    """What the record holds of these seasons, in an order that no key decides."""
    seasons = sorted(years)
    facts = Facts()
    for table in OF_A_RACE:
        rows = read(table, Q(race__season__in=seasons) & _observed(table))
        getattr(facts, table.name).extend(rows)
    wanted = {
        "races": Q(season__in=seasons),
        "seasons": Q(year__in=seasons, races__isnull=False),
        "circuits": Q(races__season__in=seasons),
        "layouts": Q(race__season__in=seasons),
        "teams": Q(slug__in=_named("team", facts)),
        "team_eras": Q(team__slug__in=_named("team", facts)),
        "drivers": Q(slug__in=_named("driver", facts)),
    }
    for table in TABLES:
        if table.name in wanted:
            getattr(facts, table.name).extend(read(table, wanted[table.name]))
    return facts


def _observed(table: Table) -> Q:
    return Q(is_forecast=False) if table.name == "weather" else Q()


def _named(field: str, facts: Facts) -> set[str]:
    """The drivers or teams that stand in any row of a race."""
    return {
        getattr(row, field)
        for table in OF_A_RACE
        if field in table.fields
        for row in getattr(facts, table.name)
    }
