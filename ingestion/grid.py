"""From the order of qualifying and the penalties to the order of the start."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: From the back of the grid, in the words of the archive.
FROM_THE_BACK = "SFB"


class Penalty(NamedTuple):
    """What was announced of one driver; several of one driver add up."""

    driver: int
    places: int = 0
    from_back: bool = False
    from_pit_lane: bool = False


class Start(NamedTuple):
    """Where a driver starts; from the pit lane without a slot."""

    driver: int
    slot: int | None
    penalty: Penalty | None = None


def starting_order(
    qualifying: Sequence[int], penalties: Iterable[Penalty] = ()
) -> list[Start]:
    """The drivers as they start, those in the pit lane at the end.

    Who has places to go back gets that slot and no better one, or the last that there
    is; the others move up into what is free. Behind all of them, in the order of
    qualifying, is who starts from the back. Ties are broken by qualifying.

    Parameters
    ----------
    qualifying : each driver once, the fastest first
    penalties : those of other drivers count nothing
    """
    known = _added_up(penalties)
    by_place = dict(enumerate(qualifying, start=1))
    pit_lane = [d for d in qualifying if d in known and known[d].from_pit_lane]
    back = [
        d for d in qualifying if d in known and known[d].from_back and d not in pit_lane
    ]
    running = {n: d for n, d in by_place.items() if d not in {*pit_lane, *back}}
    order = [*_moved(running, known), *back]
    return [
        *(Start(d, slot, known.get(d)) for slot, d in enumerate(order, start=1)),
        *(Start(d, None, known[d]) for d in pit_lane),
    ]


def _added_up(penalties: Iterable[Penalty]) -> dict[int, Penalty]:
    known: dict[int, Penalty] = {}
    for one in penalties:
        before = known.get(one.driver, Penalty(one.driver))
        known[one.driver] = Penalty(
            one.driver,
            before.places + one.places,
            before.from_back or one.from_back,
            before.from_pit_lane or one.from_pit_lane,
        )
    return known


def _moved(running: dict[int, int], known: dict[int, Penalty]) -> list[int]:
    """Drivers by slot: the penalised where they must be, the others between them."""
    penalised = sorted(
        (place + known[driver].places, place, driver)
        for place, driver in running.items()
        if driver in known and known[driver].places
    )
    slots = _distinct([target for target, _, _ in penalised], last=len(running))
    taken = dict(zip(slots, (driver for _, _, driver in penalised), strict=True))
    others = iter([d for d in running.values() if d not in taken.values()])
    return [
        taken[slot] if slot in taken else next(others)
        for slot in range(1, len(running) + 1)
    ]


def _distinct(targets: Sequence[int], *, last: int) -> list[int]:
    """Slots in the same order, each at its target or as near as the others let it."""
    slots: list[int] = []
    for target in targets:
        slots.append(max(target, slots[-1] + 1 if slots else 1))
    for n in range(len(slots) - 1, -1, -1):
        slots[n] = min(slots[n], last - (len(slots) - 1 - n))
    return slots
