"""The way out of mails: by the link at their foot, without logging in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import mails


@csrf_exempt  # programs of mail post here by themselves (RFC 8058); the link is signed
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop(request: HttpRequest, signed: str) -> HttpResponse:
    """Ask on GET, as programs look at links before people do; end them on POST."""
    found = mails.read(signed)
    if found is None:
        raise Http404("This link ends no mails. Choose on your account what comes.")
    key, kind = found
    if request.method == "POST":
        mails.stop(key, kind)
    words = {
        "what": mails.told_of(kind),
        "is_over": request.method == "POST",
    }
    response = render(request, "accounts/mails_stop.html", words)
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response
