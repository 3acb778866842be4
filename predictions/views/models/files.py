"""The cards of the page of the models as files, with all digits."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from predictions.views.models.figures import drifts, sides
from predictions.views.models.versions import Versions
from predictions.views.presenters.models import DriftRow, SideRow
from predictions.views.track.read import Shown

SIDE = "side-by-side"
DRIFT = "drift"
Lines = Iterable[Sequence[Any]]


class File(NamedTuple):
    """Heads, and a line for each model."""

    head: Sequence[str]
    lines: Lines


def side_by_side(rows: Iterable[SideRow]) -> File:
    head = (
        *("model", "role", "version", "learnt_up_to", "races"),
        *("log_loss", "low", "high", "podium_brier", "winner_in_three"),
    )
    return File(head, ([*_who(row), *_scores(row)] for row in rows))


def _who(row: SideRow) -> list[Any]:
    version = row.version
    cutoff = str(version.cutoff) if version and version.cutoff else None
    return [row.name, row.role, version.version if version else None, cutoff, row.n]


def _scores(row: SideRow) -> list[Any]:
    loss = row.loss
    interval = [loss.mean, loss.low, loss.high] if loss else [None] * 3
    return [*interval, row.podium_brier, row.in_three]


def drift(rows: Iterable[DriftRow]) -> File:
    head = (
        *("model", "races_before", "races_last", "before", "last"),
        *("difference", "low", "high", "says"),
    )
    return File(head, (_drift(row) for row in rows))


def _drift(row: DriftRow) -> list[Any]:
    found = row.drift
    if found is None:
        return [row.side.name, row.side.n, *[None] * 6, row.sentence]
    return [
        *(row.side.name, found.n_before, found.n_last, found.before, found.last),
        *(found.difference, found.low, found.high, row.sentence),
    ]


def file_of(card: str, shown: Shown, newest: Versions) -> File | None:
    """None of a card that has none."""
    rows = sides(shown, newest)
    if card == SIDE:
        return side_by_side(rows)
    return drift(drifts(shown, rows)) if card == DRIFT else None
