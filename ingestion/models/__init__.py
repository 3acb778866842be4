"""The sporting record, one noun family per module."""

from ingestion.models.calendar import (
    Circuit,
    CircuitLayout,
    Race,
    Season,
    Session,
    SessionKind,
)
from ingestion.models.entrants import Driver, Entry, Team, TeamEra
from ingestion.models.provenance import Alias, SourceFetch
from ingestion.models.results import (
    STARTED,
    DriverStanding,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    RaceResult,
    ResultStatus,
    SprintResult,
    TeamStanding,
)
from ingestion.models.weather import WeatherData

__all__ = [
    "STARTED",
    "Alias",
    "Circuit",
    "CircuitLayout",
    "Driver",
    "DriverStanding",
    "Entry",
    "GridSlot",
    "PracticeResult",
    "QualifyingResult",
    "Race",
    "RaceResult",
    "ResultStatus",
    "Season",
    "Session",
    "SessionKind",
    "SourceFetch",
    "SprintResult",
    "Team",
    "TeamEra",
    "TeamStanding",
    "WeatherData",
]
