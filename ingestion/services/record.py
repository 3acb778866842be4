"""Facts of a source into the tables of the record, all of them or none."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db import DataError, IntegrityError, connection
from psycopg import sql

from f1site.base import clock, jobs, partitions
from ingestion import models, records
from ingestion.errors import SourceFormatError
from ingestion.records import Facts, RaceRef
from ingestion.services.aliases import Aliases
from ingestion.services.calendar import Calendar, settle
from ingestion.services.losses import check_losses
from ingestion.services.merge import Change, Keys, Sheet, Table, merge, reason
from ingestion.services.origins import note_origins, sheets_of, sheets_of_others
from ingestion.services.overlay import lay_over, note_lost
from ingestion.services.precedence import give_way, with_sessions
from ingestion.services.tables import (
    CLASSIFIED,
    ENTRIES,
    KEPT,
    OF_A_RACE,
    RACES,
    RATED,
    REFERENCES,
    RESULTS,
    TABLES,
    WORLD,
)
from ingestion.services.versions import CLASSIFICATIONS, note_versions

#: Told of every step: what it is, how many are done, how many there are.
Progress = Callable[[str, int, int], None]

#: The lock that every writer of the record takes.
LOCK = "record"

#: More changed races than in a season of news: an import of history.
MANY_RACES = 50


class Reach(Enum):
    """How much a source has: what it lacks of that is taken away."""

    HISTORY = "every race that was ever held"
    SEASONS = "all rows of the races it has"
    SHEETS = "all rows of the sheets that it has any row of"


@dataclass
class Outcome:
    """What a source did to the record."""

    changes: dict[str, Change] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    #: Rows that were not taken, because a source that ranks higher has them.
    passed_over: dict[str, list[Any]] = field(default_factory=dict)
    #: Key of the last race of which the source has the results.
    last_race: int | None = None

    @property
    def is_unchanged(self) -> bool:
        return not any(self.changes.values())


def store(
    facts: Facts,
    *,
    fetch: models.SourceFetch | None,
    reach: Reach,
    progress: Progress,
    allow_removals: bool = False,
    whole_seasons: Collection[int] = (),
    present: Collection[RaceRef] = (),
) -> Outcome:
    """Write the facts in one transaction, alone.

    Unless ``allow_removals``, facts that lack much of what the record has are refused.
    ``whole_seasons`` are those of which a source of little reach has the calendar;
    ``present`` are known races that it has, too, and nothing to say of their dates.
    """
    try:
        with jobs.exclusive(LOCK):
            writer = _Writer(
                facts, fetch, reach, set(whole_seasons), allow_removals, progress
            )
            writer.present = set(present)
            _check_winners(writer.facts)
            outcome = writer.write()
            check_deferred()
            _learn_sizes(outcome)
    except (IntegrityError, DataError) as error:
        raise SourceFormatError(
            "The database refuses a row of the source", [reason(error.__cause__)]
        ) from error
    return outcome


def _check_winners(facts: Facts) -> None:
    """One winner a race, outside of shared cars; the database would say so too, but
    in the words of a partition's index."""
    winners: dict[RaceRef, list[str]] = defaultdict(list)
    for row in facts.results:
        if row.position == 1 and not row.is_shared_car:
            winners[row.race].append(row.driver)
    problems = [
        f"{season} {grand_prix} has several winners: {', '.join(drivers)}"
        for (season, grand_prix), drivers in winners.items()
        if len(drivers) > 1
    ]
    if problems:
        raise SourceFormatError("A race can have one winner", problems)


def check_deferred() -> None:
    """Let foreign keys and rounds fail here, where the error is understood."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _learn_sizes(outcome: Outcome) -> None:
    """Statistics of the partitioned table: autovacuum looks at its parts only."""
    if len(outcome.changes[RESULTS.name].races) > MANY_RACES:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("ANALYZE {}").format(
                    sql.Identifier(RESULTS.model._meta.db_table)
                )
            )


class _Writer:
    """One pass over the tables of the record."""

    def __init__(
        self,
        facts: Facts,
        fetch: models.SourceFetch | None,
        reach: Reach,
        whole_seasons: set[int],
        allow_removals: bool,
        progress: Progress,
    ) -> None:
        self.fetch, self.reach, self.whole_seasons = fetch, reach, whole_seasons
        self.allow_removals, self.progress = allow_removals, progress
        self.present: set[RaceRef] = set()
        self.spared: set[Sheet] = set()
        self.keys: Keys = {}
        self.calendar = Calendar([])
        self.outcome = Outcome()
        self.aliases = Aliases.load()
        named = self.aliases.canonical(facts)
        facts, self.outcome.passed_over, self.lent = give_way(named, self.source)
        self.facts, notes = lay_over(facts, self.aliases, self.source)
        self.outcome.notes += notes

    @property
    def source(self) -> str:
        return self.fetch.source if self.fetch else ""

    def write(self) -> Outcome:
        partitions.ensure_all(season.year for season in self.facts.seasons)
        for table in WORLD:
            self._merge(table)
        self._write_races()
        if self.reach is not Reach.SHEETS:
            self.spared = sheets_of_others(
                self.facts, self.keys["race"], self.source, self.calendar.fresh
            )
        if not self.allow_removals:
            check_losses(
                self.facts,
                self.keys["race"],
                self._watched(),
                spoken_only=self.reach is Reach.SHEETS,
                spared=self.spared,
            )
        for table in OF_A_RACE:
            self._merge(table)
        if self.reach is not Reach.SHEETS:
            said = sheets_of(self.facts, self.keys["race"])
            self.outcome.notes += note_lost(self._races(), said)
        self._date_changed_races()
        self._note_versions()
        note_origins(
            self.facts,
            self.outcome.changes,
            self.keys["race"],
            fetch=self.fetch,
            dropped=[race.id for race in self.calendar.dropped],
            lent={(self.keys["race"][ref], sheet) for ref, sheet in self.lent},
            is_whole=self.reach is not Reach.SHEETS,
        )
        if self.reach is Reach.HISTORY:
            self._report_kept()
        return self.outcome

    def _watched(self) -> set[int]:
        """Races that may not lose many rows. What the archive has for the first time
        may have been typed in before; the live source has it first."""
        if self.reach is Reach.SHEETS:
            return {*self._races(), *(self.keys["race"][ref] for ref in self.present)}
        return set(self._races()) - self.calendar.fresh

    def _note_versions(self) -> None:
        """Of the classifications that the source brings, changed or not."""
        for kind, table in CLASSIFICATIONS.items():
            rows = getattr(self.facts, table.name)
            note_versions(
                {self.keys["race"][row.race] for row in rows},
                source=self.source,
                fetch=self.fetch,
                kinds=[kind],
            )

    def _merge(self, table: Table) -> None:
        self.progress(
            f"Writing {table.name.replace('_', ' ')}",
            len(self.outcome.changes),
            len(TABLES),
        )
        rows = getattr(self.facts, table.name)
        scope = self._scope(table)
        if table is ENTRIES:
            rows, scope = self._without_typed_in(rows, scope)
        is_silent = not rows and not scope
        change = (
            Change()
            if is_silent
            else merge(
                table,
                rows,
                self.keys,
                scope=scope,
                spoken_only=self.reach is Reach.SHEETS,
                spared=self.spared if table in CLASSIFIED else (),
            )
        )
        self.outcome.changes[table.name] = change
        for reference, of in REFERENCES.items():
            if table is of:
                self._learn(reference, table)

    def _learn(self, reference: str, table: Table) -> None:
        """Rows of this table can be referred to from here on."""
        rows = table.model._default_manager.values_list("slug", "pk")
        self.keys[reference] = dict(rows)
        if reference == "layout":
            self.keys[reference][None] = None
        self.aliases.extend({reference: self.keys[reference]})

    def _scope(self, table: Table) -> list[int] | None:
        """Keys of what the source speaks about: of its teams, or of its races."""
        if table.scope == "team":
            return [self.keys["team"][team.slug] for team in self.facts.teams]
        if table.scope == "race":
            typed_in = self._typed_in(table) if table in CLASSIFIED else set()
            return [race for race in self._races() if race not in typed_in]
        return None

    def _races(self) -> list[int]:
        return [self.keys["race"][race.ref] for race in self.facts.races]

    def _typed_in(self, table: Table) -> set[int]:
        """Races ahead of the source whose rows, if any, only an editor can have."""
        if not self.calendar.ahead:
            return set()
        rows = getattr(self.facts, table.name)
        said = {self.keys["race"].get(row.race) for row in rows}
        return self.calendar.ahead - said

    def _write_races(self) -> None:
        is_all = self.reach is Reach.HISTORY
        calendar = settle(
            self.facts.races,
            whole=None if is_all else self.whole_seasons,
            present=self.present,
            allow_removals=self.allow_removals,
        )
        self.facts.races[:] = calendar.races
        self._merge(RACES)
        self._cancel(calendar)
        self.calendar, self.outcome.last_race = calendar, calendar.last
        self.keys["race"] = {
            (season, grand_prix): key
            for season, grand_prix, key in models.Race.objects.values_list(
                "season_id", "grand_prix", "id"
            )
        }
        self.aliases.extend({"race": self.keys["race"]})
        self.outcome.notes += calendar.notes

    def _cancel(self, calendar: Calendar) -> None:
        models.Race.objects.filter(
            pk__in=[race.id for race in calendar.dropped]
        ).update(status=models.Race.Status.CANCELLED, round=None)
        self.outcome.changes[RACES.name].changed += len(calendar.dropped)

    def _without_typed_in(
        self, rows: list[records.EntryRecord], scope: list[int] | None
    ) -> tuple[list[records.EntryRecord], list[int]]:
        """Leave out races whose line-up an editor wrote, until they were held."""
        held = {self.keys["race"][ref] for ref in with_sessions(self.facts)}
        typed_in = models.Entry.objects.filter(is_typed_in=True)
        editors = set(typed_in.values_list("race_id", flat=True)) - held
        editors |= self._held_without_us()
        return (
            [row for row in rows if self.keys["race"].get(row.race) not in editors],
            [key for key in scope or [] if key not in editors],
        )

    def _held_without_us(self) -> set[int]:
        """Races that were held, only this source does not know it yet."""
        rows = models.RaceResult.objects.filter(race__in=self.calendar.ahead)
        return set(rows.values_list("race_id", flat=True))

    def _date_changed_races(self) -> None:
        changed = set(self.calendar.moved)
        for table in RATED:
            changed |= self.outcome.changes[table.name].races
        models.Race.objects.filter(pk__in=changed).update(
            results_changed_at=clock.now()
        )

    def _report_kept(self) -> None:
        for reference, table in KEPT.items():
            said = {row.slug for row in getattr(self.facts, table.name)}
            known = {
                slug
                for slug in self.keys[reference]
                if slug not in self.aliases.slugs[reference]
            }
            if known - said:
                self.outcome.kept[table.name] = sorted(known - said)
