"""Is the site well? For balancers, containers and people; and its metrics.

Answers hold states, ages and counts, never addresses or messages of errors.
"""

import ipaddress
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from f1site.base import clock
from f1site.base.metrics import race_data_freshness

Answer = dict[str, Any]

#: The database must answer within this; a stalled one counts as down.
PATIENCE_S = 1.5
DIRECT: Answer = {"connect_timeout": 2, "tcp_user_timeout": 3000}
WORKER_BEAT = "worker-heartbeat"
WORKER_SILENT_S = 60

FACTS: LiteralString = """
SELECT (SELECT max(finished_at) FROM ingestion_sourcefetch WHERE outcome = 'done'),
       (SELECT max(issued_at) FROM predictions_forecast)
"""
#: Sheet → what the metric calls it, and when any source last said so.
KINDS = {
    "results": "race_results",
    "qualifying_results qualifying": "qualifying",
    "weather": "weather",
    "races": "calendar",
}
HEARD: LiteralString = """
SELECT sheet, max(confirmed_at) FROM ingestion_provenance
WHERE sheet IN ('results', 'qualifying_results qualifying', 'weather', 'races')
GROUP BY sheet
"""
APPLIED: LiteralString = "SELECT app, name FROM django_migrations"

_probes = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")


@dataclass(frozen=True)
class Check:
    """What one look found."""

    status: str
    details: Answer = field(default_factory=dict)

    def shown(self) -> Answer:
        return {"status": self.status, **self.details}


def note_worker() -> None:
    """Say that a worker lives; called by its heartbeat."""
    cache.set(WORKER_BEAT, time.time(), WORKER_SILENT_S * 10)


# --- looking ------------------------------------------------------------------
def ask_database(params: Answer, question: LiteralString) -> list[tuple[Any, ...]]:
    """Ask over a connection of our own: a drained pool would make us wait."""
    with psycopg.connect(**params, autocommit=True) as direct:
        try:
            return direct.execute(question).fetchall()
        except psycopg.errors.UndefinedTable:
            return []  # there, but not migrated yet


def within(question: LiteralString) -> list[tuple[Any, ...]] | None:
    """The rows, or None where the database is down or stalled."""
    params = {**connection.get_connection_params(), **DIRECT}
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        params.pop(name, None)
    asked = _probes.submit(ask_database, params, question)
    try:
        return asked.result(timeout=PATIENCE_S)
    except (psycopg.Error, TooLate):
        return None


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
    seen = cache.get(WORKER_BEAT)
    if seen is None:
        return Check("unknown", {"seen_s": None})
    silent = max(0, round(time.time() - seen))
    return Check("ok" if silent <= WORKER_SILENT_S else "silent", {"seen_s": silent})


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


View = Callable[[HttpRequest], HttpResponse]


@require_safe
@never_cache
def overall(request: HttpRequest) -> HttpResponse:
    """Everything at a glance; 503 when the database is down."""
    database, data, forecast = database_and_data()
    checks = {
        "database": database,
        "redis": redis_server(),
        "worker": worker(),
        "data": data,
        "forecast": forecast,
    }
    checks["metrics"] = Check("ok" if settings.ENABLE_METRICS else "off")
    up = database.status == "ok"
    well = up and checks["redis"].status == "ok" and checks["worker"].status != "silent"
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
    """The database is there and as new as the code."""
    migrated = migrations()
    database = Check("down" if migrated.status == "unknown" else "ok")
    up = migrated.status == "ok"
    checks = {"database": database, "migrations": migrated}
    return told("ok" if up else "down", checks, up=up)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; in production for staff and the private network alone."""
    if not settings.ENABLE_METRICS:
        raise Http404("metrics are off")
    if settings.PRODUCTION and not (_is_near(request) or _is_staff(request)):
        return HttpResponse("metrics are private\n", status=403)
    age_data()
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


def age_data() -> None:
    """Set the ages now: a gauge that was set by an import would stand still since."""
    for sheet, heard_at in within(HEARD) or []:
        age = (clock.now() - heard_at).total_seconds()
        race_data_freshness.labels(KINDS[sheet]).set(max(0.0, age))


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff


def _is_near(request: HttpRequest) -> bool:
    """Straight from loopback or a private network, through no proxy."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_private or address.is_loopback
