"""Circuit pages: the list of all, and what races there have been like."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion import queries as record
from ingestion import statistics
from ingestion.circuit_names import called
from ingestion.models import Circuit, Race, RaceResult, WeatherData
from ingestion.statistics import MODERN, GridFigures
from predictions.charts import words
from predictions.charts.matrix import column_labels, grid_to_finish
from predictions.views import parts, sorting
from predictions.views.downloads import addresses, table_file
from predictions.views.eras import Era, Eras, asked_era
from predictions.views.fragments import (
    HtmxHttpRequest,
    is_swap,
    kept_by_version,
    render_part,
)
from predictions.views.paging import paged
from predictions.views.presenters.careers import PastWeather
from predictions.views.presenters.entrants import (
    CircuitHead,
    CircuitIndexRow,
    Layout,
    NextRace,
    PastWinner,
)
from predictions.views.presenters.frame import Choice, Kpi
from predictions.views.weather import figure

SORT_LABELS = {
    "name": "Circuit",
    "length": "Length",
    "races": "Races",
    "pole": "Won from pole",
    "moved": "Places moved",
}
SORTS: dict[str, Callable[[CircuitIndexRow], Any]] = {
    "name": lambda row: row.slug,
    "length": lambda row: row.length_km or 0,
    "races": lambda row: row.n_races,
    "pole": lambda row: (-1 if row.pole_wins is None else row.pole_wins, row.n_poles),
    "moved": lambda row: row.moved or 0,
}
#: Of the list as a file: head of a column, and what a row of the list calls it.
COLUMNS = {
    "circuit": "slug",
    "name": "name",
    "place": "place",
    "country": "country",
    "type": "type_label",
    "length_km": "length_km",
    "first_season": "first_year",
    "last_season": "last_year",
    "from_pole": "pole_wins",
    "poles": "n_poles",
    "places_moved": "moved",
    "races": "n_races",
}
FIELD = 20  # slots and places of the grid-to-finish matrix
RACE_COLUMNS = (
    "season",
    "race",
    "winner",
    "team",
    "from",
    "pole",
    "air",
    "rain",
    "condition",
    "impact",
)


@require_safe
@kept_by_version("q", "kind", "sort")
def circuit_list(request: HtmxHttpRequest) -> HttpResponse:
    query, kind, order = _asked(request)
    page, pager = paged(request, _listed(query, kind, order))
    context = {
        "rows": page.object_list,
        "pager": pager,
        "query": query,
        "kind": kind,
        "kinds": _kinds(request, kind),
        "sort": order,
        "files": addresses("circuits", q=query, kind=kind, sort=order),
        "columns": sorting.columns(request, SORT_LABELS),
        "since": MODERN,
    }
    return render_part(request, "circuit_list", "circuit_index", context)


@require_safe
def circuit_table(request: HttpRequest, form: str) -> HttpResponse:
    """The list that is shown, with all of its pages."""
    rows = map(attrgetter(*COLUMNS.values()), _listed(*_asked(request)))
    return table_file(form, "circuits", COLUMNS, rows)


def _asked(request: HttpRequest) -> tuple[str, str, str]:
    """Part of a name, the kind of circuit, and the order."""
    kind = request.GET.get("kind", "")
    return (
        request.GET.get("q", "").strip(),
        kind if kind in Circuit.Kind else "",
        sorting.asked_order(request, SORTS),
    )


def _listed(query: str, kind: str, order: str) -> list[CircuitIndexRow]:
    circuits = list(_matching(query, kind))
    figures = statistics.recent_grid_figures([circuit.pk for circuit in circuits])
    rows = [_index_row(circuit, figures.get(circuit.pk)) for circuit in circuits]
    if order:
        rows.sort(key=SORTS[order], reverse=order != "name")
    return rows


def _kinds(request: HttpRequest, kind: str) -> list[Choice]:
    """All circuits, or those of one kind; what else was asked for is kept."""
    keep = {key: request.GET[key] for key in ("q", "sort") if request.GET.get(key)}
    kinds = [
        ("", "All"),
        *((each.value, each.label.capitalize()) for each in Circuit.Kind),
    ]
    return [
        Choice(
            label=label,
            url=f"{request.path}?{urlencode({**keep, 'kind': value})}",
            is_active=value == kind,
        )
        for value, label in kinds
    ]


@require_safe
@kept_by_version("era")
def circuit_detail(request: HtmxHttpRequest, slug: str) -> HttpResponse:
    circuit = get_object_or_404(Circuit, slug=slug)
    held = circuit.races.held()
    asked = _asked_era(request, held)
    context = _of_era(asked, held) | {"files": _files(circuit, asked.era)}
    if not is_swap(request):
        context["circuit"] = _head(circuit, held)
        context["layouts"] = _layouts(circuit)
        context["next_race"] = _next_race(circuit)
    return render_part(request, "circuit_detail", "circuit_body", context)


@require_safe
def circuit_races(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Winners, pole-sitters and weather of an era, a line for each race."""
    held = get_object_or_404(Circuit, slug=slug).races.held()
    races = _asked_era(request, held).era.of(held)
    weather = {row.url: row for row in _weather(races)}
    rows = [
        [
            past.year,
            past.label,
            past.winner.slug,
            past.team_name,
            past.grid_text,
            past.pole.slug if past.pole else "",
            *(
                (sky.air, sky.rain, sky.condition, sky.impact)
                if (sky := weather.get(past.url))
                else ("", "", "", "")
            ),
        ]
        for past in _winners(races)
    ]
    return table_file(form, f"{slug}-races", RACE_COLUMNS, rows)


@require_safe
def circuit_slots(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Where the slots of the grid finished in an era, a line for each slot."""
    held = get_object_or_404(Circuit, slug=slug).races.held()
    races = _asked_era(request, held).era.of(held)
    matrix = grid_to_finish(statistics.grid_and_finish(races), FIELD)
    head = ["grid", "starts", *column_labels(FIELD)]
    rows = [[row.label, row.n, *row.counts] for row in matrix]
    return table_file(form, f"{slug}-slots", head, rows)


def _asked_era(request: HttpRequest, held: QuerySet[Race]) -> Eras:
    seasons = held.order_by().values_list("season_id", flat=True).distinct()
    return asked_era(request, set(seasons))


def _of_era(asked: Eras, held: QuerySet[Race]) -> dict[str, Any]:
    """What the choice of an era changes."""
    races = asked.era.of(held)
    figures = statistics.grid_figures(races)
    return {
        "eras": asked,
        "kpis": _kpis(figures, asked.era) if figures.n_races else [],
        "matrix": grid_to_finish(statistics.grid_and_finish(races), FIELD),
        "n_races": figures.n_races,
        "winners": _winners(races),
        "weather": _weather(races),
    }


def _files(circuit: Circuit, era: Era) -> dict[str, str]:
    """Addresses of what is shown as files, by table and form."""
    return {
        f"{table}_{form}": reverse(f"circuit-{table}-{form}", args=[circuit.slug])
        + f"?era={era.key}"
        for table in ("races", "slots")
        for form in ("csv", "json")
    }


def _matching(text: str, kind: str) -> QuerySet[Circuit]:
    circuits = Circuit.objects.filter(kind=kind) if kind else Circuit.objects.all()
    if text:
        circuits = circuits.filter(
            parts.slug_has(text)
            | Q(name__icontains=text)
            | Q(full_name__icontains=text)
            | Q(slug__in=called(text))
            | Q(place__icontains=text)
            | Q(country__icontains=text)
        )
    held = Q(races__status=Race.Status.COMPLETED)
    return circuits.annotate(
        n_races=Count("races", filter=held),
        first_year=Min("races__season_id"),
        last_year=Max("races__season_id"),
    ).order_by(F("last_year").desc(nulls_last=True), "-n_races", "slug")


def _index_row(circuit: Any, figures: GridFigures | None) -> CircuitIndexRow:
    return CircuitIndexRow(
        name=circuit.name,
        slug=circuit.slug,
        place=circuit.place,
        country=circuit.country,
        type_label=circuit.get_kind_display().capitalize(),
        length_km=_float(circuit.length_km),
        n_races=circuit.n_races,
        first_year=circuit.first_year,
        last_year=circuit.last_year,
        years=parts.years(circuit.first_year, circuit.last_year),
        pole_wins=figures.pole_wins if figures else None,
        n_poles=figures.n_poles if figures else 0,
        moved=figures.moved if figures else None,
    )


def _head(circuit: Circuit, held: QuerySet[Race]) -> CircuitHead:
    counts = held.aggregate(
        n_races=Count("id"), first_year=Min("season_id"), last_year=Max("season_id")
    )
    return CircuitHead(
        name=circuit.name,
        slug=circuit.slug,
        place=circuit.place,
        country=circuit.country,
        full_name=circuit.full_name,
        type_label=f"{circuit.get_kind_display().capitalize()} circuit",
        direction="clockwise" if circuit.is_clockwise else "anti-clockwise",
        length_km=_float(circuit.length_km),
        n_turns=circuit.turns,
        **counts,
    )


def _layouts(circuit: Circuit) -> list[Layout]:
    rows = circuit.layouts.annotate(
        n_races=Count("race", filter=Q(race__status=Race.Status.COMPLETED)),
        first_year=Min("race__season_id"),
        last_year=Max("race__season_id"),
    ).filter(n_races__gt=0)
    return [
        Layout(
            label=f"{row.length_km} km",
            length_km=_float(row.length_km),
            n_turns=row.turns,
            years=parts.years(row.first_year, row.last_year),
            n_races=row.n_races,
        )
        for row in rows.order_by("-last_year", "-first_year")
    ]


def _winners(held: QuerySet[Race]) -> list[PastWinner]:
    """Winners and pole-sitters, the newest first. One query."""
    rows = (
        RaceResult.objects.filter(Q(position=1) | Q(has_pole=True), race__in=held)
        .select_related("race", "driver", "team")
        .order_by("-race__starts_on", "display_order")
    )
    races: dict[int, list[RaceResult]] = {}
    for row in rows:
        races.setdefault(row.race_id, []).append(row)
    return [winner for rows in races.values() if (winner := _winner(rows))]


def _winner(rows: list[RaceResult]) -> PastWinner | None:
    won = next((row for row in rows if row.position == 1), None)
    if won is None:
        return None
    pole = next((row for row in rows if row.has_pole), None)
    return PastWinner(
        label=parts.race_label(won.race),
        year=won.race.season_id,
        url=parts.race_url(won.race),
        winner=parts.named_driver(won.driver, won.team),
        team_name=won.team.name,
        grid_text=parts.grid_text(won),
        pole=parts.named_driver(pole.driver, pole.team) if pole else None,
    )


def _kpis(figures: GridFigures, era: Era) -> list[Kpi]:
    """Pole-win rate and overtaking index, here and everywhere in those years."""
    everywhere = statistics.grid_figures(era.of(Race.objects.held()))
    return [
        Kpi(
            label="Wins from pole",
            figure=_share(figures.pole_wins),
            note=f"{_share(everywhere.pole_wins)} everywhere; n = {figures.n_poles},"
            f" {era.words}",
        ),
        Kpi(
            label="Places moved",
            figure=_mean(figures.moved),
            note=f"{_mean(everywhere.moved)} everywhere, mean of classified cars;"
            f" n = {figures.n_races} races",
        ),
    ]


def _share(share: float | None) -> str:
    return words.DASH if share is None else f"{100 * share:.0f}{words.THIN}%"


def _mean(places: float | None) -> str:
    return words.DASH if places is None else f"{places:.1f}"


def _weather(races: QuerySet[Race]) -> list[PastWeather]:
    """What was observed during these races, the newest first. Two queries."""
    held = list(races.order_by("-starts_on"))
    known = record.observed_weather([race.pk for race in held])
    return [_past_weather(race, known[race.pk]) for race in held if race.pk in known]


def _past_weather(race: Race, sky: WeatherData) -> PastWeather:
    return PastWeather(
        label=parts.race_label(race),
        url=parts.race_url(race),
        on=race.starts_on,
        air=figure(sky.air_temp_c, "°C"),
        rain=figure(sky.rain_mm, "mm", 1),
        condition=sky.get_condition_display(),
        impact=sky.weather_impact_score if sky.has_readings else None,
    )


def _next_race(circuit: Circuit) -> NextRace | None:
    race = circuit.races.open().first()
    if race is None:
        return None
    return NextRace(
        label=parts.race_label(race),
        url=parts.race_url(race),
        starts_at=race.starts_at,
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
