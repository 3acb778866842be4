"""Addresses of the site."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from f1site import health
from f1site.monitoring import pages as status
from f1site.monitoring import views as monitoring
from predictions.api.views.docs import Docs, Schema
from predictions.api.views.root import Nowhere
from predictions.views import (
    all_time,
    calendar,
    chain,
    circuits,
    crawling,
    data,
    drivers,
    duels,
    following,
    home,
    race_files,
    races,
    ratings,
    search,
    standings,
    surprises,
    teams,
    why,
)
from predictions.views.compare import pages as compare
from predictions.views.downloads import FORMS
from predictions.views.feeds import sessions
from predictions.views.feeds.forecasts import SealedForecasts
from predictions.views.history import pages as history
from predictions.views.models import pages as models
from predictions.views.track import pages as track_record

admin.site.site_header = admin.site.site_title = settings.APP_NAME
admin.site.index_title = "The record and its keepers"


READ = ["get", "head"]


def files(
    name: str, address: str, view: Callable[..., HttpResponse]
) -> list[URLPattern]:
    """A table as ``address.csv`` and ``address.json``."""
    return [
        path(f"{address}.{form}", view, {"form": form}, name=f"{name}-{form}")
        for form in FORMS
    ]


pages: list[URLPattern] = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("standings/", standings.standings, name="standings"),
    path(
        "standings/<slug:who>.<slug:form>",
        standings.standings_file,
        name="standings-file",
    ),
    path("calendar.ics", sessions.following, name="calendar-ics"),
    path("calendar/<int:year>.ics", sessions.of_season, name="season-ics"),
    path("forecasts.atom", require_safe(SealedForecasts()), name="forecasts-atom"),
    path("races/<int:year>/<int:round>/", races.race_detail, name="race"),
    path(
        "races/<int:year>/<int:round>/<slug:card>.<slug:form>",
        race_files.race_file,
        name="race-file",
    ),
    path("races/<int:year>/<int:round>/why/", why.race_why, name="race-why"),
    path(
        "races/<int:year>/<int:round>/sprint/",
        races.race_detail,
        {"kind": "sprint"},
        name="sprint",
    ),
    path(
        "races/<int:year>/<int:round>/sprint/<slug:card>.<slug:form>",
        race_files.race_file,
        {"kind": "sprint"},
        name="sprint-file",
    ),
    path(
        "races/<int:year>/<int:round>/sprint/why/",
        why.race_why,
        {"kind": "sprint"},
        name="sprint-why",
    ),
    path("ratings/", ratings.ratings, name="ratings"),
    *files("ratings", "ratings/field", ratings.ratings_field),
    path("ratings/all-time/", all_time.all_time, name="ratings-all-time"),
    *files("ratings-all-time", "ratings/all-time", all_time.all_time_table),
    path("ratings/duels/", duels.ratings_duels, name="ratings-duels"),
    *files("ratings-duels", "ratings/duels", duels.duels_table),
    path("ratings/chain/", chain.ratings_chain, name="ratings-chain"),
    *files("ratings-chain", "ratings/chain", chain.chain_table),
    path("ratings/surprises/", surprises.ratings_surprises, name="ratings-surprises"),
    *files("ratings-surprises", "ratings/surprises", surprises.surprises_table),
    path("ratings/history/", history.history, name="ratings-history"),
    path("ratings/history.csv", history.history_csv, name="ratings-history-csv"),
    path("ratings/history.json", history.history_json, name="ratings-history-json"),
    path("compare/", compare.compare, name="ratings-compare"),
    *files("ratings-compare", "compare", compare.compare_table),
    path("track-record/", track_record.track_record, name="track-record"),
    path(
        "track-record/<slug:card>.<slug:form>",
        track_record.track_record_file,
        name="track-record-file",
    ),
    path("models/", models.model_list, name="models"),
    path("models/<slug:card>.<slug:form>", models.models_file, name="models-file"),
    path("models/<slug:name>/<int:version>/", models.model_detail, name="model"),
    path("data/", data.data_health, name="data"),
    path("data/completeness.csv", data.completeness_csv, name="data-csv"),
    path("status/", status.status, name="status"),
    path("drivers/", drivers.driver_list, name="drivers"),
    *files("drivers", "drivers/all", drivers.driver_table),
    path("drivers/<slug:slug>/", drivers.driver_detail, name="driver"),
    *files("driver-results", "drivers/<slug:slug>/results", drivers.driver_results),
    *files("driver-ratings", "drivers/<slug:slug>/ratings", drivers.driver_line),
    path("teams/", teams.team_list, name="teams"),
    *files("teams", "teams/all", teams.team_table),
    path("teams/<slug:slug>/", teams.team_detail, name="team"),
    *files("team-seasons", "teams/<slug:slug>/seasons", teams.team_seasons),
    *files("team-ratings", "teams/<slug:slug>/ratings", teams.team_line),
    path("circuits/", circuits.circuit_list, name="circuits"),
    *files("circuits", "circuits/all", circuits.circuit_table),
    path("circuits/<slug:slug>/", circuits.circuit_detail, name="circuit"),
    *files("circuit-races", "circuits/<slug:slug>/races", circuits.circuit_races),
    *files("circuit-slots", "circuits/<slug:slug>/slots", circuits.circuit_slots),
]

services: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("account/drivers/<slug:slug>/", following.follow, name="follow"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("predictions.api.urls")),
    path("api/schema/", Schema.as_view(), name="api-schema"),
    path("api/docs/", Docs.as_view(), name="api-docs"),
    path("ergast/", include("predictions.ergast.urls")),
    # The slash at the end leaves the redirect to it to Django.
    re_path(r"^api/(?:[\s\S]*/)?\Z", Nowhere.as_view(), name="api-nowhere"),
    path(
        "docs/",
        RedirectView.as_view(pattern_name="api-docs", http_method_names=READ),
    ),
    path(
        "sitemap.xml",
        require_safe(sitemap),
        {"sitemaps": crawling.SITEMAPS},
        name="sitemap",
    ),
    path("robots.txt", crawling.robots, name="robots"),
    path("health", health.overall, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", monitoring.metrics, name="metrics"),
]

urlpatterns = [*pages, *services]
handler400 = "f1site.errors.refused"
handler429 = "accounts.lockout.slow_down"
handler500 = "f1site.errors.failed"
