"""A race's page: the forecast before the flag, the review after it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from ingestion import queries as record
from ingestion.models import Race, RaceResult
from predictions.charts.colours import team_class
from predictions.models import PredictionAccuracy
from predictions.views import parts, stored
from predictions.views.forecasts import forecast_context
from predictions.views.fragments import HtmxHttpRequest, render_part
from predictions.views.presenters import (
    ClassifiedRow,
    ForecastRow,
    Review,
    ScoreRow,
    mark_best,
    review_sentence,
)


@require_GET
def race_detail(request: HtmxHttpRequest, year: int, round: int) -> HttpResponse:
    race = get_object_or_404(
        Race.objects.select_related("circuit"), season_id=year, round=round
    )
    head = parts.race_head(
        race,
        season=stored.rounds_of(year),
        weather=parts.weather_of(race.weather.all()),
        is_next=race == record.next_race(),
    )
    asked = request.GET.get("stage", "")
    context = {"race": head, **forecast_context(race, asked=asked, base_url=head.url)}
    if race.is_completed:
        context |= _reviewed(race, context)
    return render_part(request, "race_detail", "race_forecast", context)


def _reviewed(race: Race, context: dict[str, Any]) -> dict[str, Any]:
    """What the flag adds: the result, the words about it, the scores."""
    more: dict[str, Any] = {"classification": classification(race)}
    rows: list[ForecastRow] = context["rows"]
    if not rows:
        return more
    more["lead"] = review_sentence(rows)
    scores = scores_of(race, context["forecast"].stage)
    if scores:
        more["review"] = Review(
            scores=mark_best(scores), surprise="", n_races=stored.n_scored()
        )
    return more


def classification(race: Race) -> list[ClassifiedRow]:
    rows = race.results.select_related("driver", "team").order_by("display_order")
    return [_classified(row) for row in rows]


def _classified(row: RaceResult) -> ClassifiedRow:
    return ClassifiedRow(
        result=parts.result_cell(row),
        driver_name=row.driver.name,
        driver_slug=row.driver.slug,
        code=parts.code_of(row.driver),
        team_name=row.team.name,
        team_slug=row.team.slug,
        team_class=team_class(row.team.slug),
        car_number=parts.car_number(row.car_number),
        grid_text=parts.grid_text(row),
        laps=row.laps,
        time_text=parts.time_text(row),
        is_fastest_lap=row.has_fastest_lap,
    )


def scores_of(race: Race, stage: str) -> list[ScoreRow]:
    """The newest counted forecast of each model at a stage, ours first."""
    scored = (
        PredictionAccuracy.objects.filter(
            forecast__race=race,
            forecast__stage=stage,
            forecast__late=False,
            is_current=True,
        )
        .select_related("forecast__model_version")
        .order_by(
            "-forecast__is_primary",
            "forecast__model_version__name",
            "-forecast__issued_at",
        )
    )
    rows: dict[str, ScoreRow] = {}
    for score in scored:
        name = score.forecast.model_version.name
        rows.setdefault(name, _score_row(score))
    return list(rows.values())


def _score_row(score: PredictionAccuracy) -> ScoreRow:
    return ScoreRow(
        label=str(score.forecast.model_version),
        is_ours=score.forecast.is_primary,
        log_loss=score.log_loss,
        brier=score.brier,
        rps=score.rps,
        winner_hit=float(score.winner_hit),
        winner_chance=stored.chance_of_winner(score),
    )
