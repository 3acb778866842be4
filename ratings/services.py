"""What writes ratings: a replay from the first race that is not as it was."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import connection

from f1site.base import changes, clock
from f1site.base.jobs import exclusive
from f1site.base.metrics import elo_calculation_duration
from ingestion.models import Race
from ratings import elo
from ratings.config import CONFIGS
from ratings.models import RatedRace, RatingRun
from ratings.rows import Record, read_record
from ratings.store import remember, states_before, write_changes

N_STEPS = 4
Progress = Callable[[str, int, int], None]


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What a replay did; ``run`` is None where nothing was to be done.

    ``seconds`` is the time of the engine alone.
    """

    run: RatingRun | None
    n_rated: int
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.run is None:
            return f"{self.n_rated:,} races rated before, nothing changed"
        if self.run.since is None:
            return f"{self.n_rated:,} races rated, the newest are gone"
        return (
            f"{self.run.n_races:,} races rated from {self.run.since.label} on,"
            f" {self.run.n_changes:,} changes"
        )


def replay_ratings(
    *,
    since: Race | None = None,
    full: bool = False,
    configs: Mapping[str, elo.EloConfig] = CONFIGS,
    progress: Progress = silent,
) -> Rated:
    """Rate what has changed since the last run, and every race after it.

    Parameters
    ----------
    since : begin at this race at the latest
    full : begin at the first race whatever has changed
    configs : parameters by kind; others than those of the last run make it full
    progress : told of each step: its name, steps done, steps in all

    Raises
    ------
    ValueError : ``since`` is no race that is rated
    """
    with exclusive("ratings"):
        progress("Reading the record", 0, N_STEPS)
        record = read_record()
        first = 0 if full else _first_changed(record, configs)
        if since is not None:
            first = min(first, _place_of(since, record))
        if first == len(record.race_ids) == RatedRace.objects.count():
            return Rated(None, first)
        with elo_calculation_duration.time():
            rated = _replay(record, first, configs, progress)
    refresh_rankings()
    progress("Done", N_STEPS, N_STEPS)
    return rated


def refresh_rankings() -> None:
    """Bring ``driver_rankings`` up to date; who reads it meanwhile does not wait."""
    with connection.cursor() as cursor:
        cursor.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY driver_rankings")
    changes.note()


def rehearse() -> None:
    """Rate what has changed where it will be rolled back: no metric is told of it."""
    with exclusive("ratings"):
        record = read_record()
        _replay(record, _first_changed(record, CONFIGS), CONFIGS, silent)


def _first_changed(record: Record, configs: Mapping[str, elo.EloConfig]) -> int:
    """Place of the first race that is not where or what it was in the last run.

    Compared by what is rated, not by the time of a change: the clock of the site
    can be stopped or set back.
    """
    run = RatingRun.objects.order_by("-id").first()
    if run is None or run.config != _as_json(configs):
        return 0
    known = RatedRace.objects.order_by("sequence").values_list("race_id", "digest")
    races = zip(record.race_ids.tolist(), record.digests, strict=True)
    for place, (then, now) in enumerate(zip(known, races, strict=False)):
        if then != now:
            return place
    return min(len(known), len(record.race_ids))


def _place_of(race: Race, record: Record) -> int:
    places = np.flatnonzero(record.race_ids == race.pk)
    if not len(places):
        raise ValueError(f"since is {race}; it is not among the races that are rated")
    return int(places[0])


def _as_json(configs: Mapping[str, elo.EloConfig]) -> dict[str, Any]:
    """As it comes back from the database."""
    values = {kind: asdict(config) for kind, config in configs.items()}
    stored: dict[str, Any] = json.loads(json.dumps(values))
    return stored


def _replay(
    record: Record,
    first: int,
    configs: Mapping[str, elo.EloConfig],
    progress: Progress,
) -> Rated:
    progress("Rating", 1, N_STEPS)
    run = RatingRun(started_at=clock.now(), config=_as_json(configs))
    starts = states_before(record, first, configs)
    began = time.perf_counter()
    replays = elo.replay(record.histories, configs, first=first, states=starts)
    seconds = time.perf_counter() - began
    progress("Writing the changes", 2, N_STEPS)
    run.n_changes = write_changes(record, first, replays)
    remember(record, first)
    run.n_races = len(record.race_ids) - first
    run.since_id, run.through_id = _ends(record, first)
    run.data_hash, run.finished_at = record.data_hash, clock.now()
    run.save()
    progress("Ranking", 3, N_STEPS)
    return Rated(run, len(record.race_ids), seconds)


def _ends(record: Record, first: int) -> tuple[int | None, int | None]:
    """Keys of the first race replayed and of the last one rated."""
    races = record.race_ids.tolist()
    return races[first] if first < len(races) else None, races[-1] if races else None
