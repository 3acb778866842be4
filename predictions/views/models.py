"""Pages of the models: who speaks, who is measured, and the card of each version."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from predictions import queries
from predictions.cards import card_of, role_of
from predictions.models import ModelVersion


@require_safe
def model_list(request: HttpRequest) -> HttpResponse:
    """Those that forecast first, then what became of the others."""
    order = list(ModelVersion.Status.values)
    order.sort(key=lambda status: (status != "primary", status != "shadow"))
    versions = sorted(
        queries.model_versions(), key=lambda version: order.index(version.status)
    )
    rows = [
        {
            "version": version,
            "role": role_of(version),
            "last": next(iter(version.events.all()), None),
        }
        for version in versions
    ]
    return render(request, "predictions/model_list.html", {"rows": rows})


@require_safe
def model_detail(request: HttpRequest, name: str, version: int) -> HttpResponse:
    found = get_object_or_404(
        ModelVersion.objects.select_related("cutoff"), name=name, version=version
    )
    return render(request, "predictions/model_detail.html", {"card": card_of(found)})
