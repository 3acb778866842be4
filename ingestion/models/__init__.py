"""The sporting record, one noun family per module."""

from ingestion.models.calendar import (
    Circuit,
    CircuitLayout,
    Race,
    Season,
    Session,
    SessionKind,
)
from ingestion.models.corrections import CorrectedFigure, Correction
from ingestion.models.entrants import Driver, Entry, Team, TeamEra
from ingestion.models.provenance import (
    Alias,
    Finding,
    Provenance,
    RawPayload,
    Source,
    SourceFetch,
    SourceRequest,
)
from ingestion.models.results import (
    STARTED,
    DriverStanding,
    GridPenalty,
    GridSlot,
    PracticeResult,
    QualifyingResult,
    RaceResult,
    ResultStatus,
    ResultVersion,
    SprintResult,
    TeamStanding,
)
from ingestion.models.weather import EDITOR, WeatherData
from ingestion.models.words import LiveWords

__all__ = [
    "EDITOR",
    "STARTED",
    "Alias",
    "Circuit",
    "CircuitLayout",
    "CorrectedFigure",
    "Correction",
    "Driver",
    "DriverStanding",
    "Entry",
    "Finding",
    "GridPenalty",
    "GridSlot",
    "LiveWords",
    "PracticeResult",
    "Provenance",
    "QualifyingResult",
    "Race",
    "RaceResult",
    "RawPayload",
    "ResultStatus",
    "ResultVersion",
    "Season",
    "Session",
    "SessionKind",
    "Source",
    "SourceFetch",
    "SourceRequest",
    "SprintResult",
    "Team",
    "TeamEra",
    "TeamStanding",
    "WeatherData",
]
