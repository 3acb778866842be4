"""The effect of a correction on the ratings, worked out in memory."""

from collections.abc import Collection
from typing import NamedTuple

from ingestion import effects
from ingestion.effects import Comparison, Effect
from ingestion.models import Driver, Race
from ratings import elo
from ratings.config import CONFIGS
from ratings.rows import Record, read_record
from ratings.services import rehearse

COLUMNS = ("driver", "rating by", "rating", "then", "change")
MOST_SHOWN = 8
#: Elo points; less is not worth a line.
LEAST_SHOWN = 0.05


def register() -> None:
    effects.register_preview("ratings", ratings_effect)


class Move(NamedTuple):
    """What a correction does to one rating, Elo points."""

    change: float
    rating: float
    kind: str
    driver: int


def ratings_effect(races: Collection[int]) -> Comparison:
    """Who gains and loses most now, and how many races are rated again."""
    before = read_record()
    yield
    after = read_record()
    rehearse()  # for those above, who read ratings where they are stored
    first = _first_difference(before, after)
    if first is None:
        return Effect(note="No rating moves.")
    moves = _moves(before, after)
    names = dict(Driver.objects.values_list("pk", "name"))
    rows = [
        (
            names[move.driver],
            move.kind,
            f"{move.rating - move.change:.1f}",
            f"{move.rating:.1f}",
            f"{move.change:+.1f}",
        )
        for move in moves[:MOST_SHOWN]
    ]
    return Effect(COLUMNS if rows else (), rows, _note(after, first))


def _note(record: Record, first: int) -> str:
    races = record.race_ids.tolist()[first:]
    if not races:
        return "The newest races are rated no more."
    since = Race.objects.get(pk=races[0])
    if len(races) == 1:
        return f"{since} alone is rated again."
    return f"{len(races):,} races are rated again, from {since} on."


def _first_difference(before: Record, after: Record) -> int | None:
    pairs = [
        list(zip(record.race_ids.tolist(), record.digests, strict=True))
        for record in (before, after)
    ]
    if pairs[0] == pairs[1]:
        return None
    for place, (then, now) in enumerate(zip(*pairs, strict=False)):
        if then != now:
            return place
    return min(map(len, pairs))


def _moves(before: Record, after: Record) -> list[Move]:
    """Ratings of drivers that are not as they were, the largest moves first."""
    moves = []
    was, now = _ratings(before), _ratings(after)
    for kind in CONFIGS:
        old, new = was[kind], now[kind]
        moves += [
            Move(rating - old.get(driver, rating), rating, kind, driver)
            for driver, rating in new.items()
        ]
    moves = [move for move in moves if abs(move.change) >= LEAST_SHOWN]
    return sorted(moves, key=lambda move: (-abs(move.change), move.driver, move.kind))


def _ratings(record: Record) -> dict[str, dict[int, float]]:
    """By kind and key of the driver, Elo points."""
    drivers = record.driver_ids.tolist()
    return {
        kind: dict(zip(drivers, replay.state.driver.tolist(), strict=True))
        for kind, replay in elo.replay(record.histories, CONFIGS).items()
    }
