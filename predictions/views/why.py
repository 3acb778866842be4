"""Why a forecast gives its chances: a block of the race page, and a page of its own."""

from collections.abc import Sequence
from typing import Any, NamedTuple

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
from predictions.views.presenters.frame import Choice
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

#: Drivers whose reasons are open, unless one or all are asked for.
N_SHOWN = 6
EVERYBODY = "all"


class Asked(NamedTuple):
    """Whose reasons are asked for; a driver without any is nobody."""

    driver: str = ""  # slug
    is_whole: bool = False

    def of(self, rows: Sequence[WhyRow]) -> Sequence[WhyRow]:
        his = [row for row in rows if row.driver_slug == self.driver]
        return his or (rows if self.is_whole else rows[:N_SHOWN])


FIRST = Asked()


@require_safe
@kept_by_version("stage", "model", "driver", "drivers")
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
    context |= why_context(
        context,
        Asked(
            driver=request.GET.get("driver", ""),
            is_whole=request.GET.get("drivers") == EVERYBODY,
        ),
    )
    return render_part(request, "race_why", "race_why", context)


def why_context(context: dict[str, Any], asked: Asked = FIRST) -> dict[str, Any]:
    """The reasons of the forecast that a page shows, with its `forecast_context`."""
    if context["forecast"] is None:
        return {}
    shown: Forecast = context["shown"]
    url = _address(context["race"], shown, context["model"])
    return {
        "why": why_block(shown, context["before"], context["rows"], url, asked),
    }


def why_block(
    forecast: Forecast,
    before: Forecast | None,
    rows: Sequence[ForecastRow],
    url: str,
    asked: Asked,
) -> WhyBlock:
    """Reasons of whom is asked for; ``url`` is where those of the first stand.

    They are those of the chances that were sealed, also when somebody withdrew; who
    did has no row.
    """
    try:
        why = explanations.why(forecast)
    except UnexplainedError as error:
        return WhyBlock(stands=WhyRows(reason=str(error)))
    by_slug = {row.driver_slug: row for row in rows}
    everybody = [
        _row(by_slug[one.driver], one, {part.group: part.points for part in one.groups})
        for one in why.drivers
        if one.driver in by_slug
    ]
    return WhyBlock(
        stands=WhyRows(shown=asked.of(everybody), everybody=everybody),
        since=_since(why, before, by_slug, asked) if before else None,
        since_label=STAGE_LABELS[before.stage] if before else "",
        n_drivers=len(why.drivers),
        even_chance=why.even_chance,
        choices=_choices(everybody, url, asked),
        all_url=f"{url}&drivers={EVERYBODY}"
        if len(everybody) > N_SHOWN and not asked.is_whole
        else "",
    )


def _choices(rows: Sequence[WhyRow], url: str, asked: Asked) -> list[Choice]:
    """The first few, then each driver, as addresses."""
    chosen = {row.driver_slug for row in rows} & {asked.driver}
    first = Choice(
        label=f"First {N_SHOWN}", url=url, is_active=not (chosen or asked.is_whole)
    )
    each = [
        Choice(
            label=row.code,
            url=f"{url}&driver={row.driver_slug}",
            is_active=row.driver_slug == asked.driver,
        )
        for row in rows
    ]
    return [first, *each]


def _since(
    why: Why, before: Forecast, rows: dict[str, ForecastRow], asked: Asked
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
    seen = [
        row
        for row in asked.of(moved)
        if abs(row.change) >= SMALLEST or row.driver_slug == asked.driver
    ]
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


def _address(race: RaceHead, forecast: Forecast, model: str) -> str:
    url = reverse(f"{forecast.kind}-why", args=[race.year, race.round])
    asked = {"stage": forecast.stage}
    if model:
        asked["model"] = model
    return f"{url}?{urlencode(asked)}"
