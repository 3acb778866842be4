"""The front page: the next race and what we say of it."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion.models import Race
from predictions import queries
from predictions.views import parts, stored
from predictions.views.forecasts import forecast_context
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.race import RecentForecast

N_RECENT = 5


@require_safe
@kept_by_version("stage")
def home(request: HtmxHttpRequest) -> HttpResponse:
    race = record.next_race()
    context: dict[str, Any] = {"race": None, "recent": recent_forecasts()}
    if race is not None:
        stage = request.GET.get("stage", "")
        season = stored.rounds_of(race.season_id)
        context |= {
            "race": parts.race_head(
                race,
                season=season,
                weather=record.weather_of(race),
                is_next=True,
            ),
            **forecast_context(race, asked=stage, base_url=reverse("home")),
        }
    return render_part(request, "home", "next_race", context)


def recent_forecasts() -> list[RecentForecast]:
    """The last five races that a sealed forecast of ours was scored on."""
    scored = (
        stored.counted_scores()
        .order_by("-forecast__race__starts_on", "-forecast__issued_at")
        .values_list("forecast__race_id", flat=True)
    )
    ids = list(dict.fromkeys(scored))[:N_RECENT]
    races = Race.objects.in_bulk(ids)
    return [row for key in ids if (row := recent_forecast(races[key]))]


def recent_forecast(race: Race) -> RecentForecast | None:
    forecast = stored.newest_counted(race)
    winner = race.results.filter(position=1, is_shared_car=False).first()
    if forecast is None or winner is None:
        return None
    for rank, row in enumerate(queries.predictions_of(forecast), start=1):
        if row.driver_id == winner.driver_id:
            return RecentForecast(
                label=parts.race_label(race),
                url=parts.race_url(race),
                winner_code=parts.code_of(row.driver),
                winner_name=row.driver.name,
                our_rank=rank,
                p_win=row.p_win,
            )
    return None
