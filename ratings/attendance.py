"""From rows of the record to the sides of meetings between team-mates."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from f1site.base import clock
from ingestion.models import (
    QualifyingResult,
    Race,
    RaceResult,
    ResultStatus,
    SessionKind,
)
from ratings.history import Ending
from ratings.meetings import Fate, Session, Side
from ratings.rows import LEAST_LAPS, ending_of, rated_races
from ratings.strengths import started_before

NAMES = ("race_id", "team_id", "driver_id", "car_number", "display_order", "position")
LAPS = ("q3_ms", "q2_ms", "q1_ms", "time_ms")
#: Fate of who has one of these, whatever else is known.
FATES = {
    ResultStatus.DISQUALIFIED.value: Fate.DISQUALIFIED,
    ResultStatus.DID_NOT_START.value: Fate.ABSENT,
    ResultStatus.DID_NOT_QUALIFY.value: Fate.ABSENT,
    ResultStatus.FINISHED.value: Fate.PLACED,
    ResultStatus.LAPPED.value: Fate.PLACED,
}
KEPT_OUT = (
    QualifyingResult.Status.EXCLUDED.value,
    QualifyingResult.Status.DISQUALIFIED.value,
)


def known_races() -> QuerySet[Race]:
    """Races that are rated and had begun by the clock of the site."""
    return rated_races().filter(started_before(clock.now(), race=""))


def all_sides(**narrowed: Any) -> dict[Session, Iterator[Side]]:
    """Everybody in every race that is known, race by race. Three queries.

    Parameters
    ----------
    narrowed : filter of race and qualifying results, such as ``race_id__in``
    """
    known = dict(known_races().values_list("id", "laps"))
    run = {race for race, laps in known.items() if laps is None or laps >= LEAST_LAPS}
    results = RaceResult.objects.filter(**narrowed)
    qualifying = QualifyingResult.objects.filter(
        kind=SessionKind.QUALIFYING, **narrowed
    )
    return {
        Session.RACE: (side for side in _finishes(results) if side.race in run),
        Session.QUALIFYING: (side for side in _laps(qualifying) if side.race in known),
    }


def sides_of(driver_id: int) -> dict[Session, Iterator[Side]]:
    """Everybody in all races of a driver. Five queries.

    Other teams too: a mate's best row can be in the car of another.
    """
    races: set[int] = set()
    for results in (RaceResult.objects, QualifyingResult.objects):
        own = results.filter(driver_id=driver_id).order_by()
        races.update(own.values_list("race_id", flat=True).distinct())
    return all_sides(race_id__in=races)


def _finishes(results: QuerySet[RaceResult]) -> Iterator[Side]:
    rows = results.order_by("race_id").values_list(*NAMES, "status", "reason")
    for race, team, driver, car, order, place, status, reason in rows:
        fate = _fate(status, reason)
        yield Side(race, team, driver, car, order, place, fate)


def _fate(status: str, reason: str) -> Fate:
    """Of who was retired, also where the rules counted the distance as a finish."""
    known = FATES.get(status)
    if known is not None:
        return known
    crashed = ending_of(status, reason) == Ending.CRASHED
    return Fate.CRASHED if crashed else Fate.FAILED


def _laps(results: QuerySet[QualifyingResult]) -> Iterator[Side]:
    rows = results.order_by("race_id").values_list(*NAMES, "status", *LAPS)
    for race, team, driver, car, order, place, status, *laps in rows:
        fate = Fate.PLACED
        if status in KEPT_OUT:
            fate = Fate.EXCLUDED
        elif place is None or not any(laps):
            fate = Fate.NO_TIME
        yield Side(race, team, driver, car, order, place, fate, tuple(laps))
