"""The figures of the track record: what its cards and its files hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import numpy as np

from ingestion.models import Driver
from predictions.charts import words
from predictions.forecasting.models import BASELINES
from predictions.forecasting.reliability import FINE, calibration_error, reliability
from predictions.forecasting.scores import PODIUM
from predictions.forecasting.skill import Skill, skill
from predictions.forecasting.told import Told
from predictions.views.presenters.entrants import SeasonScores
from predictions.views.presenters.frame import Kpi
from predictions.views.presenters.record import (
    Calibration,
    GainGroup,
    GainRow,
    Miss,
    ModelRow,
    Ranks,
)
from predictions.views.track import races
from predictions.views.track.asked import EVENTS, SEALED
from predictions.views.track.labels import label_of
from predictions.views.track.read import OURS, Score, Shown, names_of

#: What is said of so few races says little.
FEW_RACES = 20
COMPARED = {
    "log_loss": "Winner, log loss",
    "podium_brier": "Podium, Brier",
    "rps": "Places, RPS",
}


@dataclass(frozen=True)
class Cards:
    """What the cards hold, each figured out once, when it is asked for."""

    shown: Shown

    @cached_property
    def drivers(self) -> dict[str, Driver]:
        """Winners and favourites by slug. One query."""
        slugs = names_of(self.shown.told.values())
        return Driver.objects.in_bulk(slugs, field_name="slug")

    @cached_property
    def calibration(self) -> Calibration | None:
        return calibration(self.shown)

    @cached_property
    def gains(self) -> list[GainGroup]:
        return gains(self.shown)

    @cached_property
    def ranks(self) -> Ranks | None:
        return ranks(self.shown)

    @cached_property
    def misses(self) -> list[Miss]:
        return races.misses(self.shown, self.drivers)

    @cached_property
    def seasons(self) -> list[SeasonScores]:
        return races.seasons(self.shown)


# --- the strip --------------------------------------------------------------------
def kpis(shown: Shown) -> list[Kpi]:
    """Four figures, each with its n and what it is to be compared with."""
    scores = list(shown.ours.values())
    n, told = len(scores), shown.told.values()
    won = sum(score.winner_hit for score in scores)
    strip = [
        winner_in_three(shown),
        Kpi(
            label="Favourite won",
            figure=words.share(won / n),
            note=_expected(won, n, told),
        ),
        Kpi(
            label="Log loss, winner",
            figure=f"{fmean(score.log_loss for score in scores):.3f}",
            note=_losses(shown),
        ),
    ]
    covered = [(s.coverage, s.n_starters) for s in scores if s.coverage is not None]
    if covered:
        cars = sum(n for _, n in covered)
        held = round(sum(part * n for part, n in covered))
        strip.append(
            Kpi(
                label=f"80{words.THIN}% ranges that held",
                figure=words.share(held / cars),
                note=f"{held:,} of {cars:,} cars; wide, since places are whole numbers",
            )
        )
    return strip


def winner_in_three(shown: Shown) -> Kpi:
    """How often the winner was among ours, beside the baseline best at that."""
    scores = shown.ours.values()
    n, found = len(scores), sum(score.winner_in_top3 for score in scores)
    return Kpi(
        label="Winner among our first three",
        figure=words.share(found / n),
        note=f"{found} of {n_races(n)}{_beside(shown, 'winner_in_top3')}",
    )


def n_races(n: int) -> str:
    """``68 races``."""
    return f"{n} race{'s' * (n != 1)}"


def _beside(shown: Shown, name: str) -> str:
    """The baseline of the largest share, of those with most of these races."""
    theirs = {
        other: [getattr(score, name) for _, score in pairs]
        for other in shown.baselines
        if (pairs := shown.pairs(other))
    }
    if not theirs:
        return ""
    best = max(theirs, key=lambda other: (len(theirs[other]), fmean(theirs[other])))
    found = theirs[best]
    return f"; {label_of(best)} {words.share(fmean(found))}{_of(shown, len(found))}"


def _of(shown: Shown, n: int) -> str:
    """Says so where a baseline has fewer races than we have."""
    return "" if n == len(shown.ours) else f" (of {n})"


def _expected(won: int, n: int, told: Iterable[Told]) -> str:
    chances = [float(one.win.max()) for one in told]
    if not chances:
        return f"{won} of {n_races(n)}"
    return f"{won} of {n}; we expected {words.share(fmean(chances))}"


def _losses(shown: Shown) -> str:
    told = []
    for name in shown.baselines:
        pairs = shown.pairs(name)
        if pairs:
            mean = fmean(other.log_loss for _, other in pairs)
            told.append(f"{label_of(name)} {mean:.3f}{_of(shown, len(pairs))}")
    of = f"{n_races(len(shown.ours))}: "
    return of + ", ".join(told) if told else f"{n_races(len(shown.ours))}"


# --- cards ------------------------------------------------------------------------
def calibration(shown: Shown) -> Calibration | None:
    """Chances of all starters and what became of them."""
    told = list(shown.told.values())
    if not told:
        return None
    event = shown.asked.event
    chances = np.concatenate([getattr(one, event) for one in told])
    happened = np.concatenate([_happened(one, event) for one in told])
    return Calibration(
        event=EVENTS[event],
        bins=reliability(chances, happened, edges=FINE),
        n_cases=len(chances),
        n_races=len(told),
        error=calibration_error(reliability(chances, happened)),
    )


def _happened(one: Told, event: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    last = {"win": 1, "podium": PODIUM, "points": one.n_points}[event]
    happened: np.ndarray[tuple[int], np.dtype[np.bool_]] = one.place <= last
    return happened


def gains(shown: Shown) -> list[GainGroup]:
    """By score, against each baseline that has it on the same races."""
    groups = (
        GainGroup(label=label, rows=list(_gains(shown, name)))
        for name, label in COMPARED.items()
    )
    return [group for group in groups if group.rows]


def _gains(shown: Shown, name: str) -> Iterable[GainRow]:
    for other in shown.baselines:
        both = [
            (own, theirs)
            for a, b in shown.pairs(other)
            if (own := getattr(a, name)) is not None
            and (theirs := getattr(b, name)) is not None
        ]
        ours, base = np.array(both, dtype=np.float64).reshape(-1, 2).T
        if len(both) and base.mean() > 0:
            found = skill(ours, base)
            yield GainRow(
                label=label_of(other),
                skill=found,
                text=signed_share(found.gain),
                interval=f"95{words.THIN}% interval {interval(found)},"
                f" {n_races(found.n)}",
            )


def interval(found: Skill) -> str:
    return f"{signed_share(found.low)} to {signed_share(found.high)}"


def signed_share(value: float) -> str:
    """A gain in per cent; only a loss carries its sign."""
    figure = f"{100 * abs(value):.0f}"
    sign = words.MINUS if value < 0 and figure != "0" else ""
    return f"{sign}{figure}{words.THIN}%"


def ranks(shown: Shown) -> Ranks | None:
    """Where results fell in our distributions, over all cars of all races."""
    told = list(shown.told.values())
    if not told:
        return None
    counts = np.sum([one.ranks for one in told], axis=0)
    return Ranks(
        shares=(counts / counts.sum()).tolist(),
        n_cars=sum(len(one.place) for one in told),
        n_races=len(told),
    )


# --- the others -----------------------------------------------------------------------
def models(shown: Shown) -> list[ModelRow]:
    """Every model with scores on these races; ours first, then the best."""
    rows = [
        _model(shown, name, list(scores.values()))
        for name, scores in shown.lines.items()
    ]
    return sorted(rows, key=lambda row: (not row.is_ours, row.log_loss))


def _model(shown: Shown, name: str, scores: Sequence[Score]) -> ModelRow:
    def mean(column: str) -> float:
        return fmean(getattr(score, column) for score in scores)

    def known(column: str) -> float | None:
        values = [v for s in scores if (v := getattr(s, column)) is not None]
        return fmean(values) if values else None

    return ModelRow(
        label=label_of(name, shown.pool.ours),
        is_ours=name == OURS,
        is_shadow=shown.asked.origin == SEALED
        and name != OURS
        and name not in BASELINES,
        n=len(scores),
        winner_hit=mean("winner_hit"),
        top_three=mean("winner_in_top3"),
        log_loss=mean("log_loss"),
        brier=mean("brier"),
        rps=mean("rps"),
        podium_brier=known("podium_brier"),
        points_brier=known("points_brier"),
        spearman=mean("rank_correlation"),
        kendall=known("kendall"),
        mates_hit=known("mates_hit"),
        coverage=known("coverage"),
    )
