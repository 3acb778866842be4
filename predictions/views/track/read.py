"""From stored scores to what the track record shows, sealed or replayed alike."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ingestion import queries as record
from ingestion.models import Race, SessionKind
from predictions import backtests, queries
from predictions.forecasting.comparison import RIVALS
from predictions.forecasting.scores import points_counted
from predictions.forecasting.told import Told, matched, tell
from predictions.models import Backtest, BacktestScore, PredictionAccuracy, Stage
from predictions.models.forecasts import CLOCK_TOLERANCE
from predictions.services import primary_name
from predictions.views import stored
from predictions.views.track.asked import REPLAYED, SEALED, UNKNOWN, Asked

#: Stands for the model that spoke, or would speak.
OURS = queries.OURS
SCORES = (
    "n_starters",
    "log_loss",
    "brier",
    "rps",
    "winner_hit",
    "winner_in_top3",
    "podium_brier",
    "points_brier",
    "rank_correlation",
    "kendall",
    "coverage",
    "mates_hit",
)


class Score(NamedTuple):
    """One race as one model told it; ``key`` is that of the row that holds chances."""

    key: int
    n_starters: int
    log_loss: float
    brier: float
    rps: float
    winner_hit: bool
    winner_in_top3: bool
    podium_brier: float | None
    points_brier: float | None
    rank_correlation: float
    kendall: float | None
    coverage: float | None
    mates_hit: float | None


#: Model to race to score.
Lines = dict[str, dict[int, Score]]


@dataclass(frozen=True)
class Pool:
    """All that is stored of one origin, kind and stage.

    Attributes
    ----------
    lines : by model; OURS is the one that spoke, or would
    ours : name of that model, "" where several did
    races : those of all lines
    conditions : race to the observed state of its track
    speakers : race to the name of the model that spoke of it, or would
    by_stopped_clock : races whose forecast of ours was made by a clock that stood
    """

    lines: Lines
    ours: str
    races: Mapping[int, Race]
    conditions: Mapping[int, str]
    speakers: Mapping[int, str]
    by_stopped_clock: Collection[int] = ()

    def by_name(self) -> Lines:
        """By the model itself: what it told as ours is its own, too."""
        named = {
            name: dict(scores) for name, scores in self.lines.items() if name != OURS
        }
        for race, score in self.lines.get(OURS, {}).items():
            named.setdefault(self.speakers[race], {})[race] = score
        return named


@dataclass(frozen=True)
class Shown:
    """What is asked for, in order of time.

    Attributes
    ----------
    asked : with origin and stage as they are shown
    counts : of each origin, races that our forecasts were scored on
    stages : that this origin has
    backtest : that replayed scores are from
    races : whose scores by the chosen model are shown
    told : race to what that model told of it, where its chances are kept
    """

    asked: Asked
    counts: Mapping[str, int]
    stages: Sequence[str]
    backtest: Backtest | None
    pool: Pool
    races: Sequence[Race] = ()
    told: Mapping[int, Told] = field(default_factory=dict)

    @cached_property
    def lines(self) -> dict[str, dict[int, Score]]:
        """Scores of all models on these races."""
        keys = [race.pk for race in self.races]
        shared = {
            name: {key: scores[key] for key in keys if key in scores}
            for name, scores in self.pool.lines.items()
        }
        return {name: scores for name, scores in shared.items() if scores}

    @property
    def ours(self) -> dict[int, Score]:
        """Scores of the chosen model."""
        return self.lines.get(self.asked.model, {})

    @cached_property
    def baselines(self) -> list[str]:
        """Those with scores on these races, the one that knows most first."""
        mine = {self.asked.model, self.pool.ours if not self.asked.model else ""}
        return [name for name in RIVALS if name in self.lines and name not in mine]

    def pairs(self, other: str) -> list[tuple[Score, Score]]:
        """Our score and that of another model, on the races that both have."""
        theirs = self.lines[other]
        return [(own, theirs[key]) for key, own in self.ours.items() if key in theirs]

    @cached_property
    def best(self) -> str:
        """The baseline of the least log loss, of those with most of these races."""
        if not self.baselines:
            return ""

        def rank(name: str) -> tuple[int, float]:
            scores = self.lines[name].values()
            return -len(scores), float(np.mean([score.log_loss for score in scores]))

        return min(self.baselines, key=rank)


def read(asked: Asked) -> Shown:
    """All that the page needs of scores, in a number of queries that never grows."""
    shown = read_scores(asked)
    return replace(shown, told=_told(shown))


def read_scores(asked: Asked) -> Shown:
    """The same without the chances that were told."""
    sealed, ours = _sealed_stages(asked.kind), primary_name()
    is_raced = asked.kind == SessionKind.RACE
    replayed = _in_order(backtests.stages_of(ours) if is_raced else ())
    of_stage = asked.stage if asked.stage in replayed else "".join(replayed[-1:])
    backtest = backtests.latest(of_stage, [ours]) if of_stage else None
    counts = {
        SEALED: max(sealed.values(), default=0),
        REPLAYED: backtest.n_races if backtest else 0,
    }
    has_replays = bool(counts[REPLAYED]) and not counts[SEALED]
    origin = asked.origin or (REPLAYED if has_replays else SEALED)
    stages = _in_order(sealed) if origin == SEALED else replayed
    stage = asked.stage or "".join(stages[-1:])
    asked = replace(asked, origin=origin, stage=stage)
    pool = _sealed(asked) if origin == SEALED else _replayed(asked, backtest, ours)
    if asked.model and asked.model not in pool.lines:
        asked = replace(asked, model=OURS)
    asked = _without_bounds(asked, pool)
    races = [pool.races[key] for key in _chosen(asked, pool)]
    return Shown(asked, counts, stages, backtest, pool, races)


def _in_order(stages: Collection[str]) -> list[str]:
    """From the least informed on."""
    return [stage for stage in Stage.values if stage in stages]


def _without_bounds(asked: Asked, pool: Pool) -> Asked:
    """All seasons are all seasons to come, too: an address is good next year."""
    seasons = {pool.races[key].season_id for key in pool.lines.get(asked.model, {})}
    return replace(
        asked,
        start=0 if asked.start == min(seasons, default=0) else asked.start,
        end=0 if asked.end == max(seasons, default=0) else asked.end,
    )


def _chosen(asked: Asked, pool: Pool) -> list[int]:
    """Races of the chosen model that pass the filters, in order of time."""

    def passes(race: Race) -> bool:
        weather = pool.conditions.get(race.pk, "") or UNKNOWN
        return (
            asked.start <= race.season_id <= (asked.end or race.season_id)
            and asked.circuit in ("", race.circuit.kind)
            and asked.weather in ("", weather)
        )

    keys = pool.lines.get(asked.model, {})
    found = [race for key in keys if passes(race := pool.races[key])]
    return [race.pk for race in sorted(found, key=lambda r: (r.starts_on, r.pk))]


def options(shown: Shown) -> tuple[Counter[str], Counter[str], list[int]]:
    """Types of circuit and states of the track with their races; the seasons.

    Of all races of the chosen model, whatever else is filtered.
    """
    pool = shown.pool
    races = [pool.races[key] for key in pool.lines.get(shown.asked.model, {})]
    circuits = Counter(race.circuit.kind for race in races)
    weathers = Counter(pool.conditions.get(race.pk, "") or UNKNOWN for race in races)
    return circuits, weathers, sorted({race.season_id for race in races})


# --- sealed -----------------------------------------------------------------------
def _sealed_stages(kind: str) -> dict[str, int]:
    """Stage to the races that a sealed forecast of ours was scored on."""
    rows = stored.counted_scores(kind).order_by()
    pairs = rows.values_list("forecast__stage", "forecast__race_id").distinct()
    return Counter(stage for stage, _ in pairs)


def _sealed(asked: Asked) -> Pool:
    """Of several forecasts of a model at a stage the last one before the start."""
    rows = (
        PredictionAccuracy.objects.filter(
            is_current=True,
            forecast__kind=asked.kind,
            forecast__stage=asked.stage,
            forecast__late=False,
        )
        .order_by("forecast__issued_at", "forecast_id")
        .values_list(
            "forecast__race_id",
            "forecast__is_primary",
            "forecast__model_version__name",
            "forecast__issued_at",
            "forecast__stored_at",
            "forecast_id",
            *SCORES,
        )
    )
    lines: Lines = defaultdict(dict)
    speakers, clocks = {}, {}
    for race, is_primary, name, issued_at, stored_at, *score in rows:
        lines[OURS if is_primary else name][race] = Score(*score)
        if is_primary:
            speakers[race] = name
            clocks[race] = _stood(issued_at, stored_at)
    names = set(speakers.values())
    return _pool(
        lines,
        ours=names.pop() if len(names) == 1 else "",
        kind=asked.kind,
        speakers=speakers,
        by_stopped_clock={race for race, stood in clocks.items() if stood},
    )


def _stood(issued_at: datetime, stored_at: datetime) -> bool:
    return stored_at - issued_at > CLOCK_TOLERANCE


def _pool(lines: Mapping[str, dict[int, Score]], *, kind: str, **more: Any) -> Pool:
    keys = set().union(*lines.values()) if lines else set()
    races = Race.objects.select_related("circuit").in_bulk(keys)
    return Pool(
        dict(lines), races=races, conditions=record.conditions_of(keys, kind), **more
    )


# --- replayed ---------------------------------------------------------------------
def _replayed(asked: Asked, backtest: Backtest | None, ours: str) -> Pool:
    lines: Lines = defaultdict(dict)
    rows = BacktestScore.objects.filter(backtest=backtest, stage=asked.stage)
    if backtest is not None:
        fields = rows.order_by("race__starts_on", "race_id")
        for name, race, *score in fields.values_list("model", "race_id", "pk", *SCORES):
            lines[OURS if name == ours else name][race] = Score(*score)
    speakers = dict.fromkeys(lines.get(OURS, {}), ours)
    return _pool(lines, ours=ours, kind=asked.kind, speakers=speakers)


# --- chances ----------------------------------------------------------------------
def _told(shown: Shown) -> dict[int, Told]:
    """What the chosen model told of the races that are shown."""
    keys = {score.key: race for race, score in shown.ours.items()}
    if shown.asked.origin == SEALED:
        return _told_sealed(shown, keys)
    rows = BacktestScore.objects.filter(pk__in=keys)
    fields = rows.values_list("race_id", "drivers", "places", "positions")
    return {
        race: tell(drivers, np.array(positions), np.array(places))
        for race, drivers, places, positions in fields
    }


def _told_sealed(shown: Shown, keys: Mapping[int, int]) -> dict[int, Told]:
    kind = shown.asked.kind
    places = queries.places_of(set(keys.values()), kind)
    known = queries.positions_of(keys)
    told = {}
    for race in shown.races:
        score = shown.ours[race.pk]
        finishers = places.get(race.pk, {})
        if len(finishers) < 2 or score.key not in known:
            continue
        n_points = points_counted(race.season_id, kind)
        fate = matched(known[score.key], finishers)
        told[race.pk] = tell(*fate, n_points=n_points)
    return told


def names_of(told: Iterable[Told]) -> set[str]:
    """Slugs of the winners and the favourites."""
    return {one.drivers[row] for one in told for row in (one.winner, one.order[0])}
