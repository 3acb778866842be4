"""Labels that would collide at the end of lines."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class _Pool:
    total: float  # sum of the wanted places
    n: int

    def low(self, gap: float) -> float:
        return self.total / self.n - gap * (self.n - 1) / 2

    def high(self, gap: float) -> float:
        return self.low(gap) + gap * (self.n - 1)


def spread(
    places: Sequence[float], gap: float, *, low: float = 0.0, high: float = 1.0
) -> list[float]:
    """Places at least ``gap`` apart, each pool of colliding labels around its mean.

    Parameters
    ----------
    places : shape (n,), wanted places in any order
    gap : least distance; shrinks where n labels cannot fit between the bounds
    low, high : bounds of the result

    Returns
    -------
    list of n places in the order given
    """
    if not places:
        return []
    gap = min(gap, (high - low) / max(1, len(places) - 1))
    order = sorted(range(len(places)), key=lambda i: places[i])
    pools: list[_Pool] = []
    for i in order:
        pools.append(_Pool(total=places[i], n=1))
        _keep_inside(pools[-1], gap, low, high)
        while len(pools) > 1 and pools[-1].low(gap) - pools[-2].high(gap) < gap:
            last = pools.pop()
            pools[-1].total += last.total
            pools[-1].n += last.n
            _keep_inside(pools[-1], gap, low, high)
    spots = [pool.low(gap) + gap * k for pool in pools for k in range(pool.n)]
    result = [0.0] * len(places)
    for i, spot in zip(order, spots, strict=True):
        result[i] = spot
    return result


def _keep_inside(pool: _Pool, gap: float, low: float, high: float) -> None:
    shift = max(0.0, low - pool.low(gap)) - max(0.0, pool.high(gap) - high)
    pool.total += shift * pool.n
