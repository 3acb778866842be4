"""Service levels: what the site promises, and what it kept, without Prometheus.

Samples say what was answered; the record and the scores say the rest. What nobody
measured is not measured: no figure is made up for it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, LiteralString, NamedTuple

from f1site.monitoring.direct import Rows, rows
from f1site.monitoring.traffic import SLOT, slot_now
from ingestion.models.calendar import over_at

SECONDS_TO_BE_KNOWN: Final = 6 * 3600
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
DAYS: Final = (1, 7, 30)

SAMPLES: LiteralString = """
SELECT days, count(slot), min(slot), coalesce(sum(n_requests), 0),
    coalesce(sum(n_failed), 0), coalesce(sum(n_api), 0), coalesce(sum(n_api_fast), 0)
FROM unnest(%(days)s::int[]) AS days
LEFT JOIN f1site_servicesample
    ON slot > %(slot)s - days * interval '1 day' AND slot <= %(slot)s
GROUP BY days
"""
BY_DAY: LiteralString = """
SELECT (slot AT TIME ZONE 'UTC')::date, count(*), sum(n_requests), sum(n_failed)
FROM f1site_servicesample WHERE slot > %(since)s GROUP BY 1
"""
FIRST_SAMPLE: LiteralString = "SELECT min(slot) FROM f1site_servicesample"
#: What happened before the first import is none of ours to be late with.
SESSIONS: LiteralString = """
WITH timed AS (
    SELECT id AS race_id, 'race' AS kind, starts_at, starts_on FROM ingestion_race
    WHERE status NOT IN ('cancelled', 'postponed')
    UNION ALL
    SELECT s.race_id, s.kind, s.starts_at, s.starts_on
    FROM ingestion_session s JOIN ingestion_race r ON r.id = s.race_id
    WHERE s.kind IN ('qualifying', 'sprint')
        AND r.status NOT IN ('cancelled', 'postponed'))
SELECT t.kind, t.starts_at, t.starts_on,
    CASE t.kind WHEN 'qualifying' THEN (
        SELECT changed_at FROM ingestion_provenance p
        WHERE p.race_id = t.race_id AND p.sheet = 'qualifying_results qualifying')
    ELSE (
        SELECT min(known_at) FROM ingestion_resultversion v
        WHERE v.race_id = t.race_id AND v.kind = t.kind) END
FROM timed t
WHERE t.starts_on BETWEEN %(since)s AND %(until)s
    AND t.starts_on >= (SELECT min(started_at)::date FROM ingestion_sourcefetch)
"""
WINNERS: LiteralString = """
SELECT DISTINCT ON (f.race_id, f.kind) r.starts_on, a.winner_in_top3
FROM predictions_predictionaccuracy a
JOIN predictions_forecast f ON f.id = a.forecast_id
JOIN ingestion_race r ON r.id = f.race_id
WHERE a.is_current AND f.is_primary AND NOT f.late AND f.kind = 'race'
    AND r.starts_on BETWEEN %(since)s AND %(until)s
ORDER BY f.race_id, f.kind, f.id DESC
"""


@dataclass(frozen=True)
class Share:
    """How many of how many; of none nothing is measured."""

    good: int
    of: int

    @property
    def value(self) -> float | None:
        return self.good / self.of if self.of else None


@dataclass(frozen=True)
class Level:
    """A promise and what became of it, by days looked back."""

    key: str
    promise: float
    kept: dict[int, Share]

    def is_kept(self, days: int) -> bool | None:
        value = self.kept[days].value
        return None if value is None else value >= self.promise


class DayOf(NamedTuple):
    """A day: what was answered, and in how many of its stretches we were at work."""

    answered: Share
    at_work: Share


class Late(NamedTuple):
    """A session that is over: when its data were due, and when they came."""

    due_at: datetime
    known_at: datetime | None

    def is_in_time(self) -> bool:
        return self.known_at is not None and self.known_at <= self.due_at


def overdue_sessions(direct: Any, now: datetime) -> int:
    """Sessions of the last week whose data should be here and are not."""
    due = _due(direct, now, WEEK)
    return sum(session.known_at is None for session in due)


def _due(direct: Any, now: datetime, window: timedelta) -> list[Late]:
    told = {"since": (now - window).date(), "until": now.date()}
    wait = timedelta(seconds=SECONDS_TO_BE_KNOWN)
    sessions = [
        Late(over_at(kind, starts_at, starts_on) + wait, known_at)
        for kind, starts_at, starts_on, known_at in rows(direct, SESSIONS, told)
    ]
    return [one for one in sessions if now - window < one.due_at <= now]


def measured(direct: Any, now: datetime) -> list[Level]:
    """All of them over the last 1, 7 and 30 days."""
    slot = slot_now()
    told = {"days": list(DAYS), "slot": slot}
    samples = {row[0]: row[1:] for row in rows(direct, SAMPLES, told)}
    (first,) = (rows(direct, FIRST_SAMPLE) or [(None,)])[0]
    empty = (0, None, 0, 0, 0, 0)
    answered, fast, at_work = {}, {}, {}
    for days in DAYS:
        n, _, requests, failed, api, api_fast = samples.get(days, empty)
        answered[days] = Share(requests - failed, requests)
        fast[days] = Share(api_fast, api)
        at_work[days] = Share(n, _slots(first, slot, days))
    return [
        Level("answered", 0.999, answered),
        Level("at-work", 0.999, at_work),
        Level("fast", 0.95, fast),
        Level("winner", 0.70, _winners(direct, now)),
        Level("in-time", 1.0, _in_time(direct, now)),
    ]


def by_day(direct: Any) -> dict[date, DayOf]:
    """The days of which anything is known."""
    since = slot_now() - timedelta(days=max(DAYS))
    return {
        on: DayOf(Share(requests - failed, requests), Share(n, DAY // SLOT))
        for on, n, requests, failed in rows(direct, BY_DAY, {"since": since})
    }


def _slots(first: datetime | None, slot: datetime, days: int) -> int:
    """Stretches of time since we began to measure, at most that many days."""
    if first is None:
        return 0
    since = max(first, slot - timedelta(days=days) + SLOT)
    return (slot - since) // SLOT + 1


def _winners(direct: Any, now: datetime) -> dict[int, Share]:
    told = {"since": (now - timedelta(days=max(DAYS))).date(), "until": now.date()}
    hits: Rows = rows(direct, WINNERS, told)
    found = {}
    for days in DAYS:
        since = (now - timedelta(days=days)).date()
        counted = [hit for starts_on, hit in hits if starts_on >= since]
        found[days] = Share(sum(counted), len(counted))
    return found


def _in_time(direct: Any, now: datetime) -> dict[int, Share]:
    found = {}
    for days in DAYS:
        due = _due(direct, now, timedelta(days=days))
        found[days] = Share(sum(one.is_in_time() for one in due), len(due))
    return found
