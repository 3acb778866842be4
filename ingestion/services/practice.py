"""Best laps of practice from OpenF1, where an operator turned it on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings

from f1site.base import clock
from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import Entry, PracticeResult, Race, Session, SessionKind, Source
from ingestion.records import Facts, PracticeResultRecord
from ingestion.services import fetching
from ingestion.services.fetching import Manners, Params, fetch
from ingestion.services.provenance import Import, documented
from ingestion.services.record import Progress, Reach, store
from ingestion.sources import openf1
from ingestion.sources.archive import quiet
from ingestion.sources.openf1 import CarLine, SessionLine

T = TypeVar("T")

KINDS = (SessionKind.FP1, SessionKind.FP2, SessionKind.FP3)
#: After the end, until the last laps have arrived.
ARRIVED_AFTER = timedelta(minutes=30)
#: Sessions of ours and theirs that begin so close are the same.
SAME_START = timedelta(hours=6)

Entries = dict[str, tuple[str, str]]


def import_practice(
    *, race: Race, now: datetime | None = None, progress: Progress = quiet
) -> Import:
    """Best laps of the practice sessions that are over and of which nothing is known.

    A source that is away is a note: what is missing stays due.
    """
    run = Import(Source.OPENF1, race.label)
    if settings.PRACTICE_SOURCE != "openf1":
        run.outcome.notes.append("Practice is not asked for: PRACTICE_SOURCE is empty")
        return run
    due = list(_due(race, now or clock.now()))
    if not due:
        run.outcome.notes.append(f"No practice of {race.label} is due")
        return run
    try:
        with documented(Source.OPENF1, race.label) as run:
            _bring(run, race, due, progress)
    except SourceUnavailableError as error:
        run.outcome.notes.append(f"Practice of {race.label} is skipped: {error}")
    return run


def _due(race: Race, now: datetime) -> Iterator[Session]:
    known = set(PracticeResult.objects.filter(race=race).values_list("kind", flat=True))
    for session in Session.objects.filter(race=race, starts_at__isnull=False):
        is_over = session.over_at + ARRIVED_AFTER <= now
        if session.kind in KINDS and session.kind not in known and is_over:
            yield session


def _bring(run: Import, race: Race, due: list[Session], progress: Progress) -> None:
    rows: list[PracticeResultRecord] = []
    entries, notes = _entries(race), run.outcome.notes
    theirs = _sessions(race.season_id)
    for session in due:
        line = _same(session, theirs)
        if line is None:
            notes.append(f"OpenF1 does not know {session.kind} of {race.label}")
            continue
        cars, run.sha256 = _laps(line)
        strangers = [car.car_number for car in cars if car.car_number not in entries]
        if strangers:
            notes.append(
                f"{race.label} {session.kind}: nobody is entered with the number"
                f" {', '.join(strangers)}; left out"
            )
        rows += _rows(race, session.kind, cars, entries)
    facts = Facts(practice_results=rows)
    run.outcome = store(facts, fetch=run.fetch, reach=Reach.SHEETS, progress=progress)
    run.outcome.notes[:0] = notes


def _entries(race: Race) -> Entries:
    """Car number to driver and team; a number that two share is nobody's."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = Entry.objects.filter(race=race)
    for number, *who in rows.values_list("car_number", "driver__slug", "team__slug"):
        found.setdefault(number, []).append((who[0], who[1]))
    return {number: each[0] for number, each in found.items() if len(each) == 1}


def _same(session: Session, theirs: list[SessionLine]) -> SessionLine | None:
    for line in theirs:
        apart = abs(line.starts_at - (session.starts_at or line.starts_at))
        if line.kind == session.kind and apart <= SAME_START:
            return line
    return None


def _rows(
    race: Race, kind: str, cars: list[CarLine], entries: Entries
) -> Iterator[PracticeResultRecord]:
    known = [car for car in cars if car.car_number in entries]
    for place, car in enumerate(known, start=1):
        driver, team = entries[car.car_number]
        yield PracticeResultRecord(
            race=(race.season_id, race.grand_prix),
            driver=driver,
            team=team,
            car_number=car.car_number,
            display_order=place,
            position=place if car.time_ms is not None else None,
            kind=kind,
            time_ms=car.time_ms,
            laps=car.laps,
        )


# --- asking ---------------------------------------------------------------------
def _sessions(year: int) -> list[SessionLine]:
    params: Params = {"year": year, "session_type": "Practice"}
    return _asked("sessions", params, openf1.parse_sessions)[0]


def _laps(session: SessionLine) -> tuple[list[CarLine], str]:
    params: Params = {"session_key": session.key}
    return _asked("laps", params, partial(openf1.parse_laps, session=session))


def _asked(
    path: str, params: Params, parse: Callable[[bytes], list[T]]
) -> tuple[list[T], str]:
    """What an address says, and its checksum."""
    manners = _manners()
    answer = fetch(manners, path, params)
    try:
        return parse(answer.content), answer.sha256
    except SourceFormatError as error:
        fetching.reject([answer], manners, str(error))
        raise


def _manners() -> Manners:
    """Its limits are three requests a second and thirty a minute."""
    return Manners(
        Source.OPENF1,
        settings.PRACTICE_URL,
        per_second=1,
        per_hour=60,
        attempts=1,
        patience_s=10,
        timeout_s=15,
        deadline_s=30,
    )
