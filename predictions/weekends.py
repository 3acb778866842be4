"""Race weekends read from the record in bulk, a query per table."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import Min, QuerySet

from ingestion.grid import Penalty, Start, starting_order
from ingestion.models import (
    STARTED,
    Driver,
    DriverStanding,
    Entry,
    PracticeResult,
    Race,
    ResultStatus,
    Session,
    SessionKind,
    Team,
)
from ingestion.models.calendar import RACE_TIME
from predictions.forecasting.entrant import Entrant, Field, Finish, Outcome
from predictions.grids import (
    NOWHERE,
    Slot,
    announced,
    may_be_derived,
    qualifying_of,
    results_of,
    sets_grid_of,
    slots_of,
    sprints_of,
    starts_of,
)
from predictions.models import Stage
from ratings import queries as ratings
from ratings.rows import Lineages

#: What a race itself has told at each stage.
TOLD: dict[str, frozenset[str]] = {
    Stage.PRE_WEEKEND: frozenset(),
    Stage.POST_PRACTICE: frozenset({"practice"}),
    Stage.POST_QUALIFYING: frozenset({"practice", "qualifying"}),
    Stage.FINAL_GRID: frozenset({"practice", "qualifying", "sprint", "grid"}),
}


class NoInputsError(Exception):
    """What would have to be known is not in the record."""


class Seat(NamedTuple):
    """A driver's car."""

    team: int
    car_number: str


class Qualified(NamedTuple):
    """A row of qualifying."""

    place: int
    best_ms: dict[str, int]


Lineup = dict[int, Seat]
PARTS = ("q1_ms", "q2_ms", "q3_ms")
LAPS = ("time_ms", *PARTS)


def untold(
    races: Collection[Race], as_of: datetime | None, session: str = SessionKind.RACE
) -> dict[int, set[str]]:
    """Race to its sessions that cannot be over; one that is not listed is.

    Rows say what happened, not when they came: a record read as of an earlier moment
    holds the whole weekend. So a session tells nothing before it can be over, and a
    sprint is told nothing by what comes after its start.
    """
    if as_of is None and session == SessionKind.RACE:
        return {}
    ends = dict.fromkeys((race.pk for race in races), as_of)
    if session == SessionKind.SPRINT:
        for race, start in starts_of(races, session).items():
            ends[race] = min(start, as_of or start)
    kinds: dict[int, set[str]] = defaultdict(set)
    for row in Session.objects.filter(race__in=races):
        end = ends[row.race_id]
        if end is not None and row.over_at > end:
            kinds[row.race_id].add(row.kind)
    return kinds


def rated_as_of(as_of: datetime) -> datetime:
    """Lights out of a race that cannot be over yet, else the moment itself.

    Ratings count a race from its start on.
    """
    under_way = Race.objects.filter(
        starts_at__gt=as_of - RACE_TIME, starts_at__lt=as_of
    )
    first: datetime | None = under_way.aggregate(first=Min("starts_at"))["first"]
    return first or as_of


def practice_of(races: Collection[Race]) -> QuerySet[PracticeResult]:
    return PracticeResult.objects.filter(race__in=races, time_ms__isnull=False)


def last_lineup(race: Race) -> Lineup:
    """Who raced last before a race whose entries are not known yet."""
    entries = Entry.objects.filter(
        is_practice_only=False, race__starts_on__lt=race.starts_on
    )
    newest = entries.order_by("-race__starts_on", "-race_id").first()
    if newest is None:
        raise NoInputsError(f"{race}: neither it nor a race before it has entrants")
    return lineups_of([newest.race])[newest.race_id]


def lineups_of(races: Collection[Race]) -> dict[int, Lineup]:
    """Race and driver to the car; a driver entered in two has one of them."""
    entries = Entry.objects.filter(race__in=races, is_practice_only=False)
    rows = entries.order_by("race_id", "team__slug", "car_number").values_list(
        "race_id", "driver_id", "team_id", "car_number"
    )
    lineups: dict[int, Lineup] = defaultdict(dict)
    for race, driver, team, car_number in rows:
        lineups[race].setdefault(driver, Seat(team, car_number))
    return lineups


class Weekends:
    """The rows of some races, read table by table when first asked for.

    Parameters
    ----------
    races : with their circuits
    told : what the weekends have told: practice, qualifying, sprint, grid
    as_of : no session, and in ratings no race, that cannot be over by then is read
    session : the race, or the sprint, of these weekends
    """

    def __init__(
        self,
        races: Iterable[Race],
        told: Collection[str],
        as_of: datetime | None = None,
        *,
        session: str = SessionKind.RACE,
    ) -> None:
        self._races = list(races)
        self._told = told
        self._as_of = as_of
        self._session = session
        self._drivers = dict(Driver.objects.values_list("pk", "slug"))
        self._teams = dict(Team.objects.values_list("pk", "slug"))
        self._lineages = Lineages()

    def ahead(self) -> list[Field]:
        """Fields without outcome, also of races whose entries are not known."""
        return [
            self._field(race, self._lineups.get(race.pk) or last_lineup(race))
            for race in self._races
        ]

    def over(self) -> Iterator[Field]:
        """Fields with outcome; races without entries are left out."""
        for race in self._races:
            if race.pk in self._lineups:
                seats = self._lineups[race.pk]
                yield self._field(race, seats, self._outcome(race.pk))

    def _field(
        self, race: Race, lineup: Lineup, outcome: Outcome | None = None
    ) -> Field:
        provisional = self._provisional_slots(race.pk, lineup)
        slots, pit_lane = self._grid(race, lineup)
        entrants = [
            replace(
                self._entrant(race, driver, seat),
                provisional_slot=provisional.get(driver),
                grid_slot=slots.get(driver),
                from_pit_lane=driver in pit_lane,
            )
            for driver, seat in lineup.items()
        ]
        return Field.of(
            entrants,
            race=race.pk,
            season=race.season_id,
            round=race.round or 0,
            circuit=race.circuit.slug,
            session=self._session,
            outcome=outcome,
        )

    def _entrant(self, race: Race, driver: int, seat: Seat) -> Entrant:
        qualified = self._qualifying.get(race.pk, {}).get(driver)
        strength = self._strengths[race.pk]
        return Entrant(
            driver=self._drivers[driver],
            team=self._teams[seat.team],
            lineage=self._lineages.of(seat.team, race.season_id),
            car_number=seat.car_number,
            elo_driver=strength.driver(driver),
            elo_team=strength.team(seat.team),
            practice_ms=self._practice.get(race.pk, {}).get(driver, {}),
            qualifying_place=qualified.place if qualified else None,
            qualifying_ms=qualified.best_ms if qualified else {},
        )

    def _grid(self, race: Race, lineup: Lineup) -> tuple[dict[int, int], set[int]]:
        """Slots from 1 without gaps, and who starts from the pit lane.

        The pit lane is behind the last slot, the unlisted are behind it.
        """
        if "grid" not in self._told:
            return {}, set()
        slots = self._slots.get(race.pk)
        if not slots:
            return self._derived_grid(race, lineup)
        unlisted = Slot(2 * NOWHERE, False, 0)
        order = {d: slots.get(d, unlisted).position or NOWHERE for d in lineup}
        pit_lane = {d for d in lineup if d in slots and slots[d].from_pit_lane}
        return self._ranked(order), pit_lane

    def _derived_grid(
        self, race: Race, lineup: Lineup
    ) -> tuple[dict[int, int], set[int]]:
        """As it follows from the sprint or from qualifying, until one is published."""
        places = self._sprints.get(race.pk) or self._qualifying_places(race.pk)
        if not places or not may_be_derived(race, self._as_of, self._session):
            return {}, set()
        starts = self._starts(race.pk, lineup, places)
        pit_lane = {start.driver for start in starts if start.slot is None}
        return _numbered(start.driver for start in starts), pit_lane

    def _provisional_slots(self, race: int, lineup: Lineup) -> dict[int, int]:
        """Qualifying order minus the penalties that the grid will tell of.

        Where it tells of none, those count that were announced.
        """
        places = self._qualifying_places(race)
        if not places:
            return {}
        slots = self._slots.get(race, {})
        costs = {driver: slot.penalty_places for driver, slot in slots.items()}
        if race in self._announced and not any(costs.values()):
            starts = self._starts(race, lineup, places)
            return _numbered(start.driver for start in starts)
        return self._ranked(
            {d: places.get(d, NOWHERE) + costs.get(d, 0) for d in lineup}
        )

    def _starts(
        self, race: int, lineup: Lineup, places: Mapping[int, int]
    ) -> list[Start]:
        order = self._ranked({d: places.get(d, NOWHERE) for d in lineup})
        return starting_order(list(order), self._announced.get(race, ()))

    def _qualifying_places(self, race: int) -> dict[int, int]:
        rows = self._qualifying.get(race, {})
        return {driver: row.place for driver, row in rows.items()}

    def _ranked(self, order: Mapping[int, int]) -> dict[int, int]:
        """Places from 1; ties by slug."""
        slugs = self._drivers
        return _numbered(sorted(order, key=lambda d: (order[d], slugs[d])))

    @cached_property
    def _lineups(self) -> dict[int, Lineup]:
        return lineups_of(self._races)

    @cached_property
    def _strengths(self) -> Mapping[int, ratings.Strengths]:
        as_of = rated_as_of(self._as_of) if self._as_of else None
        return ratings.strengths_before(self._races, as_of=as_of)

    @cached_property
    def _untold(self) -> Mapping[int, Collection[str]]:
        return untold(self._races, self._as_of, self._session)

    @cached_property
    def _qualified(self) -> list[Race]:
        """Races whose grid is set, as far as it is told."""
        return [
            race
            for race in self._races
            if sets_grid_of(race, self._session) not in self._untold.get(race.pk, ())
        ]

    @cached_property
    def _practice(self) -> dict[int, dict[int, dict[str, int]]]:
        """Race, driver and session to the best lap, ms."""
        laps: dict[int, dict[int, dict[str, int]]] = defaultdict(dict)
        if "practice" in self._told:
            rows = practice_of(self._races).order_by("race_id", "-time_ms")
            names = ("race_id", "driver_id", "kind", "time_ms")
            for race, driver, kind, time_ms in rows.values_list(*names):
                if kind not in self._untold.get(race, ()):
                    laps[race].setdefault(driver, {})[kind] = time_ms
        return laps

    @cached_property
    def _qualifying(self) -> dict[int, dict[int, Qualified]]:
        """Race and driver to the first of his rows."""
        rows: dict[int, dict[int, Qualified]] = defaultdict(dict)
        if "qualifying" in self._told:
            ordered = qualifying_of(self._qualified, self._session).order_by(
                "race_id", "display_order"
            )
            names = ("race_id", "driver_id", "display_order", *LAPS)
            for race, driver, place, *laps in ordered.values_list(*names):
                rows[race].setdefault(driver, Qualified(place, _best_laps(laps)))
        return rows

    @cached_property
    def _slots(self) -> dict[int, dict[int, Slot]]:
        """Also before the grid is told, for the penalties that are announced."""
        told = {"grid", "qualifying"} & set(self._told)
        return slots_of(self._qualified, self._session) if told else {}

    @cached_property
    def _announced(self) -> Mapping[int, list[Penalty]]:
        """Penalties are served in the race."""
        if self._session == SessionKind.SPRINT:
            return {}
        return announced(self._qualified, self._as_of)

    @cached_property
    def _sprints(self) -> Mapping[int, Mapping[int, int]]:
        kind = SessionKind.SPRINT
        if "sprint" not in self._told or self._session == kind:
            return {}
        return sprints_of(
            [r for r in self._races if kind not in self._untold.get(r.pk, ())]
        )

    @cached_property
    def _finishes(self) -> dict[int, dict[str, Finish]]:
        """Race and driver to the first of his finishes, of those who started."""
        rows = results_of(self._races, self._session).filter(status__in=STARTED)
        ordered = rows.order_by("race_id", "display_order")
        finishes: dict[int, dict[str, Finish]] = defaultdict(dict)
        for race, driver, status in ordered.values_list(
            "race_id", "driver_id", "status"
        ):
            places, slug = finishes[race], self._drivers[driver]
            is_retired = status == ResultStatus.RETIRED
            places.setdefault(
                slug, Finish(place=len(places) + 1, is_retired=is_retired)
            )
        return finishes

    @cached_property
    def _standings(self) -> dict[int, dict[str, float]]:
        """Race and driver to the points after the race."""
        rows = DriverStanding.objects.filter(race__in=self._races)
        points: dict[int, dict[str, float]] = defaultdict(dict)
        for race, driver, total in rows.values_list("race_id", "driver_id", "points"):
            points[race][self._drivers[driver]] = float(total)
        return points

    def _outcome(self, race: int) -> Outcome:
        return Outcome(
            finishes=self._finishes.get(race, {}),
            standings=self._standings.get(race, {}),
        )


def _numbered(drivers: Iterable[int]) -> dict[int, int]:
    return {driver: place for place, driver in enumerate(drivers, start=1)}


def _best_laps(laps: Sequence[int | None]) -> dict[str, int]:
    """Best laps by part; of a session in one part, its only one."""
    whole, *parts = laps
    best = {name: lap for name, lap in zip(PARTS, parts, strict=True) if lap}
    return best or ({"whole": whole} if whole else {})
