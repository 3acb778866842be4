"""Which sessions have weather to be asked for, and what cannot be had."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion.models import EDITOR, Race, Session, SessionKind, WeatherData
from ingestion.models.calendar import over_at
from ingestion.services.weather_providers import Provider
from ingestion.sources.hours import Days, Place, last_reading

#: A forecast is not asked for again before.
RENEWED_AFTER = timedelta(hours=1)
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Window:
    """When a session runs; its end is no part of it."""

    kind: str
    starts_at: datetime
    ends_at: datetime

    @property
    def days(self) -> Days:
        return Days(self.starts_at.date(), last_reading(self.ends_at).date())


@dataclass(frozen=True, slots=True)
class Due:
    """The sessions of a race whose weather is wanted.

    ``days`` are those of the whole weekend, so that its address stays the same; it
    ``is_settled`` once the archive has all of them.
    """

    race: Race
    place: Place
    days: Days
    windows: list[Window]
    is_settled: bool


class _SkipError(Exception):
    """Why a race has no weather to be asked for."""


class Agenda:
    """Finds what is ``due`` of some races; ``notes`` say what cannot be had.

    Of history the race alone is wanted, and its start may be that of other years.
    """

    def __init__(
        self, source: Provider, races: list[Race], now: datetime, *, is_history: bool
    ) -> None:
        self.source, self.now, self.is_history = source, now, is_history
        self.borrowed: set[int] = set()
        rows = WeatherData.objects.filter(race__in=races).exclude(source=EDITOR)
        self.known = {
            (row.race_id, row.kind, row.is_forecast): row
            for row in rows
            if row.has_readings
        }
        self.skipped: dict[str, list[str]] = defaultdict(list)
        self.n_done = 0
        self.due = [due for race in races if (due := self._of(race))]

    @property
    def notes(self) -> list[str]:
        borrowed = [due.race for due in self.due if due.race.pk in self.borrowed]
        notes = [f"Skipped, {why}: {_some(of)}" for why, of in self.skipped.items()]
        if self.n_done:
            notes.append(f"Up to date already: {_counted(self.n_done)}")
        if borrowed:
            notes.append(
                "Only the day is known, so the hour is that of the nearest season:"
                f" {_some([race.label for race in borrowed])}"
            )
        return notes

    def _of(self, race: Race) -> Due | None:
        if self.is_history and self._is_settled(race, SessionKind.RACE):
            self.n_done += 1
            return None
        try:
            place, every = _place(race), self._windows(race)
            near = self._near(every)
        except _SkipError as why:
            self.skipped[str(why)].append(race.label)
            return None
        is_settled = self.now - every[-1].ends_at >= self.source.lag
        windows = [each for each in near if self._is_due(race, each, is_settled)]
        if not windows:
            self.n_done += 1
            return None
        days = Days(near[0].days.first, max(window.days.last for window in near))
        return Due(race, place, days, windows, is_settled)

    def _near(self, windows: list[Window]) -> list[Window]:
        last_day = self.source.last_day(self.now)
        near = [window for window in windows if window.days.last <= last_day]
        if not near:
            days = self.source.reach
            raise _SkipError(f"no forecast reaches further than {days} days")
        return near

    def _windows(self, race: Race) -> list[Window]:
        """Sessions whose time is known, in their order."""
        if self.is_history:
            times = {str(SessionKind.RACE): race.starts_at or self._borrow(race)}
        else:
            sessions = Session.objects.filter(race=race)
            times = dict(sessions.values_list("kind", "starts_at"))
            times[SessionKind.RACE] = race.starts_at
        known = [
            Window(kind, at, over_at(kind, at, at.date()))
            for kind, at in times.items()
            if at is not None
        ]
        if not known:
            raise _SkipError("when it starts is not known")
        return sorted(known, key=lambda window: window.starts_at)

    def _borrow(self, race: Race) -> datetime | None:
        """Its day, at the time of the race there in the nearest season."""
        others = Race.objects.filter(circuit=race.circuit, starts_at__isnull=False)
        by_distance = sorted(
            (abs(other.season_id - race.season_id), other.starts_at)
            for other in others
            if other.starts_at is not None
        )
        if not by_distance:
            return None
        self.borrowed.add(race.pk)
        return datetime.combine(race.starts_on, by_distance[0][1].timetz())

    def _is_due(self, race: Race, window: Window, is_settled: bool) -> bool:
        """What was observed is asked for once more when the archive has it."""
        if window.ends_at > self.now:
            row = self.known.get((race.pk, window.kind, True))
            age = self.now - row.known_at if row and row.known_at else None
            return age is None or age >= RENEWED_AFTER
        if (race.pk, window.kind, False) not in self.known:
            return True
        return is_settled and not self._is_settled(race, window.kind)

    def _is_settled(self, race: Race, kind: str) -> bool:
        row = self.known.get((race.pk, kind, False))
        return row is not None and row.known_at is None


def _place(race: Race) -> Place:
    circuit = race.circuit
    if race.status == Race.Status.CANCELLED:
        raise _SkipError("it is cancelled")
    if circuit.latitude is None or circuit.longitude is None:
        raise _SkipError("where its circuit lies is not known")
    return Place(circuit.latitude, circuit.longitude)


def _counted(n_races: int) -> str:
    return f"{n_races} race{'' if n_races == 1 else 's'}"


def _some(labels: list[str]) -> str:
    more = len(labels) - MOST_NAMED
    return ", ".join(labels[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
