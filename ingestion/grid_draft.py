"""The starting order as far as the record knows it, for an editor to complete."""

from dataclasses import dataclass
from typing import Any

from f1site.base import clock
from ingestion import queries
from ingestion.grid import FROM_THE_BACK, Penalty, Start, starting_order
from ingestion.models import (
    Driver,
    Entry,
    GridPenalty,
    GridSlot,
    QualifyingResult,
    Race,
    SessionKind,
    SprintResult,
    Team,
)


@dataclass(frozen=True)
class DraftSlot:
    """One entrant and where he would start."""

    driver: Driver
    team: Team
    car_number: str
    slot: int | None = None
    from_pit_lane: bool = False
    penalty_places: int | None = None
    penalty: str = ""
    qualifying_position: int | None = None

    @property
    def initial(self) -> dict[str, Any]:
        """For the form."""
        names = ("slot", "from_pit_lane", "penalty_places", "penalty")
        figures = {name: getattr(self, name) for name in names}
        return {"driver": self.driver.slug, **figures}

    @property
    def line(self) -> dict[str, Any]:
        """What of a row of the file no form asks for."""
        return {
            "driver": self.driver.slug,
            "team": self.team.slug,
            "car_number": self.car_number,
            "qualifying_position": self.qualifying_position,
        }


def draft_grid(race: Race) -> list[DraftSlot]:
    """The published grid where there is one, else what follows from qualifying.

    Entrants that stand in neither come last, without a slot.
    """
    qualified = _qualified(race)
    published = GridSlot.objects.filter(race=race, kind=SessionKind.RACE)
    rows = list(published.select_related("driver", "team").order_by("display_order"))
    draft = [_published(row, qualified) for row in rows] or _derived(race, qualified)
    there = {slot.driver.pk for slot in draft}
    others = [entry for entry in queries.lineup(race) if entry.driver_id not in there]
    return draft + [
        DraftSlot(entry.driver, entry.team, entry.car_number) for entry in others
    ]


def _qualified(race: Race) -> dict[int, QualifyingResult]:
    rows = QualifyingResult.objects.filter(race=race, kind=SessionKind.QUALIFYING)
    found: dict[int, QualifyingResult] = {}
    for row in rows.select_related("driver", "team").order_by("display_order"):
        found.setdefault(row.driver_id, row)
    return found


def _published(row: GridSlot, qualified: dict[int, QualifyingResult]) -> DraftSlot:
    before = qualified.get(row.driver_id)
    return DraftSlot(
        row.driver,
        row.team,
        row.car_number,
        slot=row.position,
        from_pit_lane=row.from_pit_lane,
        penalty_places=row.penalty_places,
        penalty=row.penalty,
        qualifying_position=row.qualifying_position
        or (before.position if before else None),
    )


def _derived(race: Race, qualified: dict[int, QualifyingResult]) -> list[DraftSlot]:
    """Qualifying, in 2021 and 2022 the sprint, and what was announced by now."""
    rows = GridPenalty.objects.filter(race=race, announced_at__lte=clock.now())
    names = ("driver_id", "places", "from_back", "from_pit_lane")
    penalties = [Penalty(*row) for row in rows.values_list(*names)]
    seats: dict[int, Any] = {**{e.driver_id: e for e in queries.lineup(race)}}
    seats |= qualified
    starts = starting_order(_order(race, qualified), penalties)
    return [
        _start(start, seats[start.driver], qualified.get(start.driver))
        for start in starts
        if start.driver in seats
    ]


def _order(race: Race, qualified: dict[int, QualifyingResult]) -> list[int]:
    if race.sprint_format not in Race.SPRINT_SETS_GRID:
        return list(qualified)
    rows = SprintResult.objects.filter(race=race).order_by("display_order")
    return list(rows.values_list("driver_id", flat=True)) or list(qualified)


def _start(
    start: Start, seat: Entry | QualifyingResult, before: QualifyingResult | None
) -> DraftSlot:
    penalty = start.penalty
    return DraftSlot(
        seat.driver,
        seat.team,
        seat.car_number,
        slot=start.slot,
        from_pit_lane=start.slot is None,
        penalty_places=penalty.places or None if penalty else None,
        penalty=FROM_THE_BACK if penalty and penalty.from_back else "",
        qualifying_position=before.position if before else None,
    )
