"""A small championship, made up from a seed: as fields, and as rows.

Ten drivers in five teams; the later the letter, the slower. Qualifying follows skill,
the grid follows qualifying, the race follows the grid, all with noise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db.models import Model

from f1site.testing.snapshot import remembered
from ingestion.models import (
    Circuit,
    Driver,
    DriverStanding,
    Entry,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    Race,
    RaceResult,
    Season,
    Session,
    SprintResult,
    Team,
    TeamEra,
)
from ingestion.services.versions import note_versions
from ingestion.tests.factories import unlogged
from predictions.forecasting.entrant import Entrant, Field, Finish, Outcome
from ratings.services import refresh_rankings, replay_ratings

DRIVERS = [f"driver-{letter}" for letter in "abcdefghij"]
TEAMS = [f"team-{number}" for number in range(5)]
POINTS = (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)
BEST_LAP_MS = 90_000
#: Whose a row of a result is.
SEAT = ("driver", "team", "car_number")


@dataclass(frozen=True)
class Weekend:
    """What happened: arrays by driver."""

    practice_ms: list[int]
    qualifying_ms: list[int]
    grid: list[int]
    place: list[int]
    is_retired: list[bool]


def weekend(rng: np.random.Generator, n_drivers: int = len(DRIVERS)) -> Weekend:
    skill = np.arange(n_drivers) * 0.25
    practice = skill + rng.normal(0, 0.5, n_drivers)
    qualifying = skill + rng.normal(0, 0.4, n_drivers)
    grid = qualifying.argsort().argsort() + 1
    is_retired = rng.random(n_drivers) < 0.12
    speed = 0.5 * grid + skill + rng.normal(0, 1.0, n_drivers) + 100 * is_retired
    return Weekend(
        practice_ms=[int(BEST_LAP_MS * (1.01 + gap / 100)) for gap in practice],
        qualifying_ms=[int(BEST_LAP_MS * (1 + gap / 100)) for gap in qualifying],
        grid=grid.tolist(),
        place=(speed.argsort().argsort() + 1).tolist(),
        is_retired=is_retired.tolist(),
    )


def team_of(n: int) -> str:
    return TEAMS[n // 2]


def fields(
    *, seasons: range = range(2015, 2019), rounds: int = 12, seed: int = 7
) -> list[Field]:
    """Races that are over, in order of time."""
    rng = np.random.default_rng(seed)
    return [
        field_of(weekend(rng), year, round)
        for year in seasons
        for round in range(1, rounds + 1)
    ]


def field_of(happened: Weekend, year: int, round: int) -> Field:
    entrants = [
        Entrant(
            driver=driver,
            team=team_of(n),
            lineage=team_of(n),
            elo_driver=1600.0 - 20 * n,
            elo_team=1500.0,
            practice_ms={"FP1": happened.practice_ms[n]},
            qualifying_place=happened.grid[n],
            qualifying_ms={"q1_ms": happened.qualifying_ms[n]},
            provisional_slot=happened.grid[n],
            grid_slot=happened.grid[n],
        )
        for n, driver in enumerate(DRIVERS)
    ]
    finishes = {
        driver: Finish(place=happened.place[n], is_retired=happened.is_retired[n])
        for n, driver in enumerate(DRIVERS)
    }
    return Field.of(
        entrants,
        race=year * 1000 + round,
        season=year,
        round=round,
        circuit=f"circuit-{round}",
        outcome=Outcome(finishes=finishes, standings={}),
    )


# --- the same as rows -----------------------------------------------------------


@unlogged()
def store(
    *, seasons: range = range(2023, 2025), rounds: int = 6, seed: int = 7
) -> Race:
    """Fill the record; answers the next race, round 1 of the season after."""
    _store_people()
    rng = np.random.default_rng(seed)
    for year in seasons:
        Season.objects.create(year=year)
        totals = dict.fromkeys(DRIVERS, 0)
        for round in range(1, rounds + 1):
            race = _store_race(year, round)
            store_entries(race)
            store_weekend(race, happened := weekend(rng))
            store_result(race, happened, totals)
    Season.objects.create(year=seasons.stop)
    race = _store_race(seasons.stop, 1)
    store_entries(race)
    return race


def store_rated() -> Race:
    """`store` and its ratings."""
    race = _rated()
    refresh_rankings()
    return race


@remembered("ingestion", "ratings")
def _rated() -> Race:
    race = store()
    replay_ratings()
    return race


def _store_people() -> None:
    for slug in TEAMS:
        team = Team.objects.create(slug=slug, name=slug.title(), full_name=slug)
        TeamEra.objects.create(team=team, lineage=slug, first_year=1950)
    for slug in DRIVERS:
        _, _, last = slug.partition("-")
        names = {"first_name": "Driver", "last_name": last.upper()}
        Driver.objects.create(slug=slug, name=f"Driver {last.upper()}", **names)


def _store_race(year: int, round: int) -> Race:
    circuit, _ = Circuit.objects.get_or_create(
        slug=f"circuit-{round}",
        defaults={"name": f"Circuit {round}", "kind": "race", "full_name": "Circuit"},
    )
    day = date(year, 3, 5) + timedelta(days=14 * round)
    race = Race.objects.create(
        id=year * 1000 + round,
        season_id=year,
        round=round,
        grand_prix=f"prix-{round}",
        name=f"Grand Prix {round}",
        circuit=circuit,
        starts_on=day,
        starts_at=datetime(day.year, day.month, day.day, 13, tzinfo=UTC),
    )
    for kind, days in (("FP1", 2), ("qualifying", 1)):
        Session.objects.create(race=race, kind=kind, starts_on=day - timedelta(days))
    return race


def _seats() -> Iterator[tuple[int, dict[str, object]]]:
    drivers = {driver.slug: driver for driver in Driver.objects.all()}
    teams = {team.slug: team for team in Team.objects.all()}
    for n, slug in enumerate(DRIVERS):
        seat = {"driver": drivers[slug], "team": teams[team_of(n)]}
        yield n, {**seat, "car_number": str(n + 1)}


@unlogged()
def store_entries(race: Race) -> None:
    Entry.objects.bulk_create(Entry(race=race, **seat) for _, seat in _seats())


@unlogged()
def store_weekend(race: Race, happened: Weekend) -> None:
    """Practice, qualifying and the published grid."""
    practice, qualifying, grid = [], [], []
    for n, seat in _seats():
        slot = happened.grid[n]
        row = {"race": race, "position": slot, "display_order": slot, **seat}
        lap, free = happened.qualifying_ms[n], happened.practice_ms[n]
        by_car = row | {"display_order": n + 1, "position": None}
        practice.append(PracticeResult(**by_car, kind="FP1", time_ms=free))
        qualifying.append(QualifyingResult(**row, q1_ms=lap))
        grid.append(GridSlot(**row, qualifying_position=slot))
    PracticeResult.objects.bulk_create(practice)
    QualifyingResult.objects.bulk_create(qualifying)
    GridSlot.objects.bulk_create(grid)


def publish_grid(race: Race, drivers: list[str]) -> None:
    """Slots in this order."""
    entries = {entry.driver.slug: entry for entry in race.entries.all()}
    GridSlot.objects.bulk_create(
        GridSlot(
            race=race,
            driver=entries[slug].driver,
            team=entries[slug].team,
            car_number=entries[slug].car_number,
            display_order=slot,
            position=slot,
        )
        for slot, slug in enumerate(drivers, start=1)
    )


def shuffle_season(year: int, *, seed: int = 5) -> None:
    """Everybody gets somebody else's results, qualifying, grid and points."""
    rng = np.random.default_rng(seed)
    for race in Race.objects.filter(season=year):
        for table in (RaceResult, QualifyingResult, GridSlot, DriverStanding):
            rows = list(table.objects.filter(race=race))
            table.objects.filter(race=race).delete()
            for kind in {getattr(row, "kind", "") for row in rows}:
                shuffle_seats([r for r in rows if getattr(r, "kind", "") == kind], rng)
            table.objects.bulk_create(rows)


def shuffle_seats(rows: Sequence[Model], rng: np.random.Generator) -> None:
    """Rows of one session, to be stored as new ones."""
    names = [name for name in SEAT if rows and hasattr(rows[0], name)]
    seats = [[getattr(row, name) for name in names] for row in rows]
    for row, n in zip(rows, rng.permutation(len(rows)), strict=True):
        row.pk = None
        for name, value in zip(names, seats[n], strict=True):
            setattr(row, name, value)


def store_timetable(race: Race) -> None:
    """Hours of the sessions, and rows of two more practices."""
    start = race.starts_at
    assert start
    hours = {"FP1": 50, "FP2": 47, "FP3": 26, "qualifying": 23, "race": 0}
    for kind, before in hours.items():
        at = start - timedelta(hours=before)
        day = {"starts_at": at, "starts_on": at.date()}
        Session.objects.update_or_create(race=race, kind=kind, defaults=day)
    first = list(race.practice_results.all())
    for n, kind in enumerate(("FP2", "FP3"), start=3):
        for row in first:
            row.pk, row.kind = None, kind
            row.time_ms = BEST_LAP_MS + 97 * n * row.display_order
        PracticeResult.objects.bulk_create(first)


@unlogged()
def store_result(race: Race, happened: Weekend, totals: dict[str, int]) -> None:
    """The classification, and the standings after it."""
    rows = []
    for n, seat in _seats():
        place, is_retired = happened.place[n], happened.is_retired[n]
        points = 0 if is_retired else POINTS[place - 1]
        totals[DRIVERS[n]] += points
        rows.append(
            RaceResult(
                race=race,
                **seat,
                display_order=place,
                position=None if is_retired else place,
                is_classified=not is_retired,
                status="retired" if is_retired else "finished",
                reason="Engine" if is_retired else "",
                grid=happened.grid[n],
                laps=50,
                points=Decimal(points),
            )
        )
    RaceResult.objects.bulk_create(rows)
    note_versions([race.pk], source="archive")
    _store_standings(race, totals)
    race.status = Race.Status.COMPLETED
    race.save(update_fields=["status"])


def _store_standings(race: Race, totals: dict[str, int]) -> None:
    ranked = sorted(totals, key=lambda slug: (-totals[slug], slug))
    drivers = Driver.objects.in_bulk(field_name="slug")
    DriverStanding.objects.bulk_create(
        DriverStanding(
            race=race,
            driver=drivers[slug],
            display_order=n,
            position=n,
            points=Decimal(totals[slug]),
        )
        for n, slug in enumerate(ranked, start=1)
    )


@unlogged()
def store_sprint_weekend(race: Race, happened: Weekend) -> None:
    """The timetable of 2024, and what was known before the sprint began."""
    race.sprint_format = Race.SprintFormat.QUALIFYING_2024
    race.save(update_fields=["sprint_format"])
    start = race.starts_at
    assert start
    hours = {
        "FP1": 50,
        "sprint_qualifying": 46,
        "sprint": 27,
        "qualifying": 23,
        "race": 0,
    }
    for kind, before in hours.items():
        at = start - timedelta(hours=before)
        day = {"starts_at": at, "starts_on": at.date()}
        Session.objects.update_or_create(race=race, kind=kind, defaults=day)
    for n, seat in _seats():
        slot = happened.grid[n]
        row = {"race": race, "position": slot, "display_order": slot, **seat}
        QualifyingResult.objects.create(
            **row, kind="sprint_qualifying", q1_ms=happened.qualifying_ms[n]
        )
        by_car = row | {"display_order": n + 1, "position": None}
        PracticeResult.objects.create(
            **by_car, kind="FP1", time_ms=happened.practice_ms[n]
        )


def store_sprint(race: Race, happened: Weekend) -> None:
    """Its classification."""
    for n, seat in _seats():
        place, is_retired = happened.place[n], happened.is_retired[n]
        SprintResult.objects.create(
            race=race,
            **seat,
            display_order=place,
            position=None if is_retired else place,
            is_classified=not is_retired,
            status="retired" if is_retired else "finished",
            grid=happened.grid[n],
            laps=17,
        )
    note_versions([race.pk], source="archive")
