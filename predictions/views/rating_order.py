"""The table of ratings in another order, and over how many races ranks moved."""

from collections.abc import Callable, Sequence

from predictions.views.presenters.frame import Column
from predictions.views.presenters.season import RatingRow

#: Races over which the movement of ranks may be shown.
SPANS = (1, 5, 10, 20)
SPAN = 5
SORTS = ("rating", "name", "moved", "peak")
SORT = "rating"


def asked_span(text: str) -> int:
    """The number of races asked for; five where that makes no sense."""
    return int(text) if text in map(str, SPANS) else SPAN


def asked_sort(text: str) -> str:
    return text if text in SORTS else SORT


def ordered(rows: Sequence[RatingRow], sort: str) -> list[RatingRow]:
    """Names from A on, everything else from the highest; who is new comes last."""
    if sort == "name":
        return sorted(rows, key=lambda row: row.name.casefold())
    if sort == "moved":
        return sorted(rows, key=lambda row: (row.is_new, -(row.rank_change or 0)))
    if sort == "peak":
        return sorted(rows, key=lambda row: -(row.peak or 0.0))
    return list(rows)


def columns(
    sort: str, span: int, who: str, url: Callable[[str], str]
) -> dict[str, Column]:
    """Heads that sort, by key."""
    labels = {
        "name": who,
        "moved": "1 race" if span == 1 else f"{span} races",
        "rating": "Rating",
        "peak": "Peak",
    }
    return {
        key: Column(key=key, label=label, url=url(key), is_active=key == sort)
        for key, label in labels.items()
    }
