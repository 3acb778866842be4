"""A season, or a race of it, from the live source into the record."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from f1site.base import clock, jobs
from ingestion.errors import SourceFormatError
from ingestion.models import Race, Source, SourceFetch
from ingestion.records import Facts
from ingestion.services import fetching, live_words
from ingestion.services.fetching import Answer, Manners
from ingestion.services.findings import note_disagreements
from ingestion.services.identity import Names
from ingestion.services.live_reading import Reading, Said
from ingestion.services.provenance import Import, documented, public_address
from ingestion.services.record import LOCK, Outcome, Progress, Reach, store
from ingestion.sources import jolpica
from ingestion.sources.archive import quiet
from ingestion.sources.jolpica import KINDS, Query
from ingestion.sources.pages import LIMIT, Page

#: Results are amended for days; whatever is older was read when nothing moved.
SETTLED_AFTER = timedelta(days=7)
FOREVER = timedelta(days=36_500)
#: The end of what :func:`_location` says.
LOCATION = re.compile(r"/(\d{4})(?:/(\d+))?(?:/([a-z+]+))?$")


def manners(patience_s: float | None = None) -> Manners:
    """How the live source wants to be asked, by the settings."""
    return Manners(
        Source.LIVE,
        settings.LIVE_URL,
        per_second=settings.LIVE_PER_SECOND,
        per_hour=settings.LIVE_PER_HOUR,
        first_wait_s=settings.LIVE_WAIT_S,
        patience_s=settings.LIVE_PATIENCE_S if patience_s is None else patience_s,
        timeout_s=settings.LIVE_TIMEOUT_S,
        deadline_s=3 * settings.LIVE_TIMEOUT_S,
        fresh_for=timedelta(seconds=settings.LIVE_FRESH_S),
    )


def import_live(
    *,
    season: int,
    round: int | None = None,
    kinds: Collection[str] = KINDS,
    replay: bool = False,
    refresh: bool = False,
    patience_s: float | None = None,
    allow_removals: bool = False,
    progress: Progress = quiet,
) -> Import:
    """Bring a season, or one of its races, in line with the live source.

    ``replay`` reads what is kept and never asks; a finished season that was read to its
    end is read again from there, too. ``refresh`` asks whatever is kept. Who comes
    again soon need not wait for a source at rest: ``patience_s``.
    ``allow_removals`` accepts that much of what the record has is missing.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"kinds has {sorted(unknown)}; there are {', '.join(KINDS)}")
    location = _location(season, round, kinds)
    with documented(Source.LIVE, location) as run:
        source = _Asking(
            manners(patience_s), replay, _fresh_for(season, refresh), progress
        )
        said = _said(source, season, round, kinds)
        run.sha256 = source.checksum()
        _store(run, said, source.pages, progress, allow_removals)
    return run


def replay_live(*, fetch: SourceFetch) -> Import:
    """Read again what is kept of all that an import read. Nobody is asked."""
    found = LOCATION.search(fetch.location)
    if fetch.source != Source.LIVE or found is None:
        raise ValueError(f"fetch is {fetch}, whose answers are not kept")
    season, round, kinds = found.groups()
    return import_live(
        season=int(season),
        round=int(round) if round else None,
        kinds=kinds.split("+") if kinds else KINDS,
        replay=True,
    )


def last_read(season: int, round: int | None, kind: str) -> datetime | None:
    """When a kind was last read to its end, by the clock of the site."""
    done = SourceFetch.objects.filter(
        source=Source.LIVE,
        location=public_address(_location(season, round, (kind,))),
        outcome=SourceFetch.Outcome.DONE,
    )
    last = done.order_by("-started_at").first()
    return last.started_at if last else None


def _location(season: int, round: int | None, kinds: Collection[str]) -> str:
    """An address for eyes: a season, a race, and what of it if not all."""
    parts = [str(season)] + ([str(round)] if round else [])
    wanted = [kind for kind in KINDS if kind in kinds]
    parts += ["+".join(wanted)] if len(wanted) < len(KINDS) else []
    return settings.LIVE_URL + "/".join(parts)


def _fresh_for(season: int, refresh: bool) -> timedelta | None:
    """A season that is over and was read whole afterwards is not asked for again."""
    if refresh:
        return timedelta(0)
    if season >= clock.now().year:
        return None
    races = Race.objects.filter(season=season)
    last = races.held().order_by("starts_on").last()
    if last is None or races.open().exists():
        return None
    day = datetime.combine(last.starts_on, datetime.min.time(), UTC)
    whole = SourceFetch.objects.filter(
        source=Source.LIVE,
        location=public_address(_location(season, None, KINDS)),
        outcome=SourceFetch.Outcome.DONE,
        started_at__gt=day + SETTLED_AFTER,
    )
    return FOREVER if whole.exists() else None


# --- asking ---------------------------------------------------------------------
@dataclass
class _Asking:
    """One import's conversation with the source."""

    manners: Manners
    replay: bool
    fresh_for: timedelta | None
    progress: Progress
    answers: list[Answer] = field(default_factory=list)
    pages: dict[str, list[Page]] = field(default_factory=dict)
    first: Answer = field(init=False)

    def read(self, query: Query, season: int, round: int | None) -> list[Any]:
        """What a query says; answers that make no sense are marked as such."""
        before = len(self.answers)
        try:
            pages = jolpica.fetch_query(query, self.ask, season, round)
            lines = query.parse(pages, season)
        except SourceFormatError as error:
            if not self.replay:
                reason = " ".join([error.message, *error.problems[:1]])
                fetching.reject(self.answers[before:], self.manners, reason)
            raise
        self.pages[query.name] = pages
        return lines

    def ask(self, address: str, offset: int) -> bytes:
        """One page. Pages belong together: none may be older than the first."""
        self.progress(f"Asking for {address}", len(self.answers), len(self.answers) + 1)
        answer = fetching.fetch(
            self.manners,
            address,
            {"limit": LIMIT, "offset": offset},
            replay=self.replay,
            fresh_for=self.fresh_for,
            since=self.first.fetched_at if offset else None,
        )
        if not offset:
            self.first = answer
        self.answers.append(answer)
        return answer.content

    def checksum(self) -> str:
        sums = "".join(answer.sha256 for answer in self.answers)
        return hashlib.sha256(sums.encode()).hexdigest()


def _said(
    source: _Asking, season: int, round: int | None, kinds: Collection[str]
) -> Said:
    said = Said(season)
    for query in jolpica.QUERIES:
        if query.kind in kinds:
            lines = source.read(query, season, round)
            setattr(said, query.name, lines)
            said.empty += [] if lines else [query.word or query.name]
    return said


# --- writing --------------------------------------------------------------------
def _store(
    run: Import,
    said: Said,
    pages: Mapping[str, list[Page]],
    progress: Progress,
    allow_removals: bool,
) -> None:
    notes = [
        f"The source has no {what} of {said.season} yet; nothing is removed"
        for what in said.empty
    ]
    with jobs.exclusive(LOCK):  # what is read of the record holds until it is written
        facts = Facts()
        names = Names(said.season, facts)
        reading = Reading(said, names, facts)
        reading.read()
        run.outcome = store(
            facts,
            fetch=run.fetch,
            reach=Reach.SHEETS,
            progress=progress,
            allow_removals=allow_removals,
            whole_seasons={said.season} if said.calendar else (),
            present=reading.present,
        )
        names.note()
        live_words.note(pages, reading)
        note_disagreements(source=Source.LIVE, passed_over=run.outcome.passed_over)
    run.outcome.notes += notes + _strangers(names) + _left(run.outcome)


def _left(outcome: Outcome) -> list[str]:
    n_rows = sum(len(rows) for rows in outcome.passed_over.values())
    if not n_rows:
        return []
    return [f"{n_rows:,} rows are left to the archive, which has them, and compared"]


def _strangers(names: Names) -> list[str]:
    return [
        f"Unknown {each.kind.replace('_', ' ')} {each.said} ({each.name}):"
        f" added as {each.slug}"
        for each in names.newcomers
    ]
