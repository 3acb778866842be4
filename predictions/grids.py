"""Where cars start: the published grid, and what stands in for it until it is."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet

from ingestion.grid import FROM_THE_BACK, Penalty
from ingestion.models import (
    GridPenalty,
    GridSlot,
    QualifyingResult,
    Race,
    RaceResult,
    Session,
    SessionKind,
    SprintResult,
)

#: Behind every slot.
NOWHERE = 999
#: So long before lights out a grid that nobody published is taken as it follows from
#: qualifying: penalties are announced by then.
GRID_SETTLED = timedelta(hours=2)


class Slot(NamedTuple):
    """A row of the published grid."""

    position: int | None
    from_pit_lane: bool
    penalty_places: int


def slots_of(
    races: Collection[Race], session: str = SessionKind.RACE
) -> dict[int, dict[int, Slot]]:
    """Race and driver to the published slot, of the race or of the sprint.

    Some sources give the grid with the result only; it was known before.
    """
    slots: dict[int, dict[int, Slot]] = defaultdict(dict)
    for race, driver, position, pit_lane, places, text in _published(races, session):
        penalty = NOWHERE if text == FROM_THE_BACK else places or 0
        slots[race].setdefault(driver, Slot(position, pit_lane, penalty))
    others = [race for race in races if race.pk not in slots]
    for race, driver, position, pit_lane in _with_result(others, session):
        slots[race].setdefault(driver, Slot(position, pit_lane, 0))
    return dict(slots)


def _published(
    races: Collection[Race], session: str
) -> Iterable[tuple[int, int, int | None, bool, int | None, str]]:
    rows = GridSlot.objects.filter(race__in=races, kind=session)
    return rows.order_by("race_id", "display_order").values_list(
        "race_id",
        "driver_id",
        "position",
        "from_pit_lane",
        "penalty_places",
        "penalty",
    )


def _with_result(
    races: Collection[Race], session: str
) -> Iterable[tuple[int, int, int | None, bool]]:
    known = Q(grid__isnull=False) | Q(from_pit_lane=True)
    rows = results_of(races, session).filter(known)
    return rows.order_by("race_id", "grid", "driver_id").values_list(
        "race_id", "driver_id", "grid", "from_pit_lane"
    )


def results_of(races: Collection[Race], session: str) -> QuerySet[Any]:
    """Rows of the classifications of races, or of their sprints."""
    if session == SessionKind.SPRINT:
        return SprintResult.objects.filter(race__in=races)
    return RaceResult.objects.filter(race__in=races)


def qualifying_of(
    races: Iterable[Race], session: str = SessionKind.RACE
) -> QuerySet[QualifyingResult]:
    """Rows of what sets the grid of races, or of their sprints."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for race in races:
        kinds[sets_grid_of(race, session)].append(race.pk)
    wanted = [Q(kind=kind, race__in=keys) for kind, keys in kinds.items()]
    return QualifyingResult.objects.filter(reduce(or_, wanted, Q(pk__in=[])))


def sets_grid_of(race: Race, session: str) -> str:
    """The qualifying from which the grid of a race, or of its sprint, follows."""
    is_own = session == SessionKind.SPRINT
    if is_own and race.sprint_format not in Race.SPRINT_SETS_GRID:
        return SessionKind.SPRINT_QUALIFYING
    return SessionKind.QUALIFYING


def announced(
    races: Collection[Race], as_of: datetime | None
) -> Mapping[int, list[Penalty]]:
    """Race to the penalties that were announced by a moment, and before lights out."""
    rows = GridPenalty.objects.filter(
        Q(race__starts_at=None) | Q(announced_at__lte=F("race__starts_at")),
        race__in=races,
    )
    if as_of is not None:
        rows = rows.filter(announced_at__lte=as_of)
    penalties: dict[int, list[Penalty]] = defaultdict(list)
    names = ("driver_id", "places", "from_back", "from_pit_lane")
    for race, *penalty in rows.values_list("race_id", *names):
        penalties[race].append(Penalty(*penalty))
    return penalties


def sprints_of(races: Collection[Race]) -> dict[int, dict[int, int]]:
    """Race and driver to the place in the sprint, where that set the grid."""
    places: dict[int, dict[int, int]] = defaultdict(dict)
    rows = SprintResult.objects.filter(
        race__in=races, race__sprint_format__in=Race.SPRINT_SETS_GRID
    )
    for race, driver, place in rows.values_list(
        "race_id", "driver_id", "display_order"
    ):
        places[race][driver] = place
    return places


def may_be_derived(
    race: Race, as_of: datetime | None, session: str = SessionKind.RACE
) -> bool:
    """Whether a grid that is not published may be taken from qualifying.

    Of a race held it is published, or nobody knows it.
    """
    if as_of is None or is_held(race, session):
        return False
    return as_of >= starts_of([race], session)[race.pk] - GRID_SETTLED


def is_held(race: Race, session: str) -> bool:
    """Whether the race, or its sprint, has a result."""
    if session == SessionKind.SPRINT:
        return SprintResult.objects.filter(race=race).exists()
    return race.is_completed


def starts_of(races: Iterable[Race], session: str) -> dict[int, datetime]:
    """Race to the start of the race or of its sprint; of a day its first moment."""
    starts = {race.pk: race.begins_at for race in races}
    if session == SessionKind.SPRINT:
        rows = Session.objects.filter(race__in=starts, kind=session)
        starts |= {row.race_id: row.begins_at for row in rows}
    return starts
