"""What forecasts cost beside the bare fits of their models.

    ./run bench forecasts [--archive PATH] [--rounds 15]

A whole walk-forward at two stages, all models; then one forecast of the next race by
the primary model, from features to sealed rows, and its parts. The record is the
archive, or the starter record without it. Bare fits are the very calls of the
walk-forward that learn from ready arrays: they are timed while it runs.
"""

import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._scratch import options, say, timed
from f1site.testing.serving import scratch_database

if TYPE_CHECKING:
    from ingestion.models import Race
    from predictions.forecasting.frame import Frame

FIRST, LAST = 2015, 2024
STAGES = ("pre_weekend", "final_grid")
MOST_RATIO = 3.0  # the walk-forward, as a multiple of its bare fits
MOST_FEATURES = 100.0  # features of a race, as a multiple of its inference
ROUNDS = 15


def main() -> int:
    """Measure, print, and fail when a goal is missed."""
    asked = options(str(__doc__), ROUNDS)
    with scratch_database():
        load_record(asked.archive)
        met = [walk(), one_race(asked.rounds)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{'memory at the peak of all':44} {peak:9.0f} MB")
    return 0 if all(met) else 1


def load_record(archive: str | None) -> None:
    from ingestion.services import import_archive, load_starter
    from predictions import pipeline

    if archive:
        import_archive(location=archive)
    else:
        load_starter()
    pipeline.rate()


# --- the walk-forward -------------------------------------------------------------
def walk() -> bool:
    from f1site.base import clock
    from predictions.features import Knowledge
    from predictions.forecasting.backtest import walk_forward
    from predictions.forecasting.models import MODELS
    from predictions.services import SEED

    started = time.perf_counter()
    frame = Knowledge(clock.now()).frame
    say(f"{'record read, facts made':44} {time.perf_counter() - started:9.2f} s")
    years, models = seasons_of(frame), list(MODELS.values())
    n_races = frame.seasons(years[0], years[-1]).n_races
    say(
        f"walk-forward {years[0]} to {years[-1]}, {n_races} races, {len(models)} models"
    )
    total = bare = 0.0
    for stage in STAGES:
        with fits_timed() as fits:
            took = timed(partial(walk_forward, frame, models, stage, years, seed=SEED))
        total, bare = total + took, bare + sum(fits.values())
        say(f"  {stage:42} {took:9.2f} s")
        for name, seconds in sorted(fits.items(), key=lambda fit: -fit[1]):
            say(f"    of that in {name:31} {seconds:9.2f} s")
    return report("as long as its bare fits", total / bare, MOST_RATIO)


def seasons_of(frame: "Frame") -> list[int]:
    """Of those asked for the ones that the record holds, with one before them."""
    known = np.unique(frame.season[frame.place > 0]).tolist()[1:]
    return [year for year in known if FIRST <= year <= LAST]


@contextmanager
def fits_timed() -> Iterator[dict[str, float]]:
    """Seconds spent in what learns from ready arrays, by its name."""
    import lightgbm
    from sklearn.ensemble import RandomForestClassifier

    from predictions.forecasting import plackett_luce, regression

    spent: dict[str, float] = defaultdict(float)
    learners = {
        regression.conditional_logit: "conditional logit",
        regression.logistic: "logistic regression",
        plackett_luce.order_temperature: "temperature of orders",
    }
    places: list[tuple[Any, str, Callable[..., Any], str]] = [
        (module, name, learner, words)
        for path, module in list(sys.modules.items())
        if path.startswith("predictions.forecasting")
        for learner, words in learners.items()
        for name in [learner.__name__]
        if getattr(module, name, None) is learner
    ]
    places.append((lightgbm, "train", lightgbm.train, "LightGBM"))
    forest = RandomForestClassifier
    places.append((forest, "fit", forest.fit, "random forest"))
    for owner, name, learner, words in places:
        setattr(owner, name, stopped(learner, spent, words))
    try:
        yield spent
    finally:
        for owner, name, learner, _ in places:
            setattr(owner, name, learner)


def stopped(
    learner: Callable[..., Any], spent: dict[str, float], words: str
) -> Callable[..., Any]:
    @wraps(learner)
    def learn(*args: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return learner(*args, **options)
        finally:
            spent[words] += time.perf_counter() - started

    return learn


# --- one race ---------------------------------------------------------------------
def one_race(n_rounds: int) -> bool:
    """From the features of the next race to its sealed rows, by the primary model."""
    from f1site.base import clock
    from ingestion import queries as record
    from predictions import features, services

    race = record.next_race()
    if race is None:
        say("left out: the record holds no race without a result")
        return True
    as_of = min(clock.now(), features.start_of(race))
    knowledge = features.Knowledge(as_of)
    names = [services.primary_name()]
    say(f"{'training of all models':44} {timed(lambda: train(knowledge)):9.2f} s")
    parts: dict[str, list[float]] = defaultdict(list)
    for _ in range(n_rounds):
        for part, seconds in parts_of(race, knowledge, names).items():
            parts[part].append(seconds)
    middle = {part: statistics.median(times) for part, times in parts.items()}
    say(f"one forecast, {race.season_id} {race.name}, by {names[0]}")
    for part, seconds in middle.items():
        say(f"  {part:42} {1e3 * seconds:9.2f} ms")
    ratio = middle["features"] / middle["inference"]
    return report("features, as a multiple of inference", ratio, MOST_FEATURES)


def train(knowledge: Any) -> None:
    from predictions import services

    services.train_models(knowledge=knowledge)


def parts_of(race: "Race", knowledge: Any, names: list[str]) -> dict[str, float]:
    """Seconds of each part, and of the whole; what was issued is taken back."""
    from django.db import transaction

    from predictions import gaps, registry, services
    from predictions.services.training import usable_version

    stage = "pre_weekend"
    version = usable_version(names[0], knowledge, race.season_id)
    if version is None:
        raise SystemExit(f"{names[0]} was trained and is not usable")
    started = time.perf_counter()
    _, rows = knowledge.rows_of(race, stage)
    featured = time.perf_counter()
    fits = registry.load(version)
    loaded = time.perf_counter()
    fits[stage].outlook(rows, seed=services.SEED)
    inferred = time.perf_counter()
    gaps.gaps_of(race, stage, knowledge.as_of)
    noted = time.perf_counter()
    with transaction.atomic():
        (issued,) = services.forecast_race(
            race=race, stage=stage, names=names, knowledge=knowledge
        )
        whole = time.perf_counter() - noted
        transaction.set_rollback(True)
    if not issued.is_new:
        raise SystemExit("a forecast stood already; nothing was measured")
    told = {
        "features": featured - started,
        "reading the model": loaded - featured,
        "inference": inferred - loaded,
        "what is missing": noted - inferred,
    }
    rest = whole - sum(told.values())
    return told | {"finding the version, storing, sealing": rest, "in all": whole}


def report(name: str, ratio: float, most: float) -> bool:
    verdict = "" if ratio <= most else "  MISSED"
    say(f"{name:44} {ratio:9.2f} x  (at most {most:g}){verdict}")
    return ratio <= most


if __name__ == "__main__":
    sys.exit(main())
