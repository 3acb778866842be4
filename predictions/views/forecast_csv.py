"""The forecast of a race page as a file."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ingestion.models import SessionKind
from predictions.views.downloads import csv_file
from predictions.views.forecasts import forecast_context
from predictions.views.presenters.race import ForecastRow
from predictions.views.races import race_or_404
from predictions.views.versions import edition

HEAD = (
    "rank",
    "driver",
    "code",
    "team",
    "grid",
    "p_win",
    "p_podium",
    "p_points",
    "p_dnf",
    "expected_position",
    "low",
    "high",
    "result",
)


@require_safe
def forecast_csv(
    request: HttpRequest, year: int, round: int, kind: str = SessionKind.RACE
) -> HttpResponse:
    """The table that the page shows for the same question, the favourite first."""
    race = race_or_404(year, round, kind)
    shown = edition(race, request.GET.get("version"), kind)
    context = forecast_context(
        race,
        kind=kind,
        asked=request.GET.get("stage", ""),
        model=request.GET.get("model", ""),
        base_url="",
        results=shown.results,
    )
    if context["forecast"] is None:
        raise Http404(f"No forecast of {race} was issued.")
    forecast = context["shown"]
    model = forecast.model_version
    name = f"{kind}-{year}-{round}-{forecast.stage}-{model.name}-v{model.version}"
    return csv_file(name, HEAD, map(_line, context["rows"]))


def _line(row: ForecastRow) -> tuple[object, ...]:
    return (
        row.position_rank,
        row.driver_name,
        row.code,
        row.team_name,
        row.grid,
        row.p_win,
        row.p_podium,
        row.p_points,
        row.p_dnf,
        row.expected_position,
        row.low,
        row.high,
        row.result.text if row.result else "",
    )
