"""Every import leaves a row that says what came from where, also a failed one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from f1site.base import clock
from ingestion.errors import SourceFormatError
from ingestion.models import SourceFetch
from ingestion.services.record import Outcome


@dataclass
class Import:
    """An import under way: what is known of its source, and what it did.

    ``fetch`` is empty of one that was found needless.
    """

    source: str
    location: str
    sha256: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    fetch: SourceFetch | None = None

    def as_counts(self) -> dict[str, object]:
        """For the job ledger: rows that moved, and what was noted."""
        moved = {
            name: change.added + change.changed + change.removed
            for name, change in self.outcome.changes.items()
            if change
        }
        notes = self.outcome.notes
        return {**moved, **({"notes": notes} if notes else {})}


@contextmanager
def documented(source: str, location: str) -> Iterator[Import]:
    """Write a SourceFetch row around an import, outside of its transaction.

    It is there from the start, so that rows can refer to it, and so that one of a
    killed process is seen.
    """
    fetch = SourceFetch(source=source, location=public_address(location))
    fetch.started_at = clock.now()
    fetch.save()
    run = Import(source, location, fetch=fetch)
    try:
        yield run
    except BaseException as error:
        fetch.outcome = SourceFetch.Outcome.FAILED
        fetch.error = str(error) or type(error).__name__
        if isinstance(error, SourceFormatError):
            fetch.rejected = error.problems
        _save(fetch, run)
        raise
    fetch.outcome = SourceFetch.Outcome.DONE
    fetch.rejected = run.outcome.notes
    _save(fetch, run)


def _save(fetch: SourceFetch, run: Import) -> None:
    fetch.location, fetch.sha256 = public_address(run.location), run.sha256
    fetch.finished_at = clock.now()
    kept = {name: len(slugs) for name, slugs in run.outcome.kept.items()}
    fetch.counts = {
        name: {**change.as_counts(), "vanished": kept.get(name, 0)}
        for name, change in run.outcome.changes.items()
    }
    if run.outcome.last_race is not None:
        fetch.counts["results"]["last_race"] = run.outcome.last_race
    fetch.save()


def public_address(location: str) -> str:
    """An address without its secrets; of a file its name, whatever folder it is in."""
    if "://" not in location:
        return Path(location).name[:500]
    scheme, mark, rest = location.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return "".join([scheme, mark, host.rpartition("@")[2], slash, path])[:500]
