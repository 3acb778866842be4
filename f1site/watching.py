"""Errors to Sentry and traces to a collector, where settings name them; else nothing.

The libraries are no part of a plain installation: requirements-watching.lock has them.
"""

import os
from collections.abc import Iterable
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
    exporter = _opentelemetry("exporter.otlp.proto.http.trace_exporter")
    trace_to(exporter.OTLPSpanExporter(f"{settings.OTEL_ENDPOINT}/v1/traces"))


def trace_to(exporter: Any) -> None:
    """Requests, queries and tasks as spans, sent in the background."""
    load = _opentelemetry
    os.environ.setdefault("OTEL_SERVICE_NAME", "f1site")
    resource = load("sdk.resources").Resource.create()
    provider = load("sdk.trace").TracerProvider(resource=resource)
    sender = load("sdk.trace.export").BatchSpanProcessor(Redacting(exporter))
    provider.add_span_processor(sender)
    load("trace").set_tracer_provider(provider)
    for module, kind in INSTRUMENTED.items():
        getattr(load(f"instrumentation.{module}"), kind)().instrument()


def _opentelemetry(module: str) -> Any:
    return import_or_explain("OTEL_EXPORTER_OTLP_ENDPOINT", f"opentelemetry.{module}")


class Redacting:
    """Stands before an exporter of spans, and takes secrets out of them."""

    def __init__(self, exporter: Any) -> None:
        self.exporter = exporter
        self.redact = redaction()
        self.sdk, self.api = _opentelemetry("sdk.trace"), _opentelemetry("trace")

    def export(self, spans: Iterable[Any]) -> Any:
        return self.exporter.export([self._without_secrets(span) for span in spans])

    def shutdown(self) -> None:
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return bool(self.exporter.force_flush(timeout_millis))

    def _without_secrets(self, span: Any) -> Any:
        """Spans that have ended cannot be changed; this is another one."""
        text, clean = self.redact.text, self._attributes
        events = [
            self.sdk.Event(text(event.name), clean(event), event.timestamp)
            for event in span.events
        ]
        links = [self.api.Link(link.context, clean(link)) for link in span.links]
        status = span.status
        if status.description:
            status = self.api.Status(status.status_code, text(status.description))
        return self.sdk.ReadableSpan(
            name=text(span.name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=clean(span),
            events=events,
            links=links,
            kind=span.kind,
            status=status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _attributes(self, one: Any) -> dict[str, Any]:
        return dict(self.redact.any(one.attributes or {}))
