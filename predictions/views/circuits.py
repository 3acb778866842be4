"""Circuit pages: the list of all, and what races there have been like."""

from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from ingestion import statistics
from ingestion.models import Circuit, Race, RaceResult
from predictions.charts.matrix import grid_to_finish
from predictions.views import parts
from predictions.views.fragments import (
    HtmxHttpRequest,
    kept_by_version,
    render_page,
    render_part,
)
from predictions.views.paging import paged
from predictions.views.presenters.entrants import (
    CircuitHead,
    CircuitIndexRow,
    Layout,
    NextRace,
    PastWinner,
)
from predictions.views.presenters.frame import Kpi

FIELD = 20  # slots and places of the grid-to-finish matrix
MODERN = 2010  # grids before had other sizes and other cars


@require_safe
@kept_by_version
def circuit_list(request: HtmxHttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    page, pager = paged(request, _matching(query))
    context = {
        "rows": [_index_row(circuit) for circuit in page],
        "pager": pager,
        "query": query,
    }
    return render_part(request, "circuit_list", "circuit_index", context)


@require_safe
@kept_by_version
def circuit_detail(request: HtmxHttpRequest, slug: str) -> HttpResponse:
    circuit = get_object_or_404(Circuit, slug=slug)
    held = circuit.races.held()
    modern = held.filter(season_id__gte=MODERN)
    pairs = statistics.grid_and_finish(modern)
    context = {
        "circuit": _head(circuit, held),
        "layouts": _layouts(circuit),
        "winners": _winners(held),
        "kpis": _kpis(held, pairs, n_modern=modern.count()),
        "matrix": grid_to_finish(pairs, FIELD),
        "matrix_label": f"{modern.count()} races since {MODERN}",
        "next_race": _next_race(circuit),
    }
    return render_page(request, "circuit_detail", context)


def _matching(text: str) -> QuerySet[Circuit]:
    circuits = Circuit.objects.all()
    if text:
        circuits = circuits.filter(
            parts.slug_has(text)
            | Q(name__icontains=text)
            | Q(place__icontains=text)
            | Q(country__icontains=text)
        )
    held = Q(races__status=Race.Status.COMPLETED)
    return circuits.annotate(
        n_races=Count("races", filter=held),
        first_year=Min("races__season_id"),
        last_year=Max("races__season_id"),
    ).order_by(F("last_year").desc(nulls_last=True), "-n_races", "slug")


def _index_row(circuit: Any) -> CircuitIndexRow:
    return CircuitIndexRow(
        name=circuit.name,
        slug=circuit.slug,
        place=circuit.place,
        country=circuit.country,
        type_label=circuit.get_kind_display().capitalize(),
        length_km=_float(circuit.length_km),
        n_races=circuit.n_races,
        years=parts.years(circuit.first_year, circuit.last_year),
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


def _kpis(
    held: QuerySet[Race],
    pairs: list[tuple[int | None, int | None]],
    *,
    n_modern: int,
) -> list[Kpi]:
    """Pole-win rate and overtaking index, here and everywhere."""
    if not pairs:
        return []
    everywhere = statistics.grid_and_finish(
        Race.objects.held().filter(season_id__gte=MODERN)
    )
    n_poles = sum(grid == 1 for grid, _ in pairs)
    return [
        Kpi(
            label="Wins from pole",
            figure=_share(pairs),
            note=f"{_share(everywhere)} everywhere; n = {n_poles} since {MODERN}",
        ),
        Kpi(
            label="Places moved",
            figure=f"{_moved(pairs):.1f}",
            note=f"{_moved(everywhere):.1f} everywhere, mean of classified cars;"
            f" n = {n_modern} races",
        ),
    ]


def _share(pairs: list[tuple[int | None, int | None]]) -> str:
    poles = [place == 1 for grid, place in pairs if grid == 1]
    return f"{100 * sum(poles) / len(poles):.0f}\u202f%" if poles else "–"


def _moved(pairs: list[tuple[int | None, int | None]]) -> float:
    """Mean distance between grid slot and place of those classified."""
    moves = [abs(grid - place) for grid, place in pairs if grid and place]
    return sum(moves) / len(moves) if moves else 0.0


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
