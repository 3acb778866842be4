"""Driver pages: the list of all, and one driver's career, rating and duels."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion import statistics
from ingestion.models import STARTED, Circuit, Driver, RaceResult, Team
from predictions.charts.colours import team_class
from predictions.views import (
    career_kpis,
    driver_record,
    moves,
    parts,
    sorting,
    stored,
)
from predictions.views.downloads import addresses, table_file
from predictions.views.duels import row_of
from predictions.views.fragments import (
    HtmxHttpRequest,
    is_swap,
    kept_by_version,
    render_part,
)
from predictions.views.paging import paged
from predictions.views.presenters.entrants import (
    DriverHead,
    DriverIndexRow,
    DriverSeason,
    NextRace,
    PastResult,
)
from predictions.views.presenters.mates import DuelRow
from predictions.views.presenters.moves import RaceMove, SeasonMoves
from ratings import duels
from ratings.meetings import Exclude
from ratings.models import RatingChange
from ratings.queries import RatingRow, driver_ratings

N_RECENT = 12
SORT_LABELS = {
    "name": "Driver",
    "starts": "Starts",
    "wins": "Wins",
    "podiums": "Podiums",
    "rating": "Rating",
}
SORTS: dict[str, tuple[Any, ...]] = {
    "name": ("last_name", "name"),
    "starts": ("-n_starts",),
    "wins": ("-n_wins", "-n_podiums"),
    "podiums": ("-n_podiums", "-n_wins"),
    "rating": (F("ranking__rating").desc(nulls_last=True),),
}
#: Of the list as a file: head of a column, and what a driver calls it.
COLUMNS = {
    "driver": "slug",
    "name": "name",
    "code": "code",
    "nationality": "nationality",
    "first_season": "first_year",
    "last_season": "last_year",
    "starts": "n_starts",
    "wins": "n_wins",
    "podiums": "n_podiums",
}


@require_safe
@kept_by_version("q", "sort", "page")
def driver_list(request: HtmxHttpRequest) -> HttpResponse:
    query, order = _asked(request)
    page, pager = paged(request, _listed(query, order))
    rated = {row.slug: row for row in driver_ratings(include_inactive=True)}
    rows = [_index_row(driver, rated.get(driver.slug)) for driver in page]
    context = {
        "rows": rows,
        "pager": pager,
        "query": query,
        "sort": order,
        "files": addresses("drivers", q=query, sort=order),
        "columns": sorting.columns(request, SORT_LABELS),
        "has_ratings": any(row.rating is not None for row in rows),
    }
    return render_part(request, "driver_list", "driver_index", context)


@require_safe
def driver_table(request: HttpRequest, form: str) -> HttpResponse:
    """The list that is shown, with all of its pages."""
    ratings = {row.slug: row.rating for row in driver_ratings(include_inactive=True)}
    rows = (
        [*attrgetter(*COLUMNS.values())(driver), ratings.get(driver.slug)]
        for driver in _listed(*_asked(request))
    )
    since = record.record_since()
    return table_file(form, "drivers", [*COLUMNS, "rating"], rows, record_since=since)


def _asked(request: HttpRequest) -> tuple[str, str]:
    """Part of a name, and the order."""
    return request.GET.get("q", "").strip(), sorting.asked_order(request, SORTS)


def _listed(query: str, order: str) -> QuerySet[Driver]:
    drivers = _matching(query)
    return drivers.order_by(*SORTS[order], "slug") if order else drivers


@require_safe
@kept_by_version("season", "session")
def driver_detail(request: HtmxHttpRequest, slug: str) -> HttpResponse:
    driver = get_object_or_404(Driver, slug=slug)
    all_moves = moves.driver_moves(driver, moves.asked_session(request))
    season = moves.season_moves(request, all_moves)
    results = driver_record.results_of(driver)
    context: dict[str, Any] = {"moves": season, "files": _files(request, driver)}
    if moves.is_by_season(request):
        context |= _by_season(driver, season, results)
    else:
        context |= _overview(driver, all_moves, results)
    if not is_swap(request):
        career = statistics.career(RaceResult.objects.filter(driver=driver))
        ahead = next(iter(stored.next_predictions(driver=driver)), None)
        context["driver"] = _head(driver, career)
        context["kpis"] = career_kpis.of_driver(driver, career, ahead)
    return render_part(request, "driver_detail", "driver_body", context)


@require_safe
def driver_results(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """What the charts of his page are drawn from, a line for each race."""
    driver = get_object_or_404(Driver, slug=slug)
    results = driver_record.results_of(driver)
    season = request.GET.get("season", "")
    seasons = [int(season)] if season.isascii() and season.isdigit() else []
    weather = record.observed_weather([row.race_id for row in results])
    rows = driver_record.file_rows(results, weather, seasons)
    name = "-".join([slug, *map(str, seasons)])
    return table_file(form, name, driver_record.FILE_COLUMNS, rows)


@require_safe
def driver_line(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """His line, a race a row."""
    driver = get_object_or_404(Driver, slug=slug)
    session = moves.asked_session(request)
    rows = moves.file_rows(moves.driver_moves(driver, session))
    return table_file(form, f"{slug}-{session}", moves.FILE_COLUMNS, rows)


def _overview(
    driver: Driver, all_moves: list[RaceMove], results: list[RaceResult]
) -> dict[str, Any]:
    """The whole career."""
    line = moves.series_of(all_moves, label=parts.code_of(driver), name=driver.name)
    weather = record.observed_weather([row.race_id for row in results])
    return {
        "line": line,
        "line_title": "Rating, in the colours of the cars",
        "finishes": driver_record.finishes_of(results),
        "starts": driver_record.starts_of(results),
        "weather": driver_record.wet_and_dry(results, weather),
        "circuits": driver_record.circuits_of(results, _circuit_ahead(driver)),
        "recent": _recent(driver, results[:N_RECENT]),
        "duels": _duels(driver),
        "next_race": _next_race(driver),
    }


def _by_season(
    driver: Driver, season: SeasonMoves, results: list[RaceResult]
) -> dict[str, Any]:
    """One season race by race, and all of them in a table."""
    return {
        "starts": driver_record.starts_of(results, season.season),
        "seasons": _seasons(driver, RaceResult.objects.filter(driver=driver)),
    }


def _files(request: HttpRequest, driver: Driver) -> dict[str, str]:
    """Addresses of what is shown as files, by form."""
    season = request.GET.get("season", "")
    query = f"?{urlencode({'season': season})}" if season.isdigit() else ""
    session = moves.asked_session(request)
    files = {}
    for form in ("csv", "json"):
        files[form] = reverse(f"driver-results-{form}", args=[driver.slug]) + query
        line = reverse(f"driver-ratings-{form}", args=[driver.slug])
        files[f"line_{form}"] = f"{line}?session={session}"
    return files


def _matching(text: str) -> QuerySet[Driver]:
    """Who has raced, and who is about to, who come first."""
    entries = record.entered().filter(driver=OuterRef("pk"))
    raced = RaceResult.objects.filter(driver=OuterRef("pk"))
    drivers = Driver.objects.annotate(
        is_entered=Exists(entries), seat=Subquery(entries.values("team__slug")[:1])
    ).filter(Q(is_entered=True) | Exists(raced))
    if text:
        drivers = drivers.filter(
            Q(name__icontains=text) | Q(code__iexact=text) | parts.slug_has(text)
        )
    return drivers.annotate(
        first_year=Min("results__race__season_id"),
        last_year=Max("results__race__season_id"),
        n_starts=_races(status__in=STARTED),
        n_wins=_races(position=1),
        n_podiums=_races(position__lte=3),
    ).order_by("-is_entered", F("last_year").desc(nulls_last=True), "-n_starts", "slug")


def _races(**results: Any) -> Count:
    """Races with such a result; a driver of several cars in one counts once."""
    wanted = Q(**{f"results__{name}": value for name, value in results.items()})
    return Count("results__race_id", filter=wanted, distinct=True)


def _index_row(driver: Any, rated: RatingRow | None) -> DriverIndexRow:
    """In the colours of the team of this season, else of the last."""
    return DriverIndexRow(
        name=driver.name,
        slug=driver.slug,
        code=parts.code_of(driver),
        team_class=team_class(driver.seat or (rated.team_slug if rated else None)),
        rating=rated.rating if rated else None,
        nationality=driver.nationality,
        years=parts.years(driver.first_year, driver.last_year),
        n_starts=driver.n_starts,
        n_wins=driver.n_wins,
        n_podiums=driver.n_podiums,
    )


def _head(driver: Driver, career: Mapping[str, Any]) -> DriverHead:
    team = driver.current_team
    return DriverHead(
        name=driver.name,
        slug=driver.slug,
        code=driver.code,
        number=parts.car_number(driver.permanent_number),
        nationality=driver.nationality,
        born_on=driver.born_on,
        died_on=driver.died_on,
        age=driver.age,
        team_name=team.name if team else "",
        team_slug=team.slug if team else "",
        team_class=team_class(team.slug if team else None),
        n_titles=statistics.titles(driver),
        **career,
    )


def _seasons(driver: Driver, results: QuerySet[RaceResult]) -> list[DriverSeason]:
    standings = statistics.final_standings(driver)
    rows: dict[int, DriverSeason] = {}
    for row in statistics.seasons_of(results, "team__name", "team__slug"):
        year = row["race__season_id"]
        place, points = standings.get(year, (None, row["points"]))
        before = rows.get(year)
        rows[year] = DriverSeason(
            year=year,
            team_name=f"{before.team_name}, {row['team__name']}"
            if before
            else row["team__name"],
            team_slug=before.team_slug if before else row["team__slug"],
            team_class=before.team_class if before else team_class(row["team__slug"]),
            n_starts=row["n_starts"] + (before.n_starts if before else 0),
            n_wins=row["n_wins"] + (before.n_wins if before else 0),
            n_podiums=row["n_podiums"] + (before.n_podiums if before else 0),
            n_poles=row["n_poles"] + (before.n_poles if before else 0),
            points=parts.whole(points),
            standing=str(place) if place else "",
        )
    return list(rows.values())


def _recent(driver: Driver, results: list[RaceResult]) -> list[PastResult]:
    races = [result.race_id for result in results]
    changes = RatingChange.objects.filter(driver=driver, kind="race", race_id__in=races)
    moved = {change.race_id: change.after - change.before for change in changes}
    chances = stored.win_chances(races)
    return [
        PastResult(
            label=parts.race_label(result.race),
            url=parts.race_url(result.race),
            date=result.race.starts_on,
            result=parts.result_cell(result),
            team_class=team_class(result.team.slug),
            grid_text=parts.grid_text(result),
            p_win=chances.get((result.race_id, driver.pk)),
            rating_change=moved.get(result.race_id),
        )
        for result in results
    ]


def _duels(driver: Driver) -> list[DuelRow]:
    """Against each team-mate in each team, what compares nothing left out."""
    found = [
        duel
        for duel in duels.by_mate(duels.meetings_of(driver.pk))
        if duel.race.n + duel.qualifying.n
    ]
    mates = Driver.objects.in_bulk({duel.mate_id for duel in found})
    teams = Team.objects.in_bulk({duel.team_id for duel in found})
    return [
        row_of(duel, driver, mates[duel.mate_id], teams[duel.team_id], Exclude.FAIR)
        for duel in found
    ]


def _circuit_ahead(driver: Driver) -> Circuit | None:
    """Where the next race is held, for who is entered in it."""
    race = record.next_race()
    is_entered = race and record.lineup(race).filter(driver=driver).exists()
    return race.circuit if race and is_entered else None


def _next_race(driver: Driver) -> NextRace | None:
    """What the newest forecast of the next race says of the driver."""
    found = next(iter(stored.next_predictions(driver=driver)), None)
    return parts.next_race(found) if found else None
