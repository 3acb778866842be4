"""Team pages: the list of all, and one team's seasons, rating and lineage."""

from dataclasses import replace
from operator import attrgetter
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion import statistics
from ingestion.models import Driver, RaceResult, Team, TeamEra
from predictions.charts.colours import team_class
from predictions.views import career_kpis, moves, parts, sorting, stored, team_record
from predictions.views.downloads import addresses, table_file
from predictions.views.fragments import (
    HtmxHttpRequest,
    is_swap,
    kept_by_version,
    render_part,
)
from predictions.views.paging import paged
from predictions.views.presenters.entrants import (
    NextRace,
    PastResult,
    TeamHead,
    TeamIndexRow,
    TeamSeason,
)
from predictions.views.presenters.frame import Kpi, Link, NamedDriver
from predictions.views.presenters.moves import RaceMove
from ratings.models import RatingChange
from ratings.queries import team_ratings

N_RECENT = 12
SORT_LABELS = {
    "name": "Team",
    "races": "Races",
    "wins": "Wins",
    "podiums": "Podium races",
}
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "races": ("-n_races",),
    "wins": ("-n_wins", "-n_podiums"),
    "podiums": ("-n_podiums", "-n_wins"),
}
#: Of the list as a file: head of a column, and what a team calls it.
COLUMNS = {
    "team": "slug",
    "name": "name",
    "country": "country",
    "first_season": "first_year",
    "last_season": "last_year",
    "races": "n_races",
    "wins": "n_wins",
    "podium_races": "n_podiums",
}


@require_safe
@kept_by_version("q", "sort", "page")
def team_list(request: HtmxHttpRequest) -> HttpResponse:
    query, order = _asked(request)
    page, pager = paged(request, _listed(query, order))
    titles = statistics.team_titles()
    ratings = {row.slug: row.rating for row in team_ratings()}
    rows = [_index_row(team, titles, ratings) for team in page]
    context = {
        "rows": rows,
        "pager": pager,
        "query": query,
        "sort": order,
        "files": addresses("teams", q=query, sort=order),
        "columns": sorting.columns(request, SORT_LABELS),
        "has_ratings": any(row.rating is not None for row in rows),
    }
    return render_part(request, "team_list", "team_index", context)


@require_safe
def team_table(request: HttpRequest, form: str) -> HttpResponse:
    """The list that is shown, with all of its pages."""
    titles = statistics.team_titles()
    ratings = {row.slug: row.rating for row in team_ratings()}
    rows = (
        [
            *attrgetter(*COLUMNS.values())(team),
            titles.get(team.pk, 0),
            ratings.get(team.slug),
        ]
        for team in _listed(*_asked(request))
    )
    head = [*COLUMNS, "titles", "rating"]
    since = record.record_since()
    return table_file(form, "teams", head, rows, record_since=since)


def _asked(request: HttpRequest) -> tuple[str, str]:
    """Part of a name, and the order."""
    return request.GET.get("q", "").strip(), sorting.asked_order(request, SORTS)


def _listed(query: str, order: str) -> QuerySet[Team]:
    teams = _matching(query)
    return teams.order_by(*SORTS[order], "slug") if order else teams


@require_safe
@kept_by_version("season", "session")
def team_detail(request: HtmxHttpRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team, slug=slug)
    session = moves.asked_session(request)
    all_moves = moves.team_moves(team, request)
    season = moves.season_moves(request, all_moves)
    results = RaceResult.objects.filter(team=team)
    context: dict[str, Any] = {"files": _files(request, team)}
    if moves.is_by_season(request):
        season = replace(season, rows=moves.with_cars(season.rows, team, session))
        context["seasons"] = _seasons(team, results)
    else:
        context |= _overview(team, all_moves)
        context["recent"] = _recent(team, results)
    if not is_swap(request):
        career = statistics.career(results)
        context["team"] = _head(team, career)
        context["kpis"] = _kpis(team, career)
        context["next_races"] = _next_races(team)
    context["moves"] = season
    return render_part(request, "team_detail", "team_body", context)


@require_safe
def team_seasons(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """What stopped its cars and how its drivers shared, a line for each season."""
    team = get_object_or_404(Team, slug=slug)
    rows = team_record.file_rows(
        team_record.reliability_of(team), team_record.split_of(team)
    )
    return table_file(form, f"{slug}-seasons", team_record.FILE_COLUMNS, rows)


@require_safe
def team_line(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The line of its car, a race a row."""
    team = get_object_or_404(Team, slug=slug)
    rows = moves.file_rows(moves.team_moves(team, request))
    name = f"{slug}-{moves.asked_session(request)}"
    return table_file(form, name, moves.FILE_COLUMNS, rows)


def _overview(team: Team, all_moves: list[RaceMove]) -> dict[str, Any]:
    """All seasons: the line of its chain of renamed teams, its cars, its drivers."""
    return {
        "team_class": team_class(team.slug),
        "line": moves.series_of(all_moves, label=team.name, name=team.name),
        "line_title": "Rating of the car"
        if len({move.team_name for move in all_moves}) < 2
        else "Rating of the car, under each of its names",
        "reliability": team_record.reliability_of(team),
        "split": team_record.split_of(team),
    }


def _kpis(team: Team, career: dict[str, Any]) -> list[Kpi]:
    rated = team_ratings()
    own = next((row for row in rated if row.slug == team.slug), None)
    return career_kpis.of_team(own, len(rated), career)


def _files(request: HttpRequest, team: Team) -> dict[str, str]:
    """Addresses of what is shown as files, by form."""
    session = moves.asked_session(request)
    files = {}
    for form in ("csv", "json"):
        files[form] = reverse(f"team-seasons-{form}", args=[team.slug])
        line = reverse(f"team-ratings-{form}", args=[team.slug])
        files[f"line_{form}"] = f"{line}?session={session}"
    return files


def _matching(text: str) -> QuerySet[Team]:
    """Who has raced, and who is about to, who come first."""
    entries = record.entered().filter(team=OuterRef("pk"))
    raced = RaceResult.objects.filter(team=OuterRef("pk"))
    teams = Team.objects.alias(is_entered=Exists(entries)).filter(
        Q(is_entered=True) | Exists(raced)
    )
    if text:
        teams = teams.filter(
            Q(name__icontains=text)
            | Q(full_name__icontains=text)
            | parts.slug_has(text)
        )
    return teams.annotate(
        first_year=Min("results__race__season_id"),
        last_year=Max("results__race__season_id"),
        n_races=Count("results__race_id", distinct=True),
        n_wins=Count("results__race_id", filter=Q(results__position=1), distinct=True),
        n_podiums=Count(
            "results__race_id", filter=Q(results__position__lte=3), distinct=True
        ),
    ).order_by("-is_entered", F("last_year").desc(nulls_last=True), "-n_races", "slug")


def _index_row(
    team: Any, titles: dict[int, int], ratings: dict[str, float]
) -> TeamIndexRow:
    return TeamIndexRow(
        name=team.name,
        slug=team.slug,
        team_class=team_class(team.slug),
        country=team.country,
        years=parts.years(team.first_year, team.last_year),
        n_starts=team.n_races,
        n_wins=team.n_wins,
        n_podiums=team.n_podiums,
        n_titles=titles.get(team.pk, 0),
        rating=ratings.get(team.slug),
    )


def _head(team: Team, career: dict[str, Any]) -> TeamHead:
    before, after = _neighbours(team)
    return TeamHead(
        name=team.name,
        slug=team.slug,
        team_class=team_class(team.slug),
        full_name=team.full_name,
        country=team.country,
        n_titles=statistics.titles(team),
        predecessor=before,
        successor=after,
        **career,
    )


def _neighbours(team: Team) -> tuple[Link | None, Link | None]:
    """The teams before the first and after the last era of this one."""
    chain = record.chains().get(team.pk, record.Chain())
    return _era_link(chain.predecessor), _era_link(chain.successor)


def _era_link(era: TeamEra | None) -> Link | None:
    if era is None:
        return None
    return Link(
        label=f"{era.team.name} ({parts.years(era.first_year, era.last_year)})",
        url=reverse("team", args=[era.team.slug]),
    )


def _seasons(team: Team, results: QuerySet[RaceResult]) -> list[TeamSeason]:
    standings = statistics.final_standings(team)
    drivers = _drivers_of_seasons(team, results)
    seasons = []
    for row in statistics.seasons_of(results):
        year = row["race__season_id"]
        place, points = standings.get(year, (None, row["points"]))
        seasons.append(
            TeamSeason(
                year=year,
                drivers=drivers.get(year, []),
                n_wins=row["n_wins"],
                n_podiums=row["n_podiums"],
                points=parts.whole(points),
                standing=str(place) if place else "",
            )
        )
    return seasons


def _drivers_of_seasons(
    team: Team, results: QuerySet[RaceResult]
) -> dict[int, list[NamedDriver]]:
    """Season: its drivers, those with most races first."""
    rows = (
        results.order_by()
        .values_list("race__season_id", "driver_id")
        .annotate(n=Count("race_id"))
        .order_by("race__season_id", "-n", "driver_id")
    )
    people = Driver.objects.in_bulk({driver for _, driver, _ in rows})
    seasons: dict[int, list[NamedDriver]] = {}
    for year, driver, _ in rows:
        seasons.setdefault(year, []).append(parts.named_driver(people[driver], team))
    return seasons


def _recent(team: Team, results: QuerySet[RaceResult]) -> list[PastResult]:
    rows = list(
        results.select_related("race", "driver").order_by(
            "-race__starts_on", "display_order"
        )[:N_RECENT]
    )
    races = {row.race_id for row in rows}
    chances = stored.win_chances(races)
    moved = {
        change.race_id: change.after - change.before
        for change in RatingChange.objects.filter(
            team=team, kind="race", race_id__in=races
        )
    }
    return [
        PastResult(
            label=parts.race_label(row.race),
            url=parts.race_url(row.race),
            date=row.race.starts_on,
            result=parts.result_cell(row),
            team_class=team_class(team.slug),
            grid_text=parts.grid_text(row),
            driver=parts.named_driver(row.driver, team),
            p_win=chances.get((row.race_id, row.driver_id)),
            rating_change=moved.get(row.race_id),
        )
        for row in rows
    ]


def _next_races(team: Team) -> list[NextRace]:
    """The newest forecast of the next race for each car of the team."""
    return [parts.next_race(found) for found in stored.next_predictions(team=team)]
