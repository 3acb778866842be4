"""What the live source says of a season, as facts of the record."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Q

from ingestion.errors import SourceFormatError
from ingestion.models import (
    Provenance,
    Race,
    RaceResult,
    SessionKind,
    TeamStanding,
)
from ingestion.records import (
    DriverStandingRecord,
    EntryRecord,
    Facts,
    RaceRecord,
    RaceRef,
    SeasonRecord,
    TeamStandingRecord,
)
from ingestion.services.identity import Names
from ingestion.services.live_facts import (
    finishes,
    is_classified,
    places,
    qualifying_results,
    race_record,
    race_results,
    sessions,
    unsaid,
)
from ingestion.services.merge import Table
from ingestion.services.precedence import DATES, RANKS
from ingestion.services.reading import read
from ingestion.services.tables import (
    QUALIFYING_RESULTS,
    RESULTS,
    SESSIONS,
    SPRINT_RESULTS,
)
from ingestion.sources.jolpica import (
    DriverLine,
    FinishLine,
    QualifyingLine,
    RaceLine,
    StandingLine,
)

#: A driver, his team and the number of the car.
Seat = tuple[str, str, str]


IN_QUALIFYING = Q(kind=SessionKind.QUALIFYING)


@dataclass
class Said:
    """The lines of all queries of one import."""

    season: int
    calendar: list[RaceLine] = field(default_factory=list)
    results: list[FinishLine] = field(default_factory=list)
    sprint: list[FinishLine] = field(default_factory=list)
    qualifying: list[QualifyingLine] = field(default_factory=list)
    drivers: list[StandingLine] = field(default_factory=list)
    teams: list[StandingLine] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def races(self) -> dict[int, RaceLine]:
        """All races that are spoken of, the calendar's word before others."""
        rows = [*self.results, *self.sprint, *self.qualifying]
        return {row.race.round: row.race for row in rows} | {
            race.round: race for race in self.calendar
        }


@dataclass
class Reading:
    """Lines into facts, in the order in which they refer to each other.

    ``present`` are races that the source has, and whose dates are none of its business:
    what happened is the archive's, and a round asked for alone brings no calendar.
    """

    said: Said
    names: Names
    facts: Facts
    present: set[RaceRef] = field(default_factory=set)

    def read(self) -> None:
        lines = self.said.races()
        self.refs = self.names.refs(lines.values())
        if lines:
            self.facts.seasons.append(SeasonRecord(self.said.season))
        self._read_sheets()
        self._read_races(lines)
        self._read_standings()
        self.facts.entries.extend(self._entries())

    def _read_sheets(self) -> None:
        said, names, refs, facts = self.said, self.names, self.refs, self.facts
        facts.qualifying_results.extend(
            qualifying_results(said.qualifying, refs, names)
        )
        facts.sprint_results.extend(finishes(said.sprint, refs, names))
        qualified = places(self._all_of(QUALIFYING_RESULTS, IN_QUALIFYING))
        sprints = {row.race for row in self._all_of(SPRINT_RESULTS)}
        facts.results.extend(
            race_results(said.results, refs, names, qualified, sprints)
        )

    def _all_of(self, table: Table, wanted: Q = Q()) -> list[Any]:  # noqa: B008
        """Rows of the season: those of the source, of other races the record's."""
        said = getattr(self.facts, table.name)
        spoken = {row.race for row in said}
        known = read(table, Q(race__season=self.said.season) & wanted)
        return [*said, *(row for row in known if row.race not in spoken)]

    # --- races --------------------------------------------------------------------
    def _read_races(self, lines: dict[int, RaceLine]) -> None:
        laps = {
            self.refs[line.race.round]: line.laps
            for line in reversed(self.said.results)
            if is_classified(line)
        }
        archived, held = _of_archive(self.said.season), _held(self.said.season)
        timed = {row.race for row in read(SESSIONS, Q(race__season=self.said.season))}
        for round, line in sorted(lines.items()):
            ref = self.refs[round]
            known = self.names.races.get(ref[1])
            if known and (ref in archived or not self.said.calendar):
                self._stands(known, is_held=ref in laps)
                continue
            won = laps.get(ref, 0 if ref in held else None)
            circuit = self.names.circuit(line.circuit)
            self.facts.races.append(race_record(line, ref, known, circuit, won))
            self.facts.unsaid.update((ref, name) for name in unsaid(line))
            if line.sessions or ref not in timed:
                self.facts.sessions.extend(sessions(line, ref))

    def _stands(self, known: RaceRecord, *, is_held: bool) -> None:
        """A known race keeps its dates; with results it is completed."""
        if is_held and known.status != Race.Status.COMPLETED:
            done = replace(known, status=Race.Status.COMPLETED.value)
            self.facts.races.append(done)
            silent = set(DATES) - {"status"}
            self.facts.unsaid.update((known.ref, name) for name in silent)
        else:
            self.present.add(known.ref)

    # --- championships ------------------------------------------------------------
    def _read_standings(self) -> None:
        lines = [*self.said.drivers, *self.said.teams]
        races = {line.round: self._race_of(line) for line in lines}
        last = {race for race in races.values() if self._is_last(race)}
        engines = _engines(self.said.season)
        for line in lines:
            race = races[line.round]
            facts: dict[str, Any] = {
                "race": race,
                "display_order": line.display_order,
                "position": line.position,
                "points": line.points,
                "is_champion": race in last and line.position == 1,
            }
            if isinstance(line.who, DriverLine):
                driver = self.names.driver(line.who)
                row = DriverStandingRecord(driver=driver, **facts)
                self.facts.driver_standings.append(row)
            else:
                team = self.names.team(line.who)
                engine = engines.get(team, "")
                rank = TeamStandingRecord(team=team, engine=engine, **facts)
                self.facts.team_standings.append(rank)
        self._know(races.values())

    def _race_of(self, line: StandingLine) -> RaceRef:
        if line.round in self.refs:
            return self.refs[line.round]
        for race in self.names.races.values():
            if race.round == line.round:
                return race.ref
        raise SourceFormatError(
            f"There are standings of {line.season} after round {line.round}, a race"
            " that nobody knows"
        )

    def _is_last(self, race: RaceRef) -> bool:
        """Whether the championship is decided for good: no race is left after it."""
        races = {row.ref: row for row in self.names.races.values()}
        races |= {row.ref: row for row in self.facts.races}
        if self.said.calendar:  # what it dropped is not to be
            races = {ref: races[ref] for ref in self.refs.values()}
        left = [
            row
            for row in races.values()
            if row.round and row.starts_on > races[race].starts_on
        ]
        return not left and races[race].status == Race.Status.COMPLETED

    def _know(self, refs: Iterable[RaceRef]) -> None:
        said = {race.ref for race in self.facts.races}
        self.present |= set(refs) - said

    # --- entry lists --------------------------------------------------------------
    def _entries(self) -> list[EntryRecord]:
        """Who sat in which car; ahead of us, who did so last."""
        tables = (QUALIFYING_RESULTS, SPRINT_RESULTS, RESULTS)
        brought = {row.race for t in tables for row in getattr(self.facts, t.name)}
        if not brought:
            return []
        seats: dict[RaceRef, dict[Seat, None]] = {}
        for table in tables:
            for row in self._all_of(table):
                seat = (row.driver, row.team, row.car_number)
                seats.setdefault(row.race, {})[seat] = None
        days = self._days()
        last = max((ref for ref in seats if ref in days), key=days.__getitem__)
        ahead = [ref for ref, day in days.items() if day > days[last]]
        if last not in brought:
            ahead = []
        return [_entry(ref, seat) for ref in sorted(brought) for seat in seats[ref]] + [
            _entry(ref, seat) for ref in sorted(ahead) for seat in seats[last]
        ]

    def _days(self) -> dict[RaceRef, date]:
        """The races of the season that are to be, or were."""
        races = {row.ref: row for row in self.names.races.values() if row.round}
        races |= {row.ref: row for row in self.facts.races}
        return {ref: race.starts_on for ref, race in races.items()}


def _entry(race: RaceRef, seat: Seat) -> EntryRecord:
    return EntryRecord(race, *seat, is_practice_only=False)


def _of_archive(season: int) -> set[RaceRef]:
    """Races whose results a source of a higher rank has: their dates are history."""
    rows = Provenance.objects.filter(
        race__season=season, sheet=RESULTS.name, source__in=RANKS
    )
    return set(rows.values_list("race__season_id", "race__grand_prix"))


def _held(season: int) -> set[RaceRef]:
    rows = RaceResult.objects.filter(race__season=season)
    return set(rows.values_list("race__season_id", "race__grand_prix").distinct())


def _engines(season: int) -> dict[str, str]:
    """Team → maker of its engine, as it was last ranked in the season."""
    rows = TeamStanding.objects.filter(race__season=season)
    rows = rows.order_by("race__starts_on", "display_order")
    return dict(rows.values_list("team__slug", "engine"))
