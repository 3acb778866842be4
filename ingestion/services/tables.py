"""The tables of the record: which record becomes which row, and what finds it again."""

from ingestion import models, records
from ingestion.services.merge import Table

IN_SESSION = ("race", "kind", "display_order")
ENTRY_IN_SESSION = ("race", "kind", "driver", "car_number")

CIRCUITS = Table(
    "circuits",
    records.CircuitRecord,
    models.Circuit,
    ("slug",),
    is_referenced=True,
    ours=("time_zone",),
)
LAYOUTS = Table(
    "layouts",
    records.LayoutRecord,
    models.CircuitLayout,
    ("slug",),
    is_referenced=True,
)
TEAMS = Table(
    "teams",
    records.TeamRecord,
    models.Team,
    ("slug",),
    is_referenced=True,
    ours=("colour",),
)
TEAM_ERAS = Table(
    "team_eras",
    records.TeamEraRecord,
    models.TeamEra,
    ("team", "first_year"),
    scope="team",
)
DRIVERS = Table(
    "drivers", records.DriverRecord, models.Driver, ("slug",), is_referenced=True
)
SEASONS = Table(
    "seasons", records.SeasonRecord, models.Season, ("year",), is_referenced=True
)
RACES = Table("races", records.RaceRecord, models.Race, ("id",), is_referenced=True)
SESSIONS = Table(
    "sessions", records.SessionRecord, models.Session, ("race", "kind"), scope="race"
)
ENTRIES = Table(
    "entries",
    records.EntryRecord,
    models.Entry,
    ("race", "driver", "team", "car_number"),
    scope="race",
)
RESULTS = Table(
    "results",
    records.RaceResultRecord,
    models.RaceResult,
    ("race", "driver", "car_number"),
    scope="race",
)
SPRINT_RESULTS = Table(
    "sprint_results",
    records.SprintResultRecord,
    models.SprintResult,
    ("race", "driver"),
    scope="race",
)
QUALIFYING_RESULTS = Table(
    "qualifying_results",
    records.QualifyingResultRecord,
    models.QualifyingResult,
    IN_SESSION,
    scope="race",
    by_kind=True,
)
GRID_SLOTS = Table(
    "grid_slots",
    records.GridSlotRecord,
    models.GridSlot,
    ENTRY_IN_SESSION,
    scope="race",
    by_kind=True,
)
PRACTICE_RESULTS = Table(
    "practice_results",
    records.PracticeResultRecord,
    models.PracticeResult,
    IN_SESSION,
    scope="race",
    by_kind=True,
)
DRIVER_STANDINGS = Table(
    "driver_standings",
    records.DriverStandingRecord,
    models.DriverStanding,
    ("race", "driver"),
    scope="race",
)
TEAM_STANDINGS = Table(
    "team_standings",
    records.TeamStandingRecord,
    models.TeamStanding,
    ("race", "team", "engine", "display_order"),
    scope="race",
)
WEATHER = Table(
    "weather",
    records.WeatherRecord,
    models.WeatherData,
    ("race", "kind", "source", "is_forecast"),
)

#: What happened on track, and what follows from it in the championship.
CLASSIFIED = (
    RESULTS,
    SPRINT_RESULTS,
    QUALIFYING_RESULTS,
    GRID_SLOTS,
    PRACTICE_RESULTS,
    DRIVER_STANDINGS,
    TEAM_STANDINGS,
)

#: In the order in which they refer to each other.
WORLD = (CIRCUITS, LAYOUTS, TEAMS, TEAM_ERAS, DRIVERS, SEASONS)
OF_A_RACE = (
    SESSIONS,
    ENTRIES,
    *CLASSIFIED,
    WEATHER,
)
TABLES = (*WORLD, RACES, *OF_A_RACE)
BY_NAME = {table.name: table for table in TABLES}

#: Tables whose rows move ratings: a change in them dates the race anew.
RATED = (RESULTS, SPRINT_RESULTS, QUALIFYING_RESULTS)

#: Rows that are kept when a source drops them: much hangs on them.
KEPT = {"circuit": CIRCUITS, "team": TEAMS, "driver": DRIVERS}
REFERENCES = {**KEPT, "layout": LAYOUTS}
