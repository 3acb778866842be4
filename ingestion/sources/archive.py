"""The whole of F1DB in its CSV release: 1950 to today."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TypeVar

from ingestion.errors import SourceFormatError
from ingestion.models import Race, SessionKind
from ingestion.records import Facts, RaceRecord, SeasonRecord, TeamEraRecord
from ingestion.records import SessionRecord as Session
from ingestion.sources import f1db, f1db_sessions, lineups
from ingestion.sources.container import Container, opened
from ingestion.sources.sheets import Sheet

T = TypeVar("T")

#: Told of every step: what it is, how many are done, how many there are.
Progress = Callable[[str, int, int], None]

ZIP_NAME = "f1db-csv.zip"
FILES = (
    "f1db-countries.csv",
    "f1db-grands-prix.csv",
    "f1db-circuits.csv",
    "f1db-circuits-layouts.csv",
    "f1db-constructors.csv",
    "f1db-constructors-chronology.csv",
    "f1db-drivers.csv",
    "f1db-races.csv",
    "f1db-seasons-entrants-drivers.csv",
    "f1db-races-fastest-laps.csv",
    "f1db-races-race-results.csv",
    "f1db-races-sprint-race-results.csv",
    "f1db-races-qualifying-results.csv",
    "f1db-races-sprint-qualifying-results.csv",
    "f1db-races-starting-grid-positions.csv",
    "f1db-races-sprint-starting-grid-positions.csv",
    *(f"f1db-races-free-practice-{number}-results.csv" for number in range(1, 5)),
    "f1db-races-driver-standings.csv",
    "f1db-races-constructor-standings.csv",
)


def quiet(step: str, done: int, total: int) -> None:
    """Progress for those who need none."""


def fetch_archive(location: str) -> AbstractContextManager[Container]:
    """Open a release at an address, in a zip file or in a folder."""
    return opened(location, zip_name=ZIP_NAME)


def parse_archive(container: Container, progress: Progress = quiet) -> Facts:
    """All facts of a release; SourceFormatError says which rows cannot be right."""
    missing = sorted(set(FILES) - set(container.files))
    if missing:
        raise SourceFormatError(
            f"{container.location} lacks {', '.join(missing)}: it is no complete F1DB"
            " release in the CSV format"
        )
    return _Reader(container, progress).facts()


@dataclass
class _Reader:
    """Reads the files in the order in which they refer to each other."""

    container: Container
    progress: Progress
    n_read: int = 0

    def read(self, sheet: Sheet[T]) -> list[T]:
        self.progress(f"Reading {sheet.name}", self.n_read, len(FILES))
        self.n_read += 1
        with self.container.lines(sheet.name) as lines:
            return sheet.read(lines)

    def facts(self) -> Facts:
        known, facts = f1db.Known(), Facts()
        self._read_world(known, facts)
        self._read_calendar(known, facts)
        self._read_sessions(known, facts)
        facts.races[:] = _with_status(facts)
        season_entries = self.read(f1db.season_entries(known))
        facts.entries.extend(lineups.entries(facts, season_entries))
        return facts

    def _read_world(self, known: f1db.Known, facts: Facts) -> None:
        countries = self.read(f1db.COUNTRIES)
        known.country_names = {each.slug: each.name for each in countries}
        known.demonyms = {each.slug: each.demonym or each.name for each in countries}
        known.country_codes = {each.slug: each.code for each in countries}
        facts.circuits.extend(self.read(f1db.circuits(known)))
        known.circuits = {each.slug: each.slug for each in facts.circuits}
        facts.layouts.extend(self.read(f1db.layouts(known)))
        known.layouts = {"": None} | {each.slug: each.slug for each in facts.layouts}
        facts.teams.extend(self.read(f1db.teams(known)))
        known.teams = {each.slug: each.slug for each in facts.teams}
        facts.team_eras.extend(_eras(self.read(f1db.chronology(known))))
        facts.drivers.extend(self.read(f1db.drivers(known)))
        known.drivers = {each.slug: each.slug for each in facts.drivers}

    def _read_calendar(self, known: f1db.Known, facts: Facts) -> None:
        grands_prix = self.read(f1db.GRANDS_PRIX)
        known.grands_prix = {each.slug: each.name for each in grands_prix}
        facts.races.extend(self.read(f1db.races(known)))
        # The same file twice more: for the numbers of the races and their sessions.
        with self.container.lines(f1db.RACE_IDS.name) as lines:
            ids = f1db.RACE_IDS.read(lines)
        known.races = {each.id: (each.season, each.grand_prix) for each in ids}
        with self.container.lines(f1db.TIMETABLES.name) as lines:
            facts.sessions.extend(_sessions(f1db.TIMETABLES.read(lines)))
        years = sorted({race.season for race in facts.races})
        facts.seasons.extend(SeasonRecord(year) for year in years)

    def _read_sessions(self, known: f1db.Known, facts: Facts) -> None:
        files, kinds = f1db_sessions, SessionKind
        best_laps = {
            (lap.race, lap.driver, lap.car_number): lap.time_ms
            for lap in self.read(files.FASTEST_LAPS)
        }
        facts.results.extend(self.read(files.results(known, best_laps)))
        facts.sprint_results.extend(self.read(files.sprint_results(known)))
        for prefix, qualifying, grid in (
            ("f1db-races", kinds.QUALIFYING, kinds.RACE),
            ("f1db-races-sprint", kinds.SPRINT_QUALIFYING, kinds.SPRINT),
        ):
            facts.qualifying_results.extend(
                self.read(
                    files.qualifying_results(
                        known, f"{prefix}-qualifying-results.csv", qualifying
                    )
                )
            )
            facts.grid_slots.extend(
                self.read(
                    files.grid_slots(
                        known, f"{prefix}-starting-grid-positions.csv", grid
                    )
                )
            )
        for number in range(1, 5):
            facts.practice_results.extend(
                self.read(files.practice_results(known, number))
            )
        facts.driver_standings.extend(self.read(files.driver_standings(known)))
        facts.team_standings.extend(self.read(files.team_standings(known)))


def _eras(links: list[f1db.Link]) -> Iterator[TeamEraRecord]:
    """The same chain is listed under each of its teams: take it once."""
    first = {link.chain: link.team for link in reversed(links) if link.order == 1}
    eras = {
        (link.team, link.first_year): TeamEraRecord(
            link.team, first[link.chain], link.first_year, link.last_year
        )
        for link in links
        if link.chain in first
    }
    yield from eras.values()


def _sessions(timetables: list[f1db.Timetable]) -> Iterator[Session]:
    for each in timetables:
        race = each.season, each.grand_prix
        for kind, starts_on, starts_at in each.sessions:
            yield Session(race, kind, starts_on, starts_at)


def _with_status(facts: Facts) -> list[RaceRecord]:
    held = {row.race for row in facts.results}
    return [
        replace(race, status=Race.Status.COMPLETED.value) if race.ref in held else race
        for race in facts.races
    ]
