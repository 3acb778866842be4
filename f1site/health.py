"""Is the site well? For balancers, containers and people.

Answers hold states, ages and counts, never addresses or messages of errors.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, LiteralString

import redis
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from f1site.base import clock, signs
from f1site.monitoring.direct import within

Answer = dict[str, Any]

FACTS: LiteralString = """
SELECT (SELECT max(finished_at) FROM ingestion_sourcefetch WHERE outcome = 'done'),
       (SELECT max(issued_at) FROM predictions_forecast)
"""
APPLIED: LiteralString = "SELECT app, name FROM django_migrations"


@dataclass(frozen=True)
class Check:
    """What one look found."""

    status: str
    details: Answer = field(default_factory=dict)

    def shown(self) -> Answer:
        return {"status": self.status, **self.details}


# --- looking ------------------------------------------------------------------
def database_and_data() -> tuple[Check, Check, Check]:
    """The database, and how old its newest import and forecast are."""
    started = time.perf_counter()
    rows = within(FACTS)
    took = round((time.perf_counter() - started) * 1000, 1)
    if rows is None:
        lost = Check("unknown")
        return Check("down", {"ms": took}), lost, lost
    fetched, issued = rows[0] if rows else (None, None)
    return Check("ok", {"ms": took}), _age("fetched_at", fetched), _age("at", issued)


def _age(name: str, moment: datetime | None) -> Check:
    if moment is None:
        return Check("empty", {name: None, "age_s": None})
    seconds = (clock.now() - moment).total_seconds()
    shown = moment.astimezone(UTC).isoformat()
    return Check("ok", {name: shown, "age_s": max(0, round(seconds))})


def redis_server() -> Check:
    timeouts = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}
    started = time.perf_counter()
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **timeouts) as client:
            client.ping()
    except redis.RedisError:
        return Check("down")
    return Check("ok", {"ms": round((time.perf_counter() - started) * 1000, 1)})


def worker() -> Check:
    """The last sign of life of any worker."""
    return _heard(signs.age_s(signs.WORKER))


def queues() -> Check:
    """The queues that no worker serves."""
    served = signs.served()
    if not any(is_served is not None for is_served in served.values()):
        return Check("unknown", {"unserved": []})
    unserved = [queue for queue, is_served in served.items() if not is_served]
    return Check("unserved" if unserved else "ok", {"unserved": unserved})


def beat() -> Check:
    """The last sign of life of the scheduler."""
    return _heard(signs.age_s(signs.BEAT))


def _heard(silence: float | None) -> Check:
    if silence is None:
        return Check("unknown", {"seen_s": None})
    is_ok = silence <= signs.SILENT_S
    return Check("ok" if is_ok else "silent", {"seen_s": round(silence)})


@lru_cache(maxsize=1)
def newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as the code has them."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def migrations() -> Check:
    applied = within(APPLIED)
    if applied is None:
        return Check("unknown")
    missing = sorted(newest_migrations() - {(app, name) for app, name in applied})
    shown = [f"{app}.{name}" for app, name in missing]
    return Check("pending", {"missing": shown}) if missing else Check("ok")


# --- telling ------------------------------------------------------------------
def told(status: str, checks: dict[str, Check], *, up: bool) -> JsonResponse:
    body = {
        "status": status,
        "version": settings.VERSION,
        "checks": {name: check.shown() for name, check in checks.items()},
    }
    response = JsonResponse(body, status=200 if up else 503)
    if not up:
        response["Retry-After"] = "5"
    return response


@require_safe
@never_cache
def overall(request: HttpRequest) -> HttpResponse:
    """Everything at a glance; 503 when the database is down."""
    database, data, forecast = database_and_data()
    checks = {
        "database": database,
        "redis": redis_server(),
        "worker": worker(),
        "queues": queues(),
        "beat": beat(),
        "data": data,
        "forecast": forecast,
    }
    checks["metrics"] = Check("ok" if settings.ENABLE_METRICS else "off")
    up = database.status == "ok"
    ill = {"silent", "unserved"} & {check.status for check in checks.values()}
    well = up and checks["redis"].status == "ok" and not ill
    status = "ok" if well else "degraded" if up else "down"
    return told(status, checks, up=up)


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return told("ok", {}, up=True)


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The database is there and as new as the code; the queues are told beside it."""
    migrated = migrations()
    database = Check("down" if migrated.status == "unknown" else "ok")
    up = migrated.status == "ok"
    checks = {"database": database, "migrations": migrated, "queues": queues()}
    return told("ok" if up else "down", checks, up=up)
