"""The whole archive into the record."""

from django.conf import settings

from ingestion.services.findings import recheck
from ingestion.services.provenance import Import, documented
from ingestion.services.record import Progress, Reach, store
from ingestion.sources.archive import fetch_archive, parse_archive, quiet


def import_archive(
    *, location: str = "", allow_removals: bool = False, progress: Progress = quiet
) -> Import:
    """Bring the record in line with an F1DB release: an address, a zip, a folder.

    ``allow_removals`` accepts a release that lacks much of what the record has.
    """
    location = location or settings.ARCHIVE_URL
    with documented("archive", location) as run, fetch_archive(location) as container:
        run.location, run.sha256 = container.location, container.sha256
        facts = parse_archive(container, progress)
        run.outcome = store(
            facts,
            fetch=run.fetch,
            reach=Reach.HISTORY,
            allow_removals=allow_removals,
            progress=progress,
        )
    recheck()
    return run
