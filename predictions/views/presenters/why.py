"""What the reasons of a forecast are shown as."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from predictions.charts import words
from predictions.views.presenters.frame import Choice

#: Groups that have a bar of their own; the others share the last.
N_PARTS = 5
#: Percentage points that are printed as more than nothing.
SMALLEST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyPart:
    """What one group of facts does, in percentage points."""

    label: str  # "grid slot"
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRow:
    """A driver's chance as the sum of its parts."""

    driver_name: str
    driver_slug: str
    code: str
    team_class: str
    p_win: float
    parts: Sequence[WhyPart]  # all, in the same order for every driver

    @property
    def change(self) -> float:
        """From where all begin, or from the stage before; percentage points."""
        return sum(part.change for part in self.parts)

    @property
    def main(self) -> list[WhyPart]:
        """The largest parts, and the sum of the others behind them.

        Their running sums are rounded, so that what is printed adds up.
        """
        sized = sorted(self.parts, key=lambda part: -abs(part.change))
        shown = [part for part in sized[:N_PARTS] if abs(part.change) >= SMALLEST]
        rest = self.change - sum(part.change for part in shown)
        shown.append(WhyPart(label="all else", change=rest))
        sums = accumulate((part.change for part in shown), initial=0.0)
        printed = [
            round(now - before, 1)
            for before, now in pairwise(round(total, 1) for total in sums)
        ]
        return [
            replace(part, change=change)
            for part, change in zip(shown, printed, strict=True)
            if change
        ]

    @property
    def said(self) -> str:
        """``+8.1 points: grid slot +12.0, rating −2.1, all else −1.8``."""
        parts = [f"{part.label} {words.signed(part.change, 1)}" for part in self.main]
        total = f"{words.signed(self.change, 1)} points"
        return f"{total}: {', '.join(parts)}" if parts else total


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRows:
    """Rows of a block: some with bars, all in its table; or why there are none."""

    shown: Sequence[WhyRow] = ()
    everybody: Sequence[WhyRow] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyBlock:
    """Why a forecast gives its chances, and what has changed since the last stage."""

    stands: WhyRows
    since: WhyRows | None = None
    since_label: str = ""  # "Post-practice"
    n_drivers: int = 0  # when it was sealed
    even_chance: float = 0.0
    choices: Sequence[Choice] = ()  # of a driver
    all_url: str = ""  # empty where all are shown
