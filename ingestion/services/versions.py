"""Versions of a result: the newest is what the tables say."""

from collections.abc import Collection

from ingestion.models import Correction, ResultVersion, SourceFetch


def note_versions(
    races: Collection[int],
    *,
    source: str,
    fetch: SourceFetch | None = None,
    correction: Correction | None = None,
) -> list[ResultVersion]:
    """Add a version for each of these races whose classification is a new one.

    Compares what the tables of results and sprints say with the newest version;
    called within the transaction that changed them. Answers what was added.
    """
    return []
