"""The list of all drivers since the record begins: peaks, with how sure they are."""

from math import hypot
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion.queries import record_since
from predictions.charts import ranges
from predictions.charts.colours import team_class
from predictions.views import parts
from predictions.views.downloads import addresses, table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.paging import paged
from predictions.views.presenters.frame import Choice, Lead, LeadPart
from predictions.views.presenters.season import AllTimeRow
from ratings.meetings import Z95
from ratings.models import DriverRanking

#: What the list can be ordered by: label, figure, its deviation, and in which race.
ORDERS = {
    "three-year": (
        "Best three years",
        "three_year_peak",
        "three_year_deviation",
        "three_year_race",
    ),
    "peak": ("Peak", "peak", "peak_deviation", "peak_race"),
    "now": ("Last rating", "rating", "deviation", "as_of_race"),
}
COLUMNS = (
    "rank",
    "driver",
    "name",
    "code",
    "first_season",
    "last_season",
    "rating",
    "deviation",
    "reached_season",
    "reached_round",
    "starts",
    "wins",
    "podiums",
)


@require_safe
@kept_by_version("order", "q", "page")
def all_time(request: HtmxHttpRequest) -> HttpResponse:
    """A bad choice falls back to the best three years."""
    order, query = _asked(request)
    ranked = _ranked(order)
    places = _places(ranked)
    page, pager = paged(request, _matching(ranked, query))
    rows = [_row(row, places[row.pk], order) for row in page]
    context: dict[str, Any] = {
        "rows": rows,
        "pager": pager,
        "query": query,
        "order": order,
        "figure": ORDERS[order][0],
        "orders": _choices(order, query),
        "lead": _lead(ranked, order),
        "span": _span(rows),
        "files": addresses("ratings-all-time", order=order, q=query),
    }
    return render_part(request, "all_time", "all_time_table", context)


@require_safe
def all_time_table(request: HttpRequest, form: str) -> HttpResponse:
    """The list that is shown, with all of its pages."""
    order, query = _asked(request)
    ranked = _ranked(order)
    places = _places(ranked)
    rows = ([places[row.pk], *_line(row, order)] for row in _matching(ranked, query))
    since = record_since()
    return table_file(form, f"all-time-{order}", COLUMNS, rows, record_since=since)


def _asked(request: HttpRequest) -> tuple[str, str]:
    """The order, and part of a name."""
    order = request.GET.get("order", "")
    return (
        order if order in ORDERS else "three-year",
        request.GET.get("q", "").strip(),
    )


def _places(ranked: QuerySet[DriverRanking]) -> dict[int, int]:
    """Place of a row in the whole list, whichever part of it is shown."""
    return {pk: n for n, pk in enumerate(ranked.values_list("pk", flat=True), 1)}


def _line(row: DriverRanking, order: str) -> tuple[Any, ...]:
    _, figure, deviation, race = ORDERS[order]
    reached = getattr(row, race)
    return (
        row.slug,
        row.name,
        row.code,
        row.first_season,
        row.latest_season,
        getattr(row, figure),
        getattr(row, deviation),
        reached.season_id,
        reached.round,
        row.starts,
        row.wins,
        row.podiums,
    )


def _ranked(order: str) -> QuerySet[DriverRanking]:
    _, figure, _, race = ORDERS[order]
    rows = DriverRanking.objects.filter(**{f"{figure}__isnull": False})
    return rows.order_by(F(figure).desc(), "slug").select_related(race)


def _matching(rows: QuerySet[DriverRanking], query: str) -> QuerySet[DriverRanking]:
    if not query:
        return rows
    return rows.filter(Q(name__icontains=query) | Q(slug__icontains=query))


def _span(rows: list[AllTimeRow]) -> ranges.Span:
    """What the axis of the page has room for."""
    low = min((row.rating - row.error for row in rows), default=1500.0)
    high = max((row.rating + row.error for row in rows), default=1500.0)
    return ranges.Span.around(low, high)


def _row(row: DriverRanking, place: int, order: str) -> AllTimeRow:
    _, figure, deviation, race = ORDERS[order]
    reached = getattr(row, race)
    return AllTimeRow(
        rank=place,
        name=row.name,
        url=reverse("driver", args=[row.slug]),
        code=row.code,
        team_class=team_class(row.team_slug),
        years=parts.years(row.first_season, row.latest_season),
        rating=getattr(row, figure),
        error=Z95 * getattr(row, deviation),
        reached=parts.race_label(reached) if order != "now" else "",
        reached_url=parts.race_url(reached) if order != "now" else "",
        n_starts=row.starts,
        n_wins=row.wins,
        n_podiums=row.podiums,
    )


def _choices(order: str, query: str) -> list[Choice]:
    def url(name: str) -> str:
        keep = {"q": query} if query else {}
        return f"{reverse('ratings-all-time')}?{urlencode({'order': name, **keep})}"

    return [
        Choice(label=label, url=url(name), is_active=name == order)
        for name, (label, *_) in ORDERS.items()
    ]


def _lead(rows: QuerySet[DriverRanking], order: str) -> Lead | None:
    """Who is first, and whether the second is told apart from him."""
    _, figure, deviation, _ = ORDERS[order]
    best = list(rows[:2])
    if len(best) < 2:
        return None
    first, second = best
    gap = getattr(first, figure) - getattr(second, figure)
    doubt = Z95 * hypot(*(getattr(row, deviation) for row in best))
    verdict = (
        "more than chance explains"
        if gap > doubt
        else "which is within their error bars: nobody can tell who was better"
    )
    return Lead(
        parts=(
            LeadPart(text=first.name, kind="name"),
            LeadPart(text=f" stands {gap:.0f} points above {second.name}, {verdict}."),
        )
    )
