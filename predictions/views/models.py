"""Pages of the models: who speaks, who is measured, and the card of each version."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from predictions import queries
from predictions.cards import card_of, role_of
from predictions.models import ModelVersion
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_page


@require_safe
@kept_by_version()
def model_list(request: HtmxHttpRequest) -> HttpResponse:
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
    return render_page(request, "model_list", {"rows": rows})


@require_safe
@kept_by_version()
def model_detail(request: HtmxHttpRequest, name: str, version: int) -> HttpResponse:
    found = get_object_or_404(
        ModelVersion.objects.select_related("cutoff"), name=name, version=version
    )
    return render_page(request, "model_detail", {"card": card_of(found)})
