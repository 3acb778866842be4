"""What machines read of how the site is, and the page that people read."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from f1site.monitoring import facts, figures
from f1site.monitoring.door import may_read


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text of all web processes, and of database and Redis."""
    if not settings.ENABLE_METRICS:
        raise Http404("metrics are off")
    if not (_is_let_in(request) or _is_staff(request)):
        return HttpResponse("metrics are private\n", status=403)
    return HttpResponse(figures.text() + facts.text(), content_type=CONTENT_TYPE_LATEST)


def _is_let_in(request: HttpRequest) -> bool:
    told = request.META
    return may_read(
        address=told.get("REMOTE_ADDR", ""),
        authorization=told.get("HTTP_AUTHORIZATION", ""),
        is_forwarded="HTTP_X_FORWARDED_FOR" in told or "HTTP_FORWARDED" in told,
    )


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff
