"""Why a forecast gives its chances: a block of the race page, and a page of its own."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion.models import Race, SessionKind
from predictions import explanations
from predictions.explanations import Reasons, UnexplainedError, Why
from predictions.forecasting.explanation import FIELD_GROUP, GROUPS
from predictions.models import Forecast
from predictions.views import parts
from predictions.views.forecasts import forecast_context
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.race import (
    STAGE_LABELS,
    ForecastRow,
    RaceHead,
)
from predictions.views.presenters.why import (
    SMALLEST,
    WhyBlock,
    WhyPart,
    WhyRow,
    WhyRows,
)

#: Drivers whose reasons are open, unless all are asked for.
N_SHOWN = 6
EVERYBODY = "all"


@require_safe
@kept_by_version("stage", "model", "drivers")
def race_why(
    request: HtmxHttpRequest, year: int, round: int, kind: str = SessionKind.RACE
) -> HttpResponse:
    races = Race.objects.select_related("circuit")
    race = get_object_or_404(races, season_id=year, round=round)
    context = forecast_context(
        race,
        kind=kind,
        asked=request.GET.get("stage", ""),
        model=request.GET.get("model", ""),
        base_url=parts.race_url(race, kind),
    )
    if context["forecast"] is None:
        raise Http404(f"No forecast of {race} was issued.")
    head = parts.race_head(race)
    is_sprint = kind == SessionKind.SPRINT
    context["race"] = parts.sprint_head(race, head) if is_sprint else head
    is_whole = request.GET.get("drivers") == EVERYBODY
    context |= why_context(context, is_whole=is_whole)
    return render_part(request, "race_why", "race_why", context)


def why_context(context: dict[str, Any], *, is_whole: bool = False) -> dict[str, Any]:
    """The reasons of the forecast that a page shows, with its `forecast_context`."""
    if context["forecast"] is None:
        return {}
    shown: Forecast = context["shown"]
    all_url = "" if is_whole else _all_url(context["race"], shown, context["model"])
    block = why_block(shown, context["before"], context["rows"], all_url)
    return {"why": block}


def why_block(
    forecast: Forecast,
    before: Forecast | None,
    rows: Sequence[ForecastRow],
    all_url: str,
) -> WhyBlock:
    """Reasons of a few drivers, with an address for all; of all without one.

    They are those of the chances that were sealed, also when somebody withdrew; who
    did has no row.
    """
    try:
        why = explanations.why(forecast)
    except UnexplainedError as error:
        return WhyBlock(stands=WhyRows(reason=str(error)))
    n = N_SHOWN if all_url else None
    by_slug = {row.driver_slug: row for row in rows}
    everybody = [
        _row(by_slug[one.driver], one, {part.group: part.points for part in one.groups})
        for one in why.drivers
        if one.driver in by_slug
    ]
    return WhyBlock(
        stands=WhyRows(shown=everybody[:n], everybody=everybody),
        since=_since(why, before, by_slug, n) if before else None,
        since_label=STAGE_LABELS[before.stage] if before else "",
        n_drivers=len(why.drivers),
        even_chance=why.even_chance,
        all_url=all_url if len(everybody) > N_SHOWN else "",
    )


def _since(
    why: Why, before: Forecast, rows: dict[str, ForecastRow], n: int | None
) -> WhyRows:
    """What moved each driver, the largest moves first."""
    try:
        earlier = explanations.why(before)
    except UnexplainedError as error:
        return WhyRows(reason=str(error))
    then = {one.driver: one for one in earlier.drivers}
    smaller_field = why.even_chance - earlier.even_chance
    moved = [
        _row(rows[now.driver], now, _moved(now, then[now.driver], smaller_field))
        for now in why.drivers
        if now.driver in then and now.driver in rows
    ]
    moved.sort(key=lambda row: -abs(row.change))
    seen = [row for row in moved[:n] if abs(row.change) >= SMALLEST]
    return WhyRows(shown=seen, everybody=moved)


def _moved(now: Reasons, then: Reasons, smaller_field: float) -> dict[str, float]:
    """Points gained by group; the even chance moves with the size of the field."""
    gains = {part.group: part.points for part in now.groups}
    for part in then.groups:
        gains[part.group] = gains.get(part.group, 0.0) - part.points
    if smaller_field:
        gains[FIELD_GROUP] = gains.get(FIELD_GROUP, 0.0) + smaller_field
    return gains


def _row(row: ForecastRow, reasons: Reasons, points: dict[str, float]) -> WhyRow:
    return WhyRow(
        driver_name=row.driver_name,
        driver_slug=row.driver_slug,
        code=row.code,
        team_class=row.team_class,
        p_win=reasons.p_win,
        parts=[
            WhyPart(label=group, change=100 * points[group])
            for group in GROUPS
            if group in points
        ],
    )


def _all_url(race: RaceHead, forecast: Forecast, model: str) -> str:
    url = reverse(f"{forecast.kind}-why", args=[race.year, race.round])
    asked = {"stage": forecast.stage, "drivers": EVERYBODY}
    if model:
        asked["model"] = model
    return f"{url}?{urlencode(asked)}"
