"""The history of ratings: lines since the record begins, of whoever is asked for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from predictions.charts import lines
from predictions.charts.colours import team_class
from predictions.views.downloads import csv_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.history.asked import asked_for
from predictions.views.history.read import Shown, read
from predictions.views.history.words import FILE_COLUMNS, file_rows, head, lead, twin
from predictions.views.presenters.history import Chip
from ratings import careers


@require_safe
@kept_by_version("kind", "session", "from", "to", "names", "add")
def history(request: HtmxHttpRequest) -> HttpResponse:
    seasons = careers.rated_seasons()
    if seasons is None:
        return render_part(request, "ratings_history", "ratings_history", {})
    shown = read(asked_for(request.GET, seasons))
    asked = shown.asked
    is_added = bool(asked.add) and not asked.troubles
    if is_added and not request.htmx:
        return HttpResponseRedirect(asked.url())
    series = _series(shown)
    context = {
        "history": head(shown, _chips(shown)),
        "lines": _plot(shown, series),
        "over_time": _over_time(shown, series),
        "twin": twin(shown),
        "lead": lead(shown),
    }
    return render_part(
        request, "ratings_history", "ratings_history", context, push_url=asked.url()
    )


@require_safe
def history_csv(request: HttpRequest) -> HttpResponse:
    """What is shown, a line for each point: named lines first, then the grey."""
    rows, name = _file(request)
    lines = ([row[column] for column in FILE_COLUMNS] for row in rows)
    return csv_file(name, FILE_COLUMNS, lines)


@require_safe
def history_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    rows, _ = _file(request)
    return JsonResponse({"results": rows})


def _file(request: HttpRequest) -> tuple[list[dict[str, Any]], str]:
    seasons = careers.rated_seasons()
    if seasons is None:
        return [], "ratings"
    shown = read(asked_for(request.GET, seasons))
    asked = shown.asked
    name = f"ratings-{asked.kind}-{asked.session}-{asked.start}-{asked.end}"
    return file_rows(shown), name


# --- drawing ----------------------------------------------------------------------
def _series(shown: Shown) -> list[lines.Series]:
    """The named lines in their order; empty ones too."""
    known, of_class = shown.by_key, Counter[str]()
    series = []
    for key in shown.named:
        colour = team_class(shown.teams.get(key))
        of_class[colour] += 1
        series.append(
            lines.Series(
                label=known[key].code,
                name=known[key].name,
                points=[
                    lines.Point(on=rated.on, rating=value)
                    for rated, value in shown.drawn(key)
                ],
                url=reverse(shown.asked.kind, args=[known[key].slug]),
                team_class=colour,
                is_second_car=of_class[colour] == 2,
                is_third_car=of_class[colour] > 2,
            )
        )
    return series


def _plot(shown: Shown, series: Sequence[lines.Series]) -> list[lines.Series]:
    known = shown.by_key
    grey = [
        lines.Series(
            label="",
            name=known[key].name,
            points=[lines.Point(on=r.on, rating=r.rating) for r in line],
            is_context=True,
        )
        for key, line in shown.context.items()
    ]
    return [*series, *grey]


def _over_time(shown: Shown, series: Sequence[lines.Series]) -> list[lines.Series]:
    """The named lines over the whole record, one point a season: for the strip."""
    return [
        replace(
            line,
            points=[
                lines.Point(on=rated.on, rating=rated.rating)
                for rated in {r.season: r for r in shown.named[key]}.values()
            ],
        )
        for key, line in zip(shown.named, series, strict=True)
    ]


def _chips(shown: Shown) -> list[Chip]:
    known, keys = shown.by_key, list(shown.named)
    return [
        Chip(
            name=known[key].name,
            code=known[key].code,
            url=reverse(shown.asked.kind, args=[known[key].slug]),
            remove_url=shown.asked.url(
                names=tuple(k for k in keys if k != key), add=""
            ),
            team_class=team_class(shown.teams.get(key)),
            note="" if known[key].n_within else "no race in these years",
        )
        for key in keys
    ]
