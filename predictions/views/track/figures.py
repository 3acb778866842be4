"""The figures of the track record: what its cards and its files hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from statistics import fmean

import numpy as np

from ingestion.models import Driver, Entry, Race, Team
from predictions.charts import words
from predictions.charts.series import moving_mean
from predictions.charts.winners import Dot, Mean
from predictions.forecasting.comparison import RIVALS
from predictions.forecasting.models import BASELINES
from predictions.forecasting.reliability import FINE, calibration_error, reliability
from predictions.forecasting.scores import PODIUM
from predictions.forecasting.skill import Skill, skill
from predictions.forecasting.told import Told
from predictions.views import parts
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
from predictions.views.track.asked import EVENTS, SEALED
from predictions.views.track.read import OURS, Score, Shown, names_of

N_MISSES = 10
#: Races of the moving mean, and how many it begins with.
MEAN_OF, MEAN_FROM = 20, 10
#: What is said of so few races says little.
FEW_RACES = 20
LABELS = {
    "grid": "grid slots",
    "elo": "Elo",
    "standings": "standings",
    "uniform": "uniform",
}
COMPARED = {
    "log_loss": "Winner, log loss",
    "podium_brier": "Podium, Brier",
    "rps": "Places, RPS",
}


def label_of(model: str, ours: str = "") -> str:
    """How the page calls a model; ``ours`` is the one that speaks."""
    if model == OURS:
        return f"ours ({ours})" if ours else "ours"
    return LABELS.get(model, model.replace("_", " "))


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
        return misses(self.shown, self.drivers)


# --- the strip --------------------------------------------------------------------
def kpis(shown: Shown) -> list[Kpi]:
    """Four figures, each with its n and what it is to be compared with."""
    scores = list(shown.ours.values())
    n, told = len(scores), shown.told.values()
    in_three = sum(score.winner_in_top3 for score in scores)
    won = sum(score.winner_hit for score in scores)
    strip = [
        Kpi(
            label="Winner among our first three",
            figure=words.share(in_three / n),
            note=f"{in_three} of {_races(n)}{_beside(shown, 'winner_in_top3')}",
        ),
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


def _races(n: int) -> str:
    return f"{n} race{'s' * (n != 1)}"


def _beside(shown: Shown, name: str) -> str:
    """The same share of the best baseline, on the races that both have."""
    if not shown.best:
        return ""
    pairs = shown.pairs(shown.best)
    theirs = fmean(getattr(other, name) for _, other in pairs)
    return f"; {label_of(shown.best)} {words.share(theirs)}{_of(shown, len(pairs))}"


def _of(shown: Shown, n: int) -> str:
    """Says so where a baseline has fewer races than we have."""
    return "" if n == len(shown.ours) else f" (of {n})"


def _expected(won: int, n: int, told: Iterable[Told]) -> str:
    chances = [float(one.win.max()) for one in told]
    if not chances:
        return f"{won} of {_races(n)}"
    return f"{won} of {n}; we expected {words.share(fmean(chances))}"


def _losses(shown: Shown) -> str:
    told = []
    for name in shown.baselines:
        pairs = shown.pairs(name)
        if pairs:
            mean = fmean(other.log_loss for _, other in pairs)
            told.append(f"{label_of(name)} {mean:.3f}{_of(shown, len(pairs))}")
    of = f"{_races(len(shown.ours))}: "
    return of + ", ".join(told) if told else f"{_races(len(shown.ours))}"


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
                f" {_races(found.n)}",
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


# --- race by race -----------------------------------------------------------------
def dots(shown: Shown, drivers: Mapping[str, Driver]) -> list[Dot]:
    """A dot for each race whose chances are kept."""
    return [_dot(race, shown, drivers) for race in shown.races if race.pk in shown.told]


def _dot(race: Race, shown: Shown, drivers: Mapping[str, Driver]) -> Dot:
    told, score = shown.told[race.pk], shown.ours[race.pk]
    slug = told.drivers[told.winner]
    driver = drivers.get(slug)
    chance = exp(-score.log_loss)
    lines = [
        parts.race_label(race).replace(" Grand Prix", ""),
        f"{driver.name if driver else slug} {words.percent(chance, _digits(chance))},"
        f" our no. {told.winner_rank}",
    ]
    theirs = shown.lines.get(shown.best, {}).get(race.pk) if shown.best else None
    if theirs:
        other = exp(-theirs.log_loss)
        lines.append(f"{label_of(shown.best)} {words.percent(other, _digits(other))}")
    return Dot(
        chance=chance,
        rank=told.winner_rank,
        season=race.season_id,
        name=driver.last_name if driver else slug,
        reading="\n".join(lines),
        url=parts.race_url(race, shown.asked.kind),
    )


def _digits(chance: float) -> int:
    return 0 if chance >= 0.1 else 1


def means(shown: Shown) -> list[Mean]:
    """Moving means of our chances and of the best baseline's."""
    keys = [race.pk for race in shown.races if race.pk in shown.told]
    lines = [Mean("ours", _means(shown.ours, keys), is_ours=True)]
    if shown.best:
        theirs = shown.lines[shown.best]
        lines.append(Mean(label_of(shown.best), _means(theirs, keys)))
    return lines


def _means(scores: Mapping[int, Score], keys: Sequence[int]) -> list[float | None]:
    """Geometric, so that they say what the log loss says; a race without is skipped."""
    known = [n for n, key in enumerate(keys) if key in scores]
    losses = moving_mean([scores[keys[n]].log_loss for n in known], MEAN_OF)
    values: list[float | None] = [None] * len(keys)
    for i, (n, loss) in enumerate(zip(known, losses, strict=True)):
        values[n] = exp(-loss) if i >= MEAN_FROM - 1 else None
    return values


# --- tables -----------------------------------------------------------------------
def misses(shown: Shown, drivers: Mapping[str, Driver]) -> list[Miss]:
    """Winners who were not our favourite, the smallest chance first."""
    missed = [
        race
        for race in shown.races
        if race.pk in shown.told and not shown.ours[race.pk].winner_hit
    ]
    missed.sort(key=lambda race: -shown.ours[race.pk].log_loss)
    worst = missed[:N_MISSES]
    entries = Entry.objects.filter(race__in=worst).select_related("team")
    teams = {(entry.race_id, entry.driver_id): entry.team for entry in entries}
    return [_miss(race, shown, drivers, teams) for race in worst]


def _miss(
    race: Race,
    shown: Shown,
    drivers: Mapping[str, Driver],
    teams: Mapping[tuple[int, int], Team],
) -> Miss:
    told, score = shown.told[race.pk], shown.ours[race.pk]
    theirs = shown.lines.get(shown.best, {}).get(race.pk) if shown.best else None
    winner, favourite = (
        drivers.get(slug) or Driver(slug=slug, name=slug)
        for slug in (told.drivers[told.winner], told.drivers[told.order[0]])
    )
    chance = float(told.win[told.order[0]])
    return Miss(
        label=parts.race_label(race),
        url=parts.race_url(race, shown.asked.kind),
        winner=parts.named_driver(winner, teams.get((race.pk, winner.pk))),
        our_rank=told.winner_rank,
        p_win=exp(-score.log_loss),
        baseline=exp(-theirs.log_loss) if theirs else None,
        log_loss=score.log_loss,
        favourite=parts.named_driver(favourite, None, chance),
    )


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


def seasons(shown: Shown) -> list[SeasonScores]:
    """Our scores of each season beside the best baseline, on the same races."""
    if not shown.best:
        return []
    theirs = shown.lines[shown.best]
    by_year: dict[int, list[tuple[Score, Score]]] = {}
    for race in shown.races:
        if race.pk in theirs:
            pair = shown.ours[race.pk], theirs[race.pk]
            by_year.setdefault(race.season_id, []).append(pair)
    return [
        SeasonScores(
            year=year,
            n=len(pairs),
            log_loss=fmean(own.log_loss for own, _ in pairs),
            baseline_log_loss=fmean(other.log_loss for _, other in pairs),
            winner_hit=fmean(own.winner_hit for own, _ in pairs),
            top_three=fmean(own.winner_in_top3 for own, _ in pairs),
        )
        for year, pairs in sorted(by_year.items(), reverse=True)
    ]


def baselines_told(names: Sequence[str]) -> str:
    """What the baselines are that are compared with."""
    said = {
        "grid": "Grid slots: how often each slot ended where.",
        "elo": "Elo: ratings alone.",
        "standings": "Standings: the same by rank in the championship.",
        "uniform": "Uniform: everybody alike.",
    }
    return " ".join(said[name] for name in RIVALS if name in names)
