"""Errors to Sentry and traces to a collector, where settings name them; else nothing.

The libraries are no part of a plain installation: requirements-watching.lock has them.
"""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from f1site.logs import redaction

INSTRUMENTED = {
    "django": "DjangoInstrumentor",
    "celery": "CeleryInstrumentor",
    "psycopg": "PsycopgInstrumentor",
}


def start() -> None:
    """Once in each process."""
    if settings.SENTRY_DSN:
        import_or_explain("SENTRY_DSN", "sentry_sdk").init(**sentry_options())
    if settings.OTEL_ENDPOINT:
        _trace()


def import_or_explain(setting: str, name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ImproperlyConfigured(
            f"{setting} is set, but {name} is not installed:"
            " pip install -r requirements-watching.lock (in the image:"
            " --build-arg LOCK=requirements-watching.lock)"
        ) from None


def sentry_options() -> dict[str, Any]:
    """No personal data, no values of variables, no secrets in what is left."""
    redact = redaction()
    return {
        "dsn": settings.SENTRY_DSN,
        "environment": settings.ENVIRONMENT,
        "release": settings.VERSION,
        "send_default_pii": False,
        "include_local_variables": False,
        "max_request_body_size": "never",
        "before_send": lambda event, hint: redact.any(event),
        "before_breadcrumb": lambda crumb, hint: redact.any(crumb),
    }


def _trace() -> None:
    """Requests, queries and tasks as spans, sent in the background."""
    load = import_or_explain
    name = "OTEL_EXPORTER_OTLP_ENDPOINT"
    exporter = load(name, "opentelemetry.exporter.otlp.proto.http.trace_exporter")
    sdk = load(name, "opentelemetry.sdk.trace")
    export = load(name, "opentelemetry.sdk.trace.export")
    resources = load(name, "opentelemetry.sdk.resources")
    api = load(name, "opentelemetry.trace")
    os.environ.setdefault("OTEL_SERVICE_NAME", "f1site")
    provider = sdk.TracerProvider(resource=resources.Resource.create())
    to = exporter.OTLPSpanExporter(f"{settings.OTEL_ENDPOINT}/v1/traces")
    provider.add_span_processor(export.BatchSpanProcessor(to))
    api.set_tracer_provider(provider)
    for module, kind in INSTRUMENTED.items():
        found = load(name, f"opentelemetry.instrumentation.{module}")
        getattr(found, kind)().instrument()
