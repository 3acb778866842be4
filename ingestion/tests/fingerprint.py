"""What the record says, whatever keys its rows were given."""

import hashlib
from typing import Any

from django.db.models import Q

from ingestion.models import Alias, Finding, Provenance, ResultVersion
from ingestion.services.reading import read
from ingestion.services.tables import TABLES


def _rows(model: type[Any], *names: str) -> list[Any]:
    return sorted(model.objects.values_list(*names), key=repr)


def fingerprint() -> str:
    """A checksum of all rows by natural keys, ordered: none lost, none doubled."""
    said: list[Any] = [
        sorted(repr(row) for row in read(table, Q())) for table in TABLES
    ]
    said += [
        _rows(ResultVersion, "race", "kind", "number", "standing", "content_hash"),
        _rows(Provenance, "race", "sheet", "source", "n_rows"),
        _rows(Alias, "source", "kind", "alias", "slug", "first_season"),
        _rows(Finding, "kind", "source", "race", "sheet", "subject", "field"),
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()
