"""A race's page: the forecast before the flag, the review after it."""

import math
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion.models import Race, ResultVersion, SessionKind
from ingestion.models.results import Finish
from predictions import queries
from predictions.api.pagination import MOST_ROWS
from predictions.charts import words
from predictions.charts.colours import team_class
from predictions.models import PredictionAccuracy
from predictions.views import parts, stored
from predictions.views.downloads import FORMS
from predictions.views.forecasts import forecast_context
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.origins import race_sources
from predictions.views.presenters.race import (
    ClassifiedRow,
    ForecastHead,
    ForecastRow,
    HeatRow,
    RatingMove,
    Review,
    ScoreRow,
)
from predictions.views.presenters.sentences import (
    FORECAST_SORTS,
    forecast_columns,
    largest_moves,
    mark_best,
    review_sentence,
    sort_rows,
)
from predictions.views.slope import slopes
from predictions.views.versions import Edition, edition, result_versions
from predictions.views.weather import weather_rows
from predictions.views.weekend import weekend_context
from predictions.views.why import why_context
from ratings.models import RatingChange


@require_safe
@kept_by_version("stage", "model", "version", "sort")
def race_detail(
    request: HtmxHttpRequest, year: int, round: int, kind: str = SessionKind.RACE
) -> HttpResponse:
    """The page of a race, or of the sprint of its weekend."""
    race = race_or_404(year, round, kind)
    weather = record.weather_by_session(race)
    head = parts.race_head(
        race,
        season=stored.rounds_of(year),
        weather=weather.get(SessionKind(kind)),
        is_next=race == record.next_race(),
    )
    if kind == SessionKind.SPRINT:
        head = parts.sprint_head(race, head)
    asked = request.GET.get("stage", "")
    shown = edition(race, request.GET.get("version"), kind)
    context = {
        "race": head,
        "weather": weather_rows(race, weather, kind),
        "weather_files": _files(_of_race("weather", race)),
        "sources": race_sources(race),
        **weekend_context(race, kind),
        **forecast_context(
            race,
            kind=kind,
            asked=asked,
            model=request.GET.get("model", ""),
            base_url=head.url,
            results=shown.results,
            keep=shown.keep,
        ),
    }
    context["versions"] = result_versions(
        race, shown, stage=asked, model=context["model"]
    )
    context |= why_context(context)
    if shown.rows:
        context |= _reviewed(race, shown, context, kind)
    context["has_aside"] = (
        "review" in context
        or bool(context.get("rating_moves"))
        or bool(context["versions"] and not context["versions"].is_only)
    )
    if context["rows"]:
        context |= _sorted(request.GET.get("sort", ""), context)
    return render_part(request, "race_detail", "race_forecast", context)


def race_or_404(year: int, round: int, kind: str) -> Race:
    """The race; of a sprint's page only where its weekend has one."""
    races = Race.objects.select_related("circuit").prefetch_related("sessions")
    if kind == SessionKind.SPRINT:
        races = races.exclude(sprint_format=Race.SprintFormat.NONE)
    return get_object_or_404(races, season_id=year, round=round)


def _sorted(asked: str, context: dict[str, Any]) -> dict[str, Any]:
    """The table by the column that is asked for; words and heat map stay."""
    key = asked if asked in FORECAST_SORTS else "win"
    stage = context["forecast"].stage
    base = f"{context['race'].url}?stage={stage}{context['keep']}&"
    return {
        "rows": sort_rows(context["rows"], key),
        "columns": forecast_columns(base, key),
    }


def _reviewed(
    race: Race, shown: Edition, context: dict[str, Any], kind: str
) -> dict[str, Any]:
    """What the flag adds: the result, the words about it, the scores.

    Ratings follow the newest result, so beside an older one none are shown.
    """
    more: dict[str, Any] = {
        "classification": [_classified(row) for row in shown.rows],
        "result_files": _files(
            _of_race("sprint" if kind == SessionKind.SPRINT else "results", race),
            shown.keep,
        ),
    }
    if shown.is_newest and kind == SessionKind.RACE:
        more["rating_moves"] = rating_moves(race)
        more["rating_files"] = _files(
            reverse("api:rating-changes"),
            f"&season={race.season_id}&round={race.round}&kind=race&of=driver"
            f"&page_size={MOST_ROWS}",
        )
    rows: list[ForecastRow] = context["rows"]
    if not rows:
        return more
    head: ForecastHead = context["forecast"]
    other = "" if head.is_ours else head.model_label
    more["lead"] = review_sentence(rows, other=other, is_late=head.late)
    more["slopes"] = slopes(rows, shown)
    scores = scores_of(shown, race, kind, head.stage)
    if scores:
        against = scores[0].result_version
        more["review"] = Review(
            scores=mark_best([_score_row(score) for score in scores]),
            result_label=_result_label(against) if against else "result",
            is_behind=shown.version != against,
            surprise=surprise(rows, context["heat"], who=other or "we"),
            n_races=stored.n_scored(kind),
        )
    return more


def _of_race(noun: str, race: Race) -> str:
    """What the API has below a race."""
    return reverse(f"api:race-{noun}", args=[race.season_id, race.round])


def _files(address: str, query: str = "") -> dict[str, str]:
    """Addresses of a list of the API by form."""
    return {form: f"{address}?format={form}{query}" for form in FORMS}


def surprise(rows: Sequence[ForecastRow], heat: Sequence[HeatRow], who: str) -> str:
    """The finish that tells most: by the bits of the chance to do that well."""
    shares = {row.slug: row.shares for row in heat}
    told = [
        (-math.log2(max(sum(shares[row.driver_slug][:place]), 1e-4)), row, place)
        for row in rows
        if row.result and (place := row.result.position)
    ]
    if not told:
        return ""
    bits, row, place = max(told, key=lambda item: item[0])
    return (
        f"The largest surprise: {row.driver_name} came {words.ordinal(place)};"
        f" {who} gave {words.percent(2**-bits)} to that or better ({bits:.1f} bits)."
    )


def rating_moves(race: Race) -> list[RatingMove]:
    """What the race did to the drivers' ratings, the largest moves."""
    changes = RatingChange.objects.of_drivers().filter(race=race, kind="race")
    teams = dict(race.results.values_list("driver_id", "team__slug"))
    return largest_moves(
        [
            RatingMove(
                code=parts.code_of(change.driver),
                name=change.driver.name,
                team_class=team_class(teams.get(change.driver.pk)),
                change=change.after - change.before,
            )
            for change in changes.select_related("driver")
            if change.driver is not None
        ]
    )


def _classified(row: Finish) -> ClassifiedRow:
    return ClassifiedRow(
        result=parts.result_cell(row),
        driver_name=row.driver.name,
        driver_slug=row.driver.slug if row.driver.pk else "",
        code=parts.code_of(row.driver),
        team_name=row.team.name,
        team_slug=row.team.slug if row.team.pk else "",
        team_class=team_class(row.team.slug),
        car_number=parts.car_number(row.car_number),
        grid_text=parts.grid_text(row),
        laps=row.laps,
        time_text=parts.time_text(row),
        is_fastest_lap=getattr(row, "has_fastest_lap", False),
    )


def scores_of(
    shown: Edition, race: Race, kind: str, stage: str
) -> list[PredictionAccuracy]:
    """The newest counted forecast of each model at a stage, ours first.

    Right after an amendment those against the version before it still stand.
    """
    of_version = (
        {"is_current": True} if shown.is_newest else {"result_version": shown.version}
    )
    scored = (
        PredictionAccuracy.objects.filter(
            forecast__race=race,
            forecast__kind=kind,
            forecast__stage=stage,
            forecast__late=False,
            **of_version,
        )
        .select_related("forecast__model_version", "result_version")
        .defer("result_version__rows")
        .order_by(
            "-forecast__is_primary",
            "forecast__model_version__name",
            "-forecast__issued_at",
        )
    )
    by_model: dict[tuple[str, bool], PredictionAccuracy] = {}
    for score in scored:
        forecast = score.forecast
        key = forecast.model_version.name, forecast.is_primary
        by_model.setdefault(key, score)
    return list(by_model.values())


def _result_label(version: ResultVersion) -> str:
    at = version.known_at
    return f"{version.standing} result of {at.day} {at:%b %Y}"


def _score_row(score: PredictionAccuracy) -> ScoreRow:
    return ScoreRow(
        label=str(score.forecast.model_version),
        is_ours=score.forecast.is_primary,
        is_shadow=queries.is_shadow(score.forecast),
        url=parts.model_url(score.forecast.model_version),
        log_loss=score.log_loss,
        brier=score.brier,
        rps=score.rps,
        winner_hit=float(score.winner_hit),
        winner_chance=stored.chance_of_winner(score),
    )
