"""Grid to finish: where cars from each slot of the grid came in."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.charts import heat


@dataclass(frozen=True, slots=True)
class GridRow:
    """One grid slot; ``counts`` holds finishes by place, retirements last."""

    label: str
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        return sum(self.counts)

    @property
    def shares(self) -> list[float]:
        """Share of each finish among all starts from this slot."""
        return [count / self.n if self.n else 0.0 for count in self.counts]

    @property
    def won(self) -> float:
        return self.shares[0]


def grid_to_finish(
    pairs: Sequence[tuple[int | None, int | None]], n_places: int = 20
) -> list[GridRow]:
    """Count (grid, position) pairs of past races into one row per slot.

    Parameters
    ----------
    pairs : grid slot from 1 (None from the pit lane), place (None when not classified)
    n_places : slots and places shown; later ones are left out

    Returns
    -------
    rows for slots with at least one start, each with n_places + 1 counts
    """
    table = {slot: [0] * (n_places + 1) for slot in (*range(1, n_places + 1), None)}
    for slot, place in pairs:
        if slot in table and (place is None or place <= n_places):
            table[slot][n_places if place is None else place - 1] += 1
    return [
        GridRow(label="pit" if slot is None else str(slot), counts=tuple(counts))
        for slot, counts in table.items()
        if any(counts)
    ]


def column_labels(n_places: int) -> list[str]:
    """Places and the column of retirements."""
    return [*(str(place) for place in range(1, n_places + 1)), "out"]


def strip(row: GridRow) -> str:
    """One slot as a strip of shares; those not classified a plain figure at its end."""
    n_places = len(row.counts) - 1
    slot = "Pit lane" if row.label == "pit" else f"Grid {row.label}"
    return heat.strip(
        row.shares,
        column_labels(n_places),
        name=f"{slot}, {row.n} starts",
        rules=(heat.PODIUM, heat.POINTS),
        n_plain=1,
    )
