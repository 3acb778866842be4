"""What is written into the history of edits: who changed which row by hand.

Imports copy rows past the ORM, and leave one SourceFetch instead of a row for each.
"""

from auditlog.registry import auditlog

from ingestion.models import Alias, CorrectedFigure, Correction, GridPenalty
from ingestion.services.tables import TABLES


def register() -> None:
    edited = [Alias, CorrectedFigure, Correction, GridPenalty]
    for model in [*(table.model for table in TABLES), *edited]:
        auditlog.register(model)
