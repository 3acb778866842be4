"""Duels of team-mates: a driver against one of them, or against all."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Max

from f1site.base.partitions import KEYS_PER_SEASON
from ratings.attendance import all_sides, known_races, sides_of
from ratings.meetings import (
    Exclude,
    Gap,
    Outcome,
    Session,
    Side,
    Tally,
    compare,
    gap_between,
    pairs,
)

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A session in which a driver met a team-mate, and how it went for him."""

    session: Session
    race_id: int
    team_id: int
    driver_id: int
    mate_id: int
    outcome: Outcome
    gap: Gap | None = None  # in qualifying; below 0 the driver was faster

    @property
    def year(self) -> int:
        return self.race_id // KEYS_PER_SEASON


@dataclass(slots=True)
class Duel:
    """Meetings that belong together, counted by session."""

    driver_id: int
    mate_id: int
    team_id: int
    years: set[int] = field(default_factory=set)
    race: Tally = field(default_factory=Tally)
    qualifying: Tally = field(default_factory=Tally)

    def add(self, meeting: Meeting) -> None:
        self.years.add(meeting.year)
        tally = self.race if meeting.session is Session.RACE else self.qualifying
        tally.add(meeting.outcome, meeting.gap)


def meetings_of(
    driver_id: int, *, mate_id: int | None = None, exclude: Exclude = Exclude.FAIR
) -> list[Meeting]:
    """All meetings of a driver with one team-mate, or with all. Five queries."""
    found = _meetings(sides_of(driver_id), exclude, driver_id)
    return [m for m in found if mate_id is None or m.mate_id == mate_id]


def meetings_in(season: int, exclude: Exclude = Exclude.FAIR) -> list[Meeting]:
    """All meetings of a season, each told once. Three queries."""
    first = season * KEYS_PER_SEASON
    narrowed = {"race_id__gte": first, "race_id__lt": first + KEYS_PER_SEASON}
    return _meetings(all_sides(**narrowed), exclude)


def meetings_of_team(team_id: int, exclude: Exclude = Exclude.FAIR) -> list[Meeting]:
    """All meetings in cars of a team, each told once. Three queries."""
    return _meetings(all_sides(team_id=team_id), exclude)


def newest_season() -> int | None:
    """Of the races that are known; None without any. One query."""
    newest: int | None = known_races().aggregate(m=Max("season_id"))["m"]
    return newest


def by_season(meetings: Iterable[Meeting]) -> list[Duel]:
    """A duel for each season, team and team-mate, the newest first."""
    duels = _grouped(meetings, lambda m: (m.year, m.team_id, m.driver_id, m.mate_id))
    return _newest_first(duels)


def by_mate(meetings: Iterable[Meeting]) -> list[Duel]:
    """A duel for each team-mate in each team, the newest first."""
    return _newest_first(_grouped(meetings, lambda m: (m.mate_id, m.team_id)))


def total(meetings: Iterable[Meeting]) -> Duel | None:
    """All of them together; None without any."""
    return next(iter(_grouped(meetings, lambda m: None).values()), None)


def _meetings(
    sides: Mapping[Session, Iterable[Side]],
    exclude: Exclude,
    driver_id: int | None = None,
) -> list[Meeting]:
    found = []
    for session, rows in sides.items():
        for own, mate in pairs(rows):
            if driver_id == mate.driver:
                own, mate = mate, own
            if driver_id in (None, own.driver):
                found.append(_meeting(session, own, mate, exclude))
    return found


def _meeting(session: Session, own: Side, mate: Side, exclude: Exclude) -> Meeting:
    return Meeting(
        session=session,
        race_id=own.race,
        team_id=own.team,
        driver_id=own.driver,
        mate_id=mate.driver,
        outcome=compare(own, mate, exclude),
        gap=gap_between(own, mate),
    )


def _grouped(meetings: Iterable[Meeting], key: Callable[[Meeting], K]) -> dict[K, Duel]:
    duels: dict[K, Duel] = {}
    for meeting in meetings:
        who = meeting.driver_id, meeting.mate_id, meeting.team_id
        duels.setdefault(key(meeting), Duel(*who)).add(meeting)
    return duels


def _newest_first(duels: Mapping[K, Duel]) -> list[Duel]:
    def key(duel: Duel) -> tuple[int, int, int, int]:
        n = duel.race.n + duel.qualifying.n
        return -max(duel.years), -n, duel.team_id, duel.mate_id

    return sorted(duels.values(), key=key)
