"""Logs: one shape, ids that go along, and no secret on any way out."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import unquote

import pytest
import structlog
from celery.signals import before_task_publish
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from prometheus_client import generate_latest

from f1site import logs, urls, watching

FORM = "application/x-www-form-urlencoded"
#: One of each kind; none may turn up anywhere.
CANARIES = {
    "SECRET_KEY": "canary-key-Qx7Lm2Zp9Rt4Vw8Ns3Kd",
    "DATABASE_URL": "postgresql://f1:canary-database-Hy5Tg@db.example.org/f1",
    "EMAIL_URL": "smtp+tls://f1:canary-mail-Bv3Xc@mail.example.org:587",
    "WEATHER_API_KEY": "canary-weather-Pl0Ok9",
}
SENT = {
    "password": "canary-password-Zx1Cv",
    "token": "f1_canary" + "T" * 40,
    "session": "canary-session-Nm8Jk",
    "jwt": "eyJcanary.eyJcanary.sigcanary",
}
#: The very parts that are secret.
NEVER = (
    CANARIES["SECRET_KEY"],
    "canary-database-Hy5Tg",
    "canary-mail-Bv3Xc",
    CANARIES["WEATHER_API_KEY"],
    *SENT.values(),
)


def found_in(text: str) -> list[str]:
    return [value for value in NEVER if value in text]


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(
        f"cannot sign with {os.environ['SECRET_KEY']} at {os.environ['DATABASE_URL']}"
        f" for {dict(request.headers)} {request.body!r}"
    )


def lose(request: HttpRequest) -> HttpResponse:
    raise OperationalError(f"no way to {os.environ['DATABASE_URL']}")


urlpatterns = [path("fail/", fail), path("lose/", lose), *urls.urlpatterns]
handler500 = urls.handler500


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What a production process with canaries for secrets would write."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    said = StringIO()
    handler, own = logging.StreamHandler(said), logging.StreamHandler(said)
    handler.setFormatter(logs.formatter(is_json=True))
    own.setFormatter(logs.RequestFormatter(is_json=True))
    root, django = logging.getLogger(), logging.getLogger("django.request")
    levels = root.level, django.level, logs.request_log.level
    root.addHandler(handler)
    logs.request_log.addHandler(own)
    for logger in (root, django, logs.request_log):
        logger.setLevel(logging.INFO)
    yield said
    root.removeHandler(handler)
    logs.request_log.removeHandler(own)
    for logger, level in zip((root, django, logs.request_log), levels, strict=True):
        logger.setLevel(level)


def events(said: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.getvalue().splitlines()]


def ask(path: str, **more: Any) -> HttpResponse:
    client = Client(raise_request_exception=False)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = SENT["session"]
    headers = {"authorization": f"Bearer {SENT['token']}", **more.pop("headers", {})}
    answer = client.post(path, headers=headers, **more)
    return HttpResponse(answer.content, status=answer.status_code)


@pytest.mark.django_db
@pytest.mark.urls("f1site.tests.test_logs")
def test_no_secret_leaves_on_any_way(lines: StringIO) -> None:
    form = {"login": "a@b.c", "password": SENT["password"]}
    answers = [
        ask("/fail/", data=f"password={SENT['password']}", content_type=FORM),
        ask("/lose/", data=form),
        ask("/log-in/", data=form),
        ask("/api/v1/drivers/", data=form, headers={"authorization": SENT["jwt"]}),
        ask("/account/confirm/canary-of-a-mail/"),
        ask("/api/v1/auth/", data=f'{{"token": "{SENT["jwt"]}"', content_type="a/json"),
    ]
    log = logging.getLogger("f1site.tests")
    for name, value in (CANARIES | SENT).items():
        log.error("%s=%s", name, value)
        log.error("lost", extra={"why": value})
        structlog.get_logger("f1site.tests").warning("found", **{name: value})
    html = b"".join(answer.content for answer in answers).decode()
    for way, text in (
        ("logs", lines.getvalue()),
        ("pages", html),
        ("metrics", generate_latest().decode()),
    ):
        assert not found_in(text), way
    assert "canary-of-a-mail" not in lines.getvalue()
    assert answers[0].status_code == 500
    assert "RuntimeError: cannot sign with [redacted]" in lines.getvalue()


@pytest.mark.django_db
@pytest.mark.urls("f1site.tests.test_logs")
def test_a_line_of_a_request_has_the_id_of_its_answer(lines: StringIO) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/fail/?q=secret", headers={"x-request-id": "from-a-proxy.1"})
    assert answer["X-Request-ID"] == "from-a-proxy.1"
    trace, told = events(lines)
    assert trace["request_id"] == told["request_id"] == "from-a-proxy.1"
    assert "RuntimeError" in trace["exception"]
    assert (told["path"], told["status"], told["method"]) == ("/fail/", 500, "GET")


@pytest.mark.parametrize("name", ["short", "a" * 65, "x" * 8 + "\n{}"])
@pytest.mark.django_db
def test_a_strange_id_is_not_taken_over(client: Client, name: str) -> None:
    answer = client.get("/health/live", headers={"x-request-id": name})
    assert len(answer["X-Request-ID"]) == 32


@pytest.mark.django_db
@pytest.mark.urls("f1site.tests.test_logs")
def test_a_database_that_is_away_is_one_line(lines: StringIO) -> None:
    Client(raise_request_exception=False).get("/lose/")
    (away,) = (one for one in events(lines) if one["event"] != "request")
    assert away["error"].startswith("OperationalError: no way to")
    assert "exception" not in away


def test_a_task_takes_the_id_of_its_request_along() -> None:
    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request_id="of-a-request"):
        before_task_publish.send("a task", headers=headers, body={}, properties={})
    assert headers["__django_structlog__"]["request_id"] == "of-a-request"


def test_lines_for_people_stay_lines_for_people() -> None:
    made = logging.makeLogRecord(
        {"name": "f1site", "levelname": "WARNING", "levelno": 30, "msg": "late by 3 s"}
    )
    line = logs.formatter(is_json=False).format(made)
    assert line.endswith("WARNING f1site: late by 3 s")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "smtp+tls://f1:mail%2Fcanary%40Bv3@m.example.org"),
        ("DATABASE_URL", "postgresql://f1:data%2Fcanary%40Bv3@db.example.org/f1"),
        ("REDIS_URL", "redis://:redis%2Fcanary%40Bv3@r.example.org:6379/0"),
        ("FLOWER_BASIC_AUTH", "f1:flower-canary-Bv3,f2:other-canary-Bv3"),
    ],
)
def test_a_password_within_a_setting_is_a_secret_by_itself(
    name: str, value: str
) -> None:
    redact = logs.Redaction(logs.known_secrets({name: value}))
    login = value.rpartition("@")[0] or value.partition(",")[0]
    raw = login.rpartition(":")[2]
    assert "canary" in raw
    for said in (raw, unquote(raw), value):
        assert "canary" not in redact.text(f"refused {said} once"), said


# --- elsewhere ------------------------------------------------------------------
def elsewhere(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: what sends things out changes the whole process."""
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "f1site.settings", **CANARIES}
        | {"DATABASE_URL": os.environ["DATABASE_URL"], **environment},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_sentry_gets_errors_without_secrets() -> None:
    done = elsewhere(
        f"""
import sentry_sdk, sentry_sdk.transport
from django.conf import settings
from django.test import Client
settings.ROOT_URLCONF = "f1site.tests.test_logs"
class Kept(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        print(envelope.serialize().decode())
sentry_sdk.get_client().transport = Kept()
Client(raise_request_exception=False).post(
    "/fail/?token={SENT["token"]}", "password={SENT["password"]}",
    content_type="{FORM}",
    headers={{"authorization": "Bearer {SENT["jwt"]}", "host": "localhost"}},
)
sentry_sdk.flush()
""",
        SENTRY_DSN="https://canarydsn0123@sentry.example.org/1",
        ENVIRONMENT="development",
    )
    assert "cannot sign with [redacted]" in done.stdout, done.stderr
    assert not found_in(done.stdout)


def test_traces_hold_no_secrets() -> None:
    done = elsewhere(
        f"""
from django.conf import settings
from django.test import Client
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from f1site import watching
settings.ROOT_URLCONF = "f1site.tests.test_logs"
kept = InMemorySpanExporter()
watching.trace_to(kept)
client = Client(raise_request_exception=False, headers={{"host": "localhost"}})
for path in ("/fail/", "/account/reset/canary-of-a-mail/",
             "/account/confirm/canary-of-a-mail/"):
    client.post(path + "?token={SENT["token"]}&key=canary-of-a-mail",
        "password={SENT["password"]}", content_type="{FORM}",
        headers={{"authorization": "Bearer {SENT["jwt"]}"}})
try:
    tracer = trace.get_tracer("canary")
    with tracer.start_as_current_span("with {SENT["token"]}") as span:
        span.set_attribute("words", ["token={SENT["token"]}"])
        span.set_attribute("session", "{SENT["session"]}")
        span.add_event("seen", {{"why": "{CANARIES["SECRET_KEY"]}"}})
        raise RuntimeError("no way to {CANARIES["EMAIL_URL"]}")
except RuntimeError:
    pass
trace.get_tracer_provider().force_flush()
for span in kept.get_finished_spans():
    print(span.to_json(indent=None))
""",
        ENVIRONMENT="development",
    )
    spans = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]
    told = json.dumps(spans)
    assert not found_in(told)
    assert "canary-of-a-mail" not in told
    assert "/account/reset/[redacted]" in told, done.stderr
    (own,) = (span for span in spans if span["name"].startswith("with "))
    assert own["status"]["status_code"] == "ERROR"
    assert {event["name"] for event in own["events"]} == {"seen", "exception"}
    assert own["attributes"]["words"] == ["token=[redacted]"]


@pytest.mark.parametrize(
    ("name", "value", "lacking"),
    [
        ("SENTRY_DSN", "https://k@sentry.example.org/1", "sentry_sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://traces:4318", "opentelemetry"),
    ],
)
def test_a_library_that_is_missing_is_named(
    name: str, value: str, lacking: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, lacking, None)
    settings.SENTRY_DSN = settings.OTEL_ENDPOINT = ""
    setattr(settings, name.replace("EXPORTER_OTLP_", ""), value)
    with pytest.raises(ImproperlyConfigured) as told:
        watching.start()
    assert f"{name} is set, but {lacking}" in str(told.value)
    assert "requirements-watching.lock" in str(told.value)
