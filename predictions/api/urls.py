"""Addresses below /api/v1/. Natural keys all the way."""

from django.urls import URLPattern, include, path, register_converter

from predictions.api import converters
from predictions.api.views import (
    backtests,
    data,
    exports,
    forecasts,
    mates,
    races,
    ratings,
    record,
    root,
    sessions,
    standings,
)
from predictions.api.views.base import Readable

register_converter(converters.Year, "year")
register_converter(converters.Round, "round")

app_name = "api"


def of_race(tail: str, view: type[Readable]) -> URLPattern:
    """An address below one race."""
    name = f"race-{tail}"
    return path(f"races/<year:year>/<round:round>/{tail}/", view.as_view(), name=name)


urlpatterns = [
    path("", root.Root.as_view(), name="root"),
    path("", include("accounts.api.urls")),
    path("seasons/", record.Seasons.as_view(), name="seasons"),
    path("seasons/<year:year>/", record.SeasonView.as_view(), name="season"),
    path("circuits/", record.Circuits.as_view(), name="circuits"),
    path("circuits/<slug:slug>/", record.CircuitView.as_view(), name="circuit"),
    path("teams/", record.Teams.as_view(), name="teams"),
    path("teams/<slug:slug>/", record.TeamView.as_view(), name="team"),
    path("drivers/", record.Drivers.as_view(), name="drivers"),
    path("drivers/<slug:slug>/", record.DriverView.as_view(), name="driver"),
    path("calendar/", races.Calendar.as_view(), name="calendar"),
    path("races/", races.Races.as_view(), name="races"),
    path(
        "races/<year:year>/<round:round>/",
        races.RaceView.as_view(),
        name="race",
    ),
    of_race("entries", races.RaceEntries),
    of_race("practice", races.RacePractice),
    of_race("qualifying", races.RaceQualifying),
    of_race("grid", races.RaceGrid),
    of_race("sprint", races.RaceSprint),
    of_race("results", races.RaceResults),
    of_race("sources", races.RaceSources),
    of_race("versions", races.RaceVersions),
    of_race("weather", races.RaceWeather),
    path("entries/", sessions.Entries.as_view(), name="entries"),
    path("practice/", sessions.Practice.as_view(), name="practice"),
    path("qualifying/", sessions.Qualifying.as_view(), name="qualifying"),
    path("sprint/", sessions.Sprints.as_view(), name="sprint"),
    path("results/", sessions.Results.as_view(), name="results"),
    path("weather/", sessions.Weather.as_view(), name="weather"),
    path(
        "standings/drivers/",
        standings.DriverStandings.as_view(),
        name="driver-standings",
    ),
    path("standings/teams/", standings.TeamStandings.as_view(), name="team-standings"),
    path("ratings/", ratings.Ratings.as_view(), name="ratings"),
    path(
        "ratings/changes/",
        ratings.RatingChanges.as_view(),
        name="rating-changes",
    ),
    path("rankings/", ratings.Rankings.as_view(), name="rankings"),
    path("ratings/duels/", mates.RatingDuels.as_view(), name="rating-duels"),
    path("ratings/chain/", mates.RatingChain.as_view(), name="rating-chain"),
    path(
        "ratings/surprises/",
        mates.RatingSurprises.as_view(),
        name="rating-surprises",
    ),
    path("forecasts/", forecasts.Forecasts.as_view(), name="forecasts"),
    path(
        "forecasts/<slug:content_hash>/",
        forecasts.ForecastView.as_view(),
        name="forecast",
    ),
    path(
        "forecasts/<slug:content_hash>/explanation/",
        forecasts.ExplanationView.as_view(),
        name="forecast-explanation",
    ),
    path(
        "predictions/next-race/",
        forecasts.NextPredictions.as_view(),
        name="next-race",
    ),
    path(
        "predictions/<year:year>/<round:round>/",
        forecasts.Predictions.as_view(),
        name="predictions",
    ),
    path("models/", forecasts.Models.as_view(), name="models"),
    path(
        "models/<slug:name>/<int:version>/",
        forecasts.ModelView.as_view(),
        name="model",
    ),
    path("backtests/", backtests.Backtests.as_view(), name="backtests"),
    path(
        "backtests/<int:number>/",
        backtests.BacktestView.as_view(),
        name="backtest",
    ),
    path("accuracy/", forecasts.Accuracy.as_view(), name="accuracy"),
    path("exports/", exports.Exports.as_view(), name="exports"),
    path("exports/<slug:table>/", exports.ExportTable.as_view(), name="export"),
    path("data-health/", data.DataHealth.as_view(), name="data-health"),
]
