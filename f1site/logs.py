"""What the processes write down: a line each, JSON in production, without secrets.

Each line of a request, or of a task that it led to, carries ``request_id``; each line
of a task its ``task_id``. No Django is needed to configure it: gunicorn's master has
none.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote
from uuid import uuid4

import structlog

from f1site.environment import PASSWORDS, Unreadable, secret, server

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Event = MutableMapping[str, Any]
View = Callable[["HttpRequest"], "HttpResponse"]

GONE: Final = "[redacted]"
#: Settings whose values are never written down, wherever they turn up.
SECRETS: Final = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "JWT_SECRET_KEY",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "FLOWER_PASSWORD",
    "FLOWER_BASIC_AUTH",
    "GRAFANA_ADMIN_PASSWORD",
    "METRICS_TOKEN",
    "WEATHER_API_KEY",
    "EMAIL_URL",
    "SENTRY_DSN",
)
#: Shorter ones would black out words that only look alike.
LEAST: Final = 8
#: Of an address the password is secret by itself.
ADDRESSES: Final = (*PASSWORDS, "EMAIL_URL")
NAMES: Final = (
    r"[\w-]*(?:password|passwd|secret|token|api[_-]?key|session|authorization|cookie)"
    r"[\w-]*"
)
#: What a secret looks like, and how much of it may stay.
PATTERNS: Final = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {GONE}"),
    (re.compile(r"(://[^:/@\s]*:)[^@/\s]+@"), rf"\1{GONE}@"),
    (
        re.compile(rf"(?i)({NAMES}[\"']?\s*[=:]\s*[\"']?)(?!\[red)[^\s\"'&,;)}}]+"),
        rf"\1{GONE}",
    ),
    (re.compile(r"([?&]key=)[^\s\"'&]+"), rf"\1{GONE}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), GONE),
    (re.compile(r"\bf1_[A-Za-z0-9]{20,}"), GONE),
    (re.compile(r"(/account/(?:confirm|reset|mails)/)[^/\s\"']+"), rf"\1{GONE}"),
)
SENSITIVE: Final = re.compile(rf"(?i){NAMES}")
#: Asked every few seconds by programs; only what is wrong is worth a line.
QUIET: Final = ("/health", "/metrics", "/static/")
SANE: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")

request_log = logging.getLogger("f1site.requests")


# --- secrets ------------------------------------------------------------------
def known_secrets(environment: Mapping[str, str]) -> list[str]:
    """Values that this process was given, longest first."""
    found: set[str] = set()
    for name in (*SECRETS, *PASSWORDS):
        with suppress(Unreadable):
            given = (server if name in PASSWORDS else secret)(name, environment)
            found |= set(_parts(name, given))
    return sorted((one for one in found if len(one) >= LEAST), key=len, reverse=True)


def _parts(name: str, given: str) -> Iterator[str]:
    """What of a value is secret by itself, as written and as it is meant."""
    if name not in PASSWORDS:
        yield from (given, *given.split(","))
    if name in ADDRESSES:
        password = given.partition("://")[2].rpartition("@")[0].partition(":")[2]
        yield from (password, unquote(password))
    if name == "FLOWER_BASIC_AUTH":
        yield from (login.partition(":")[2] for login in given.split(","))


class Redaction:
    """Takes secrets out of texts, and out of whatever holds texts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        values = "|".join(map(re.escape, secrets))
        self.values = re.compile(values) if values else None

    def text(self, text: str) -> str:
        if self.values:
            text = self.values.sub(GONE, text)
        for pattern, left in PATTERNS:
            text = pattern.sub(left, text)
        return text

    def any(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                key: GONE
                if isinstance(key, str) and item and SENSITIVE.fullmatch(key)
                else self.any(item)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set):
            return [self.any(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        return dict(self.any(event))


def redaction() -> Redaction:
    return Redaction(known_secrets(os.environ))


# --- lines --------------------------------------------------------------------
def in_short(logger: Any, method: str, event: Event) -> Event:
    """A database that is away needs no trace, a line for each request will do."""
    if str(event.get("event", "")).startswith("Service Unavailable"):
        error = event.pop("exc_info", None)
        if isinstance(error, tuple) and error[1]:
            event["error"] = f"{type(error[1]).__name__}: {error[1]}"
    return event


def readable(logger: Any, method: str, event: Event) -> str:
    """A line for people, as it always was; what else is known stands behind it."""
    at, level = event.pop("timestamp", ""), str(event.pop("level", "")).upper()
    name, trace = event.pop("logger", ""), event.pop("exception", "")
    more = "".join(f" {key}={value}" for key, value in event.items() if key != "event")
    text = f"{at} {level} {name}: {event.get('event', '')}{more}"
    return f"{text}\n{trace}" if trace else text


def dumped(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


SHARED: Final = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def formatter(is_json: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            in_short,
            structlog.processors.format_exc_info,
            redaction(),
            structlog.processors.JSONRenderer(dumped) if is_json else readable,
        ],
    )


class RequestFormatter(logging.Formatter):
    """The line of a request, without the long way round: there is one for each."""

    def __init__(self, is_json: bool) -> None:
        super().__init__()
        self.is_json = is_json

    def format(self, record: logging.LogRecord) -> str:
        told = record.args
        if not isinstance(told, dict):
            return super().format(record)
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        if self.is_json:
            return json.dumps({"event": "request", "timestamp": at, **told})
        return f"{at} {told['method']} {told['path']} {told['status']} {told['ms']} ms"


def configuration(level: str, *, is_json: bool) -> dict[str, Any]:
    """For ``logging.config``: everything to standard error, through one formatter."""

    def handler(name: str) -> dict[str, Any]:
        return {"class": "logging.StreamHandler", "formatter": name}

    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": formatter, "is_json": is_json},
            "request": {"()": RequestFormatter, "is_json": is_json},
        },
        "handlers": {"console": handler("line"), "requests": handler("request")},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "httpx": {"level": "WARNING"},
            "stamina": {"level": "ERROR"},  # the ledger has every attempt
            "axes": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},  # the requests say so themselves
            "celery.app.trace": {"level": "CRITICAL"},  # django_structlog tells it
            "celery.worker.strategy": {"level": "WARNING"},
            "f1site.requests": {"handlers": ["requests"], "propagate": False},
            "gunicorn.error": {"handlers": [], "propagate": True},
        },
    }


def set_up() -> None:
    """Have structlog's own loggers, those of tasks, take the same way."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


# --- requests -----------------------------------------------------------------
def tell_requests(get_response: View) -> View:
    """Give each request an id, say it in the answer, and write one line."""

    def answer(request: "HttpRequest") -> "HttpResponse":
        began = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if SANE.fullmatch(given) else uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=name)
        try:
            response = get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        response["X-Request-ID"] = name
        status, path = response.status_code, request.path_info
        if status >= 400 or not path.startswith(QUIET):
            took = round((time.perf_counter() - began) * 1000, 1)
            told = {"request_id": name, "method": request.method}
            told |= {"path": _path(request), "status": status, "ms": took}
            request_log.info("request", told)
        return response

    return answer


def _path(request: "HttpRequest") -> str:
    """Without the keys that mails carry."""
    path = request.path_info
    if path.startswith("/account/"):
        match = request.resolver_match
        return f"/{match.route}" if match else "/account/…"
    return path
