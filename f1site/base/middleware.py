"""What every request goes through before a view sees it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

View = Callable[[HttpRequest], HttpResponse]

#: What balancers, containers and Prometheus ask, by the address of one process.
PROBES = ("/health", "/metrics")


def know_probes(get_response: View) -> View:
    """Let who asks whether we are well, past all proxies, call us by any name.

    Those answers hold no address that could be turned against anybody.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        is_probe = request.path_info.startswith(PROBES)
        if is_probe and "HTTP_X_FORWARDED_FOR" not in request.META:
            name = next(iter(settings.ALLOWED_HOSTS), "").lstrip(".*")
            request.META["HTTP_HOST"] = name or "localhost"
        return get_response(request)

    return answer


def refuse_nul(get_response: View) -> View:
    """Answer 400 to an address with a NUL character, which Postgres has no text for.

    The API says so itself, in its own shape.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        is_page = not request.path.startswith("/api/")
        if is_page and "%00" in request.META.get("QUERY_STRING", ""):
            words = "The address holds a NUL character (%00). Leave it out."
            return HttpResponseBadRequest(words, content_type="text/plain")
        return get_response(request)

    return answer
