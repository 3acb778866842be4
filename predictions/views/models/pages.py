"""Pages of the models: who speaks, who is measured, and the card of each version."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from predictions import queries
from predictions.cards import card_of
from predictions.forecasting.drift import N_LAST
from predictions.models import ModelVersion
from predictions.views.downloads import table_file
from predictions.views.fragments import (
    HtmxHttpRequest,
    kept_by_version,
    render_page,
    render_part,
)
from predictions.views.models import figures, files
from predictions.views.models.versions import grouped, speaking, standing
from predictions.views.presenters.race import STAGE_LABELS
from predictions.views.track import origins
from predictions.views.track.asked import REPLAYED, Asked, asked_for
from predictions.views.track.figures import FEW_RACES
from predictions.views.track.labels import baselines_told
from predictions.views.track.read import Shown, read_scores

SEALED_NOTE = (
    "Forecasts made and sealed before the start, those of the shadow, too;"
    " late ones are never counted."
)


@require_safe
@kept_by_version("origin")
def model_list(request: HtmxHttpRequest) -> HttpResponse:
    """Those that forecast first, beside each other; then what became of the rest."""
    shown, versions = _asked(request), list(queries.model_versions())
    context = _measured(shown, versions) | {"rows": grouped(versions)}
    return render_part(
        request,
        "model_list",
        "model_measures",
        context,
        push_url=_address(shown),
    )


@require_safe
def models_file(request: HttpRequest, card: str, form: str) -> HttpResponse:
    """What a card holds, with all digits."""
    shown = _asked(request)
    file = files.file_of(card, shown, standing(queries.model_versions()))
    if file is None or form not in ("csv", "json"):
        raise Http404(f"No file {card}.{form} is kept.")
    origin, stage = shown.asked.origin, shown.asked.stage
    name = f"models-{card}-{origin}-{stage}"
    return table_file(form, name, *file, origin=origin, stage=stage)


@require_safe
@kept_by_version()
def model_detail(request: HtmxHttpRequest, name: str, version: int) -> HttpResponse:
    found = get_object_or_404(
        ModelVersion.objects.select_related("cutoff"), name=name, version=version
    )
    return render_page(request, "model_detail", {"card": card_of(found)})


def _asked(request: HttpRequest) -> Shown:
    """Scores of races at the most informed stage; only where they are from is asked."""
    return read_scores(Asked(origin=asked_for(request.GET).origin))


def _address(shown: Shown, name: str = "models", *args: str) -> str:
    return Asked(origin=shown.asked.origin).url(name, *args)


def _measured(shown: Shown, versions: list[ModelVersion]) -> dict[str, Any]:
    newest, primary = standing(versions), speaking(versions)
    rows = figures.sides(shown, newest)
    is_replayed = shown.asked.origin == REPLAYED
    return {
        "origins": origins.choices(shown, "models"),
        "is_replayed": is_replayed,
        "note": origins.replay_note(shown) if is_replayed else SEALED_NOTE,
        "speaker": figures.speaker(shown, primary) if primary else None,
        "stage": STAGE_LABELS.get(shown.asked.stage, "").lower(),
        "n_races": len(shown.ours),
        "is_few": 0 < len(shown.ours) < FEW_RACES,
        "sides": rows,
        "is_scored": any(row.n for row in rows),
        "axis": figures.axis(rows),
        "baselines": baselines_told([row.name for row in rows]),
        "drifts": figures.drifts(shown, rows),
        "n_last": N_LAST,
        "when_replayed": origins.WHEN_REPLAYED,
        "record_url": _address(shown, "track-record"),
        "files": {
            card.replace("-", "_"): {
                form: _address(shown, "models-file", card, form)
                for form in ("csv", "json")
            }
            for card in (files.SIDE, files.DRIFT)
        },
    }
