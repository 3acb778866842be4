"""What stands between the server and the site for the sake of its figures."""
# mypy: allow-subclassing-any

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_prometheus.middleware import PrometheusAfterMiddleware

View = Callable[[HttpRequest], HttpResponse]

#: What Prometheus, balancers and containers ask of one process.
PROBES: Final = ("/metrics", "/health")


def scraped_by_any_name(get_response: View) -> View:
    """Whoever looks after a process asks it by any name or address it has.

    Who may read metrics is the door's to say; no such answer holds an address of ours.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        named = [host for host in settings.ALLOWED_HOSTS if host.strip("*.")]
        if request.path_info.startswith(PROBES) and named:
            request.META["HTTP_HOST"] = named[0].lstrip(".")
        return get_response(request)

    return answer


class BoundedAfterMiddleware(PrometheusAfterMiddleware):
    """A method that a caller made up is no label: there would be ever more of them."""

    def label_metric(
        self, metric: Any, request: HttpRequest, response: Any = None, **labels: Any
    ) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)
