"""Entry lists, which F1DB has by season but not by race.

A race that was held had everybody in it who stands in one of its classifications.
A race ahead gets the line-up that the season's entry list says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ingestion.records import DriverRecord, EntryRecord, Facts, RaceRecord, RaceRef
from ingestion.sources.f1db import SeasonEntry

Seat = tuple[RaceRef, str, str, str]


def entries(facts: Facts, season_entries: list[SeasonEntry]) -> list[EntryRecord]:
    """The entry list of every race of the source."""
    seats = _seats(
        [*facts.results, *facts.qualifying_results, *facts.sprint_results],
    )
    guests = _seats(facts.practice_results)
    held = {race for race, *_ in seats}
    numbers = CarNumbers.of(facts, season_entries)
    for race in facts.races:
        if race.ref not in held:
            own_guests = [seat for seat in guests if seat[0] == race.ref]
            seats |= _planned(race, season_entries, own_guests, numbers)
    return [
        EntryRecord(*seat, is_practice_only=seat not in seats)
        for seat in {**seats, **guests}
    ]


def _seats(rows: Iterable[object]) -> dict[Seat, None]:
    """The seats in order of appearance: a set that keeps its order."""
    return {(r.race, r.driver, r.team, r.car_number): None for r in rows}  # type: ignore[attr-defined]


def _planned(
    race: RaceRecord,
    season_entries: list[SeasonEntry],
    guests: list[Seat],
    numbers: "CarNumbers",
) -> dict[Seat, None]:
    """The line-up that a race ahead is expected to have, with the numbers practised."""
    practised = {(driver, team): number for _, driver, team, number in guests}
    planned: dict[Seat, None] = {}
    for entry in _line_up(race, season_entries):
        number = practised.get((entry.driver, entry.team))
        number = number or numbers.number(entry.driver, race.season)
        planned[race.ref, entry.driver, entry.team, number] = None
    return planned


def _line_up(
    race: RaceRecord, season_entries: list[SeasonEntry]
) -> Iterable[SeasonEntry]:
    """Who is entered for the round, else who raced last, else who has a contract.

    The rounds of a season are filled in as they are raced, so that the entry list
    of a season under way says nothing yet of the rounds ahead.
    """
    season = [entry for entry in season_entries if entry.season == race.season]
    last_raced = max(
        (entry_round for entry in season for entry_round in entry.rounds), default=None
    )
    for wanted in (race.round, last_raced):
        line_up = [entry for entry in season if wanted in entry.rounds]
        if line_up:
            return line_up
    return [entry for entry in season if not entry.is_test_driver]


@dataclass
class CarNumbers:
    """The number that a driver will have on his car.

    A regular keeps the number of his last race (a champion may carry the 1). A
    stand-in had the team's spare number and gets his own.
    """

    drivers: dict[str, DriverRecord]
    last: dict[str, tuple[int, str]] = field(default_factory=dict)
    regulars: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Facts, season_entries: list[SeasonEntry]) -> "CarNumbers":
        days = {race.ref: race.starts_on for race in facts.races}
        numbers = cls({driver.slug: driver for driver in facts.drivers})
        for row in sorted(facts.results, key=lambda row: days[row.race]):
            numbers.last[row.driver] = row.race[0], row.car_number
        numbers.regulars = {
            (entry.season, entry.driver)
            for entry in season_entries
            if not entry.is_test_driver
        }
        return numbers

    def number(self, driver: str, season: int) -> str:
        last_season, last_number = self.last.get(driver, (0, ""))
        if last_season >= season - 1 and (last_season, driver) in self.regulars:
            return last_number
        return self.drivers[driver].permanent_number or last_number
