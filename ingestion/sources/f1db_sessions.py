"""The files of an F1DB release that say what happened in a session."""

from collections.abc import Mapping

from ingestion import records
from ingestion.models import SessionKind
from ingestion.sources.f1db import (
    NO_POSITION,
    NO_QUALIFYING_POSITION,
    FastestLap,
    Known,
    finish_status,
    points_or_none,
    qualifying_status,
)
from ingestion.sources.sheets import (
    Column,
    Sheet,
    choice,
    combined,
    constant,
    flag,
    optional_whole,
    reference,
    required,
    text,
    whole,
)

FASTEST_LAPS = Sheet(
    "f1db-races-fastest-laps.csv",
    FastestLap,
    {
        "race": required("raceId"),
        "driver": required("driverId"),
        "car_number": text("driverNumber"),
        "time_ms": optional_whole("timeMillis"),
    },
    unique=("raceId", "positionDisplayOrder"),
)


def session_row(known: Known) -> dict[str, Column]:
    return {
        "race": reference("raceId", known.races, "race"),
        "driver": reference("driverId", known.drivers, "driver"),
        "team": reference("constructorId", known.teams, "constructor"),
        "car_number": text("driverNumber"),
        "display_order": whole("positionDisplayOrder"),
        "position": optional_whole("positionNumber"),
    }


IN_SESSION = ("raceId", "positionDisplayOrder")


def finish(known: Known) -> dict[str, Column]:
    return {
        **session_row(known),
        "is_classified": combined(("positionNumber",), bool, "a number or nothing"),
        "status": combined(
            ("positionNumber", "positionText", "gapLaps", "reasonRetired"),
            finish_status,
            f"a number, or one of {', '.join(NO_POSITION)}",
        ),
        "reason": text("reasonRetired"),
        "grid": optional_whole("gridPositionNumber"),
        "from_pit_lane": combined(("gridPositionText",), "PL".__eq__, "a grid place"),
        "qualifying_position": optional_whole("qualificationPositionNumber"),
        "laps": optional_whole("laps"),
        "time_ms": optional_whole("timeMillis"),
        "gap_ms": optional_whole("gapMillis"),
        "gap_laps": optional_whole("gapLaps"),
        "penalty_ms": optional_whole("timePenaltyMillis"),
        "points": combined(("points",), points_or_none, "points"),
    }


def results(
    known: Known, best_laps: Mapping[tuple[str, str, str], int | None]
) -> Sheet[records.RaceResultRecord]:
    columns = {
        **finish(known),
        "is_shared_car": flag("sharedCar"),
        "has_pole": flag("polePosition"),
        # Empty for a whole race behind the safety car: nobody has it.
        "has_fastest_lap": choice(
            "fastestLap", {"true": True, "false": False, "": False}
        ),
        "best_lap_ms": combined(
            ("raceId", "driverId", "driverNumber"), best_laps.get, "a driver"
        ),
        "pit_stops": optional_whole("pitStops"),
    }
    return Sheet(
        "f1db-races-race-results.csv",
        records.RaceResultRecord,
        columns,
        unique=IN_SESSION,
        is_core=True,
    )


def sprint_results(known: Known) -> Sheet[records.SprintResultRecord]:
    return Sheet(
        "f1db-races-sprint-race-results.csv",
        records.SprintResultRecord,
        finish(known),
        unique=IN_SESSION,
    )


def qualifying_results(
    known: Known, name: str, kind: SessionKind
) -> Sheet[records.QualifyingResultRecord]:
    columns = {
        **session_row(known),
        "kind": constant(kind.value),
        "status": combined(
            ("positionNumber", "positionText"),
            qualifying_status,
            f"a number, or one of {', '.join(NO_QUALIFYING_POSITION)}",
        ),
        "time_ms": optional_whole("timeMillis"),
        "q1_ms": optional_whole("q1Millis"),
        "q2_ms": optional_whole("q2Millis"),
        "q3_ms": optional_whole("q3Millis"),
        "laps": optional_whole("laps"),
    }
    return Sheet(
        name,
        records.QualifyingResultRecord,
        columns,
        unique=IN_SESSION,
        is_core=kind == SessionKind.QUALIFYING,
    )


def grid_slots(
    known: Known, name: str, kind: SessionKind
) -> Sheet[records.GridSlotRecord]:
    columns = {
        **session_row(known),
        "kind": constant(kind.value),
        "from_pit_lane": combined(("positionText",), "PL".__eq__, "a grid place"),
        "qualifying_position": optional_whole("qualificationPositionNumber"),
        "penalty_places": optional_whole("gridPenaltyPositions"),
        "penalty": text("gridPenalty"),
    }
    return Sheet(name, records.GridSlotRecord, columns, unique=IN_SESSION)


def practice_results(known: Known, number: int) -> Sheet[records.PracticeResultRecord]:
    columns = {
        **session_row(known),
        "kind": constant(f"FP{number}"),
        "time_ms": optional_whole("timeMillis"),
        "laps": optional_whole("laps"),
    }
    return Sheet(
        f"f1db-races-free-practice-{number}-results.csv",
        records.PracticeResultRecord,
        columns,
        unique=IN_SESSION,
    )


def standing(known: Known) -> dict[str, Column]:
    return {
        "race": reference("raceId", known.races, "race"),
        "display_order": whole("positionDisplayOrder"),
        "position": optional_whole("positionNumber"),
        "points": combined(("points",), points_or_none, "points"),
        "is_champion": flag("championshipWon"),
    }


def driver_standings(known: Known) -> Sheet[records.DriverStandingRecord]:
    columns = {
        **standing(known),
        "driver": reference("driverId", known.drivers, "driver"),
    }
    return Sheet(
        "f1db-races-driver-standings.csv",
        records.DriverStandingRecord,
        columns,
        unique=("raceId", "driverId"),
    )


def team_standings(known: Known) -> Sheet[records.TeamStandingRecord]:
    columns = {
        **standing(known),
        "team": reference("constructorId", known.teams, "constructor"),
        "engine": required("engineManufacturerId"),
    }
    return Sheet(
        "f1db-races-constructor-standings.csv",
        records.TeamStandingRecord,
        columns,
        unique=IN_SESSION,
    )
