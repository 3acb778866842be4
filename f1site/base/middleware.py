"""What every request goes through before a view sees it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

View = Callable[[HttpRequest], HttpResponse]


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
