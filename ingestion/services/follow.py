"""A race weekend as the live source tells it: what is due is asked for, no more."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db.models import Exists, Min, Model, OuterRef

from f1site.base import clock
from ingestion.errors import SourceError, SourceUnavailableError
from ingestion.models import (
    DriverStanding,
    QualifyingResult,
    Race,
    RaceResult,
    SessionKind,
    SprintResult,
)
from ingestion.models.calendar import over_at
from ingestion.services.live import import_live, last_read
from ingestion.services.practice import import_practice
from ingestion.services.provenance import Import
from ingestion.services.versions import WATCHED_FOR
from ingestion.services.weather import import_session_weather

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
#: A weekend is followed from the day before its first session on, which is a Friday
#: where the calendar does not say.
FIRST_SESSION = timedelta(days=2)
#: So long a race is remembered over the turn of the year, or for its standings alone.
PAST_WEEKS = timedelta(weeks=6)

#: Enough to keep the pace; a source at rest is asked again by the next turn.
PATIENCE_S = 5

#: Kinds of the live source in the order in which they come, and where they are kept.
TABLES: dict[str, type[Model]] = {
    "qualifying": QualifyingResult,
    "sprint": SprintResult,
    "results": RaceResult,
    "standings": DriverStanding,
}


class Timetable(NamedTuple):
    """Lights out, and when each session that is asked for can be over."""

    begins_at: datetime
    over: Mapping[str, datetime]


class Beside(Protocol):
    """Brings what another source has of a race."""

    def __call__(self, *, race: Race, now: datetime) -> Import: ...


@dataclass
class Followed:
    """What was read of a race, and what stood in the way."""

    done: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# --- what is due ----------------------------------------------------------------
def due(timetable: Timetable, have: Collection[str], now: datetime) -> list[str]:
    """Kinds to ask for at a moment, in the order in which they come.

    What is missing, once its session can be over. What is there can change for a
    while: a lap deleted afterwards moves the grid until lights out, stewards move a
    result for days, and the standings with it.
    """
    return [kind for kind in TABLES if _is_due(kind, timetable, have, now)]


def _is_due(
    kind: str, timetable: Timetable, have: Collection[str], now: datetime
) -> bool:
    over = timetable.over.get("results" if kind == "standings" else kind)
    if over is None or now < over:
        return False
    if kind == "standings" and "results" not in have:
        return False
    settled_at = timetable.begins_at if kind == "qualifying" else over + WATCHED_FOR
    return kind not in have or now < settled_at


def timetable_of(race: Race) -> Timetable:
    """Where the calendar has no session, it was on the day before the race."""
    eve = over_at("", None, race.starts_on - DAY)
    over = {session.kind: session.over_at for session in race.sessions.all()}
    known = {
        "qualifying": over.get(SessionKind.QUALIFYING, eve),
        "results": race.over_at,
    }
    if race.is_sprint_weekend:
        known["sprint"] = over.get(SessionKind.SPRINT, eve)
    return Timetable(race.begins_at, known)


def have_of(race: Race) -> set[str]:
    """Kinds of which the record has rows, whoever brought them."""
    there = {
        kind
        for kind, table in TABLES.items()
        if kind != "qualifying" and table._default_manager.filter(race=race).exists()
    }
    qualifying = QualifyingResult.objects.filter(race=race)
    is_there = qualifying.filter(kind=SessionKind.QUALIFYING).exists()
    return there | ({"qualifying"} if is_there else set())


# --- which races ----------------------------------------------------------------
def races_to_follow(now: datetime | None = None) -> list[Race]:
    """Races whose weekend it is, and those that were missed, the oldest first."""
    now = now or clock.now()
    first = min(datetime(now.year, 1, 1, tzinfo=UTC), now - PAST_WEEKS)
    races = Race.objects.filter(
        status__in=[Race.Status.SCHEDULED, Race.Status.COMPLETED],
        starts_on__range=(first.date(), (now + FIRST_SESSION + 3 * DAY).date()),
    ).annotate(
        first_on=Min("sessions__starts_on"),
        has_result=Exists(RaceResult.objects.filter(race=OuterRef("pk"))),
        has_standing=Exists(DriverStanding.objects.filter(race=OuterRef("pk"))),
    )
    return [race for race in races.order_by("starts_on", "id") if _is_open(race, now)]


def _is_open(race: Race, now: datetime) -> bool:
    """By what :func:`races_to_follow` has noted of it."""
    if now < race.over_at + WATCHED_FOR:
        first_on = getattr(race, "first_on", None) or race.starts_on - FIRST_SESSION
        return now >= datetime.combine(first_on - DAY, time.min, tzinfo=UTC)
    if not getattr(race, "has_result", True):
        return True
    is_recent = now < race.over_at + PAST_WEEKS
    return is_recent and not getattr(race, "has_standing", True)


# --- asking ---------------------------------------------------------------------
def follow(*, race: Race, now: datetime | None = None) -> Followed:
    """Ask the live source for what is due of a race, and for its weather.

    A source that is away, or makes no sense, is a note: the next turn tries again.
    """
    now = now or clock.now()
    followed = Followed()
    try:
        for kind in _kinds(race, now):
            _read(race, kind, now, followed)
    except SourceUnavailableError as error:
        followed.notes.append(str(error))
        log.info("%s: %s", race.label, error)
    if settings.PRACTICE_SOURCE:
        _read_beside("practice", import_practice, race, now, followed)
    _read_beside("weather", import_session_weather, race, now, followed)
    return followed


def _kinds(race: Race, now: datetime) -> Iterator[str]:
    """What one brings can make the next one due."""
    timetable = timetable_of(race)
    for kind in TABLES:
        if kind in due(timetable, have_of(race), now):
            yield kind


def _read(race: Race, kind: str, now: datetime, followed: Followed) -> None:
    """One kind, unless it was read within the hour: the source has nothing newer."""
    read_at = last_read(race.season_id, race.round, kind)
    fresh_for = timedelta(seconds=settings.LIVE_FRESH_S)
    if read_at is not None and now - fresh_for < read_at <= now:
        return
    try:
        run = import_live(
            season=race.season_id,
            round=race.round,
            kinds=(kind,),
            patience_s=PATIENCE_S,
        )
    except SourceUnavailableError:
        raise
    except SourceError as error:
        followed.notes.append(str(error))
        log.error("%s %s: %s", race.label, kind, error)
        return
    followed.done.append(kind)
    followed.notes += run.outcome.notes


def _read_beside(
    name: str, bring: Beside, race: Race, now: datetime, followed: Followed
) -> None:
    """It knows itself what is due, and that its source is away."""
    try:
        run = bring(race=race, now=now)
    except SourceError as error:
        followed.notes.append(str(error))
        log.error("%s %s: %s", race.label, name, error)
        return
    followed.done += [name] if run.outcome.changes else []
    followed.notes += run.outcome.notes
