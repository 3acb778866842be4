"""Figures that stand in the database and in Redis, read whenever somebody looks.

So they are as true after a restart as before, and a driver who left is not shown.
"""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, LiteralString, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from f1site.base import clock, signs
from f1site.monitoring import queues
from f1site.monitoring.direct import look, rows
from f1site.monitoring.levels import SECONDS_TO_BE_KNOWN, overdue_sessions
from ingestion.condition import FRESHNESS
from predictions import seals
from predictions.queries import LAST_RACES, RACE_TYPES

Direct = "psycopg.Connection[Any]"
Samples = list[tuple[tuple[str, ...], float]]


class Family(NamedTuple):
    """A gauge: what it says and by what its samples are told apart."""

    help: str
    labels: tuple[str, ...] = ()


DATABASE_UP: Final = "f1_database_up"
REDIS_UP: Final = "f1_redis_up"
FAMILIES: Final = {
    DATABASE_UP: Family("Whether the database answers"),
    REDIS_UP: Family("Whether Redis answers"),
    "f1_race_data_freshness_seconds": Family(
        "Since a source last said so, the newest of a kind", ("data_type",)
    ),
    "f1_prediction_accuracy": Family(
        "Share of races whose winner was in the first three of our forecast",
        ("model_type", "race_type", "timeframe"),
    ),
    "f1_scored_races": Family(
        "Races that this share was counted of",
        ("model_type", "race_type", "timeframe"),
    ),
    "f1_driver_elo_rating": Family(
        "Race rating of a driver of the last race, Elo points",
        ("driver_name", "driver_code", "team"),
    ),
    "f1_forecast_age_seconds": Family("Since the newest forecast was issued"),
    "f1_season_on": Family("Whether races of this year are behind and ahead of us"),
    "f1_sessions_overdue": Family(
        f"Sessions of the last week without data {SECONDS_TO_BE_KNOWN // 3600} h later"
    ),
    "f1_seal_faults": Family("Faults that the last walk along the seals found"),
    "f1_job_runs": Family(
        "Runs in the job ledger that began within a day", ("name", "outcome")
    ),
    "f1_job_last_success_age_seconds": Family("Since a job last ended well", ("name",)),
    "f1_job_last_duration_seconds": Family(
        "What the last run of a job that ended took", ("name",)
    ),
    "f1_queue_length": Family("Tasks that wait for a worker", ("queue",)),
    "f1_queue_oldest_age_seconds": Family(
        "Since the task that waits longest was sent", ("queue",)
    ),
    "f1_queue_served": Family(
        "Whether a worker that serves it gave a sign of life within a minute",
        ("queue",),
    ),
    "f1_outbox_length": Family("Tasks that the queue has not taken yet"),
    "f1_outbox_oldest_age_seconds": Family(
        "Since the one of them that waits longest was written"
    ),
    "f1_beat_silence_seconds": Family("Since the scheduler gave a sign of life"),
    "f1_worker_silence_seconds": Family("Since any worker gave a sign of life"),
}

HEARD: LiteralString = """
SELECT sheet, max(confirmed_at) FROM ingestion_provenance
WHERE sheet = ANY(%(sheets)s) GROUP BY sheet
"""
HITS: LiteralString = """
SELECT DISTINCT ON (r.starts_on, f.race_id)
    a.winner_in_top3, r.season_id, m.name
FROM predictions_predictionaccuracy a
JOIN predictions_forecast f ON f.id = a.forecast_id
JOIN predictions_modelversion m ON m.id = f.model_version_id
JOIN ingestion_race r ON r.id = f.race_id
WHERE a.is_current AND f.is_primary AND NOT f.late AND f.kind = %(kind)s
    AND r.starts_on <= %(today)s
ORDER BY r.starts_on DESC, f.race_id DESC, f.id DESC
LIMIT %(most)s
"""
RATINGS: LiteralString = """
SELECT d.name, coalesce(nullif(d.code, ''), upper(left(d.last_name, 3))), t.name,
    c.after
FROM ratings_ratingchange c
JOIN ratings_ratingchange tc ON tc.race_id = c.race_id AND tc.kind = c.kind
    AND tc.lineage = c.lineage AND tc.team_id IS NOT NULL
JOIN ingestion_driver d ON d.id = c.driver_id
JOIN ingestion_team t ON t.id = tc.team_id
WHERE c.kind = 'race' AND c.race_id = (
    SELECT rated.race_id FROM ratings_ratedrace rated
    JOIN ingestion_race r ON r.id = rated.race_id
    WHERE r.starts_on <= %(today)s ORDER BY rated.sequence DESC LIMIT 1)
"""
ISSUED: LiteralString = "SELECT max(issued_at) FROM predictions_forecast"
SEASON: LiteralString = """
SELECT min(starts_on), max(starts_on) FROM ingestion_race
WHERE season_id = %(year)s AND status <> 'cancelled'
"""
SEALS: LiteralString = """
SELECT counts->>'faults' FROM base_jobrun WHERE name = %(job)s AND outcome = 'done'
ORDER BY id DESC LIMIT 1
"""
#: A job may name a race or a season after what it is; that would be ever more labels.
JOBS: LiteralString = r"""
SELECT trim(regexp_replace(name, '\s*\d.*$', '')) AS job, outcome,
    count(*) FILTER (WHERE started_at > %(since)s), max(finished_at),
    (array_agg(extract(epoch FROM finished_at - started_at) ORDER BY id DESC)
        FILTER (WHERE finished_at IS NOT NULL))[1]
FROM base_jobrun WHERE started_at > %(longest)s GROUP BY job, outcome
ORDER BY job, outcome LIMIT 100
"""
#: Prometheus waits ten.
PATIENCE_S: Final = 5.0
#: Outcomes of a run: what was to be done is done.
WELL: Final = ("done", "idle")
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
#: What was written to be sent and the queue does not have, by the database's clock.
UNSENT: LiteralString = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(written_at)), 0)
FROM base_message WHERE sent_at IS NULL AND settled_at IS NULL
"""
#: What a season holds at most.
MOST_RACES: Final = 40


class Facts(Collector):
    """What is asked of database and Redis, as gauges."""

    def collect(self) -> Iterator[Metric]:
        found = look(_asked, PATIENCE_S)
        yield _gauge(DATABASE_UP, [((), float(found is not None))])
        for name, samples in {**(found or {}), **_of_redis()}.items():
            yield _gauge(name, samples)


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(Facts())
    return generate_latest(registry)


def _gauge(name: str, samples: Samples) -> Metric:
    family = FAMILIES[name]
    gauge = GaugeMetricFamily(name, family.help, labels=family.labels)
    for labels, value in samples:
        gauge.add_metric(labels, value)
    return gauge


# --- of the database ----------------------------------------------------------
def _asked(direct: Any) -> dict[str, Samples]:
    now = clock.now()
    found: dict[str, Samples] = {
        "f1_race_data_freshness_seconds": _freshness(direct, now),
        "f1_driver_elo_rating": _ratings(direct, now.date()),
        "f1_season_on": [((), float(_season_on(direct, now.date())))],
        "f1_sessions_overdue": [((), float(overdue_sessions(direct, now)))],
        "f1_seal_faults": [
            ((), float(faults)) for (faults,) in rows(direct, SEALS, {"job": seals.JOB})
        ],
    }
    for n, age in rows(direct, UNSENT):
        found["f1_outbox_length"] = [((), float(n))]
        found["f1_outbox_oldest_age_seconds"] = [((), float(age))]
    issued = rows(direct, ISSUED)
    if issued and issued[0][0]:
        found["f1_forecast_age_seconds"] = [((), _age(now, issued[0][0]))]
    return found | _accuracy(direct, now.date()) | _jobs(direct, now)


def _age(now: datetime, moment: datetime) -> float:
    return max(0.0, (now - moment).total_seconds())


def _freshness(direct: Any, now: datetime) -> Samples:
    heard = rows(direct, HEARD, {"sheets": list(FRESHNESS)})
    return [((FRESHNESS[sheet],), _age(now, moment)) for sheet, moment in heard]


def _accuracy(direct: Any, today: date) -> dict[str, Samples]:
    """Of the forecasts that spoke for us, by the model that spoke last."""
    shares: Samples = []
    counts: Samples = []
    for kind, race_type in RACE_TYPES.items():
        told = {"kind": str(kind), "today": today, "most": MOST_RACES}
        hits = rows(direct, HITS, told)
        if not hits:
            continue
        _, season, model = hits[0]
        frames = {
            "last_5_races": hits[:LAST_RACES],
            "season": [hit for hit in hits if hit[1] == season],
        }
        for frame, counted in frames.items():
            share = sum(hit for hit, _, _ in counted) / len(counted)
            shares.append(((model, race_type, frame), share))
            counts.append(((model, race_type, frame), float(len(counted))))
    return {"f1_prediction_accuracy": shares, "f1_scored_races": counts}


def _ratings(direct: Any, today: date) -> Samples:
    """Two cars of one driver are one rating."""
    found = {
        (name, code, team): float(rating)
        for name, code, team, rating in rows(direct, RATINGS, {"today": today})
    }
    return list(found.items())


def _season_on(direct: Any, today: date) -> bool:
    found = rows(direct, SEASON, {"year": today.year})
    first, last = found[0] if found else (None, None)
    return bool(first and last and first <= today <= last + DAY)


def _jobs(direct: Any, now: datetime) -> dict[str, Samples]:
    told = {"since": now - DAY, "longest": now - 13 * WEEK}
    ledger = rows(direct, JOBS, told)
    lasted: dict[str, float] = {}
    ended_well: dict[str, datetime] = {}
    for job, outcome, _, ended, seconds in ledger:
        if seconds is not None and (job not in lasted or outcome == "done"):
            lasted[job] = float(seconds)
        if outcome in WELL and ended:
            ended_well[job] = max(ended, ended_well.get(job, ended))
    return {
        "f1_job_runs": [((job, outcome), float(n)) for job, outcome, n, _, _ in ledger],
        "f1_job_last_success_age_seconds": [
            ((job,), _age(now, ended)) for job, ended in ended_well.items()
        ],
        "f1_job_last_duration_seconds": [((job,), s) for job, s in lasted.items()],
    }


# --- of Redis -----------------------------------------------------------------
def _of_redis() -> dict[str, Samples]:
    waiting = queues.waiting(time.time())
    found: dict[str, Samples] = {REDIS_UP: [((), float(waiting is not None))]}
    if waiting is None:
        return found
    found["f1_queue_length"] = [((one.name,), float(one.length)) for one in waiting]
    found["f1_queue_oldest_age_seconds"] = [
        ((one.name,), one.oldest_age_s) for one in waiting
    ]
    found["f1_queue_served"] = [
        ((queue,), float(bool(is_served)))
        for queue, is_served in signs.served().items()
    ]
    silences = {
        "f1_worker_silence_seconds": signs.age_s(signs.WORKER),
        "f1_beat_silence_seconds": signs.age_s(signs.BEAT),
    }
    # Who never gave a sign is as good as silent for as long as signs are kept.
    never = float(signs.KEPT_S)
    found |= {
        name: [((), never if silence is None else silence)]
        for name, silence in silences.items()
    }
    return found
