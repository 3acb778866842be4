"""A season, or a race of it, from the live source into the record."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from f1site.base import clock
from ingestion.errors import SourceFormatError
from ingestion.models import (
    Race,
    Source,
    SourceFetch,
)
from ingestion.records import (
    Facts,
)
from ingestion.services import fetching
from ingestion.services.fetching import Answer, Manners
from ingestion.services.findings import note_disagreements
from ingestion.services.identity import Names
from ingestion.services.live_reading import Reading, Said
from ingestion.services.provenance import Import, documented, public_address
from ingestion.services.record import Progress, Reach, store
from ingestion.sources import jolpica
from ingestion.sources.archive import quiet
from ingestion.sources.pages import LIMIT, Page

T = TypeVar("T")

KINDS = ("calendar", "qualifying", "sprint", "results", "standings")
#: Results are amended for days; whatever is older was read when nothing moved.
SETTLED_AFTER = timedelta(days=7)
FOREVER = timedelta(days=36_500)


def manners() -> Manners:
    """How the live source wants to be asked, by the settings."""
    return Manners(
        Source.LIVE,
        settings.LIVE_URL,
        per_second=settings.LIVE_PER_SECOND,
        per_hour=settings.LIVE_PER_HOUR,
        first_wait_s=settings.LIVE_WAIT_S,
        patience_s=settings.LIVE_PATIENCE_S,
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
    progress: Progress = quiet,
) -> Import:
    """Bring a season, or one of its races, in line with the live source.

    ``replay`` reads what is kept and never asks; a finished season that was read to its
    end is read again from there, too. ``refresh`` asks whatever is kept.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"kinds has {sorted(unknown)}; there are {', '.join(KINDS)}")
    location = _location(season, round, kinds)
    with documented(Source.LIVE, location) as run:
        source = _Asking(manners(), replay, _fresh_for(season, refresh), progress)
        said = _said(source, season, round, kinds)
        run.sha256 = source.checksum()
        _store(run, said, progress)
    return run


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
        location=_location(season, None, KINDS),
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
    first: Answer = field(init=False)

    def read(self, fetch: Callable[[], list[Page]], parse: Callable[..., T]) -> T:
        """What a query says; answers that make no sense are marked as such."""
        before = len(self.answers)
        try:
            return parse(fetch())
        except SourceFormatError as error:
            if not self.replay:
                reason = " ".join([error.message, *error.problems[:1]])
                fetching.reject(self.answers[before:], self.manners, reason)
            raise

    def ask(self, address: str, offset: int) -> bytes:
        """One page. Pages belong together: none may be older than the first."""
        self.progress(f"Asking for {address}", len(self.answers), len(self.answers) + 1)
        fresh_for = self.fresh_for
        if offset and not self.replay:
            fresh_for = datetime.now(UTC) - self.first.fetched_at
        answer = fetching.fetch(
            self.manners,
            address,
            {"limit": LIMIT, "offset": offset},
            replay=self.replay,
            fresh_for=fresh_for,
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
    ask, of = source.ask, (season, round)
    queries: list[tuple[str, str, Callable[[], list[Page]], Callable[..., Any]]] = [
        (
            "calendar",
            "calendar",
            lambda: jolpica.fetch_calendar(ask, season),
            jolpica.parse_calendar,
        ),
        *(
            (what, what, lambda what=what: jolpica.fetch_rows(ask, what, *of), parse)
            for what, parse in (
                ("qualifying", jolpica.parse_qualifying),
                ("sprint", jolpica.parse_sprint),
                ("results", jolpica.parse_results),
            )
        ),
        *(
            (
                "standings",
                who,
                lambda what=what: jolpica.fetch_standings(ask, what, *of),
                jolpica.parse_standings,
            )
            for who, what in (
                ("drivers", "driverstandings"),
                ("teams", "constructorstandings"),
            )
        ),
    ]
    for kind, name, fetch, parse in queries:
        if kind in kinds:
            lines = source.read(fetch, lambda pages, parse=parse: parse(pages, season))
            setattr(said, name, lines)
            said.empty += [] if lines else [kind if name == kind else f"{name} {kind}"]
    return said


# --- writing --------------------------------------------------------------------
def _store(run: Import, said: Said, progress: Progress) -> None:
    facts = Facts()
    names = Names(said.season, facts)
    notes = [
        f"The source has no {what} of {said.season} yet; nothing is removed"
        for what in said.empty
    ]
    reading = Reading(said, names, facts)
    reading.read()
    with transaction.atomic():
        run.outcome = store(
            facts,
            fetch=run.fetch,
            reach=Reach.SHEETS,
            progress=progress,
            whole_seasons={said.season} if said.calendar else (),
            present=reading.present,
        )
        names.note()
        note_disagreements(source=Source.LIVE, passed_over=run.outcome.passed_over)
    run.outcome.notes += notes + _strangers(names)


def _strangers(names: Names) -> list[str]:
    return [
        f"Unknown {each.kind.label} {each.said} ({each.name}): added as {each.slug}"
        for each in names.newcomers
    ]
