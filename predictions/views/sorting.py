"""Lists that can be sorted: the order that the address asks for, and its links."""

from collections.abc import Collection, Mapping

from django.http import HttpRequest
from django.utils.http import urlencode

from predictions.views.presenters.frame import Column

#: What an address may say beside the order; the page of the old order is not kept.
KEPT = ("q", "kind")


def asked_order(request: HttpRequest, known: Collection[str]) -> str:
    """Key of a known order; empty for the order of the page itself."""
    asked = request.GET.get("sort", "")
    return asked if asked in known else ""


def columns(request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Column]:
    """Heads of the columns that sort, by key."""
    active = asked_order(request, labels)
    keep = {key: request.GET[key] for key in KEPT if request.GET.get(key)}
    return {
        key: Column(
            key=key,
            label=label,
            url=f"{request.path}?{urlencode({**keep, 'sort': key})}",
            is_active=key == active,
        )
        for key, label in labels.items()
    }
