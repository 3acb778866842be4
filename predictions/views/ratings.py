"""The ratings table and its lines: now, or as of any date."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from f1site.base import clock
from ingestion.models import Race
from predictions.charts import lines, words
from predictions.charts.colours import team_class
from predictions.views import parts, rating_order
from predictions.views.downloads import addresses, table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice, Lead, LeadPart
from predictions.views.presenters.season import RatingRow, RatingsHead
from ratings import queries
from ratings.careers import letters
from ratings.models import RatingChange
from ratings.movement import key_of, ranks_ago

KINDS = {"driver": "Drivers", "team": "Teams"}
SESSIONS = {"race": "Race", "qualifying": "Qualifying"}
#: At most seven coloured lines can be told apart.
N_LINES = 7
N_SPARK = 20
LINE_YEARS = 15
#: Of the table as a file: head of a column, and what a row calls it.
COLUMNS = {
    "rank": "rank",
    "who": "slug",
    "name": "name",
    "code": "code",
    "team": "team_name",
    "moved": "rank_change",
    "rating": "rating",
    "last_race": "change",
    "deviation": "deviation",
    "provisional": "is_provisional",
    "peak": "peak",
    "races": "n_starts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose ratings, of which session, on which day, and in which order."""

    kind: str
    session: str
    as_of: date
    span: int  # races over which ranks are shown to have moved
    sort: str

    @property
    def until(self) -> datetime:
        return datetime.combine(self.as_of + timedelta(days=1), time(), UTC)

    def found(self) -> list[queries.RatingRow]:
        if self.kind == "driver":
            return queries.driver_ratings(self.until, self.session)
        return queries.team_ratings(self.until, self.session)

    def query(self, **choices: str) -> dict[str, str]:
        """What the address of the same says, with other choices."""
        query = {"kind": self.kind, "session": self.session, **choices}
        if self.as_of < clock.now().date():
            query["as_of"] = self.as_of.isoformat()
        if self.span != rating_order.SPAN:
            query["moved"] = str(self.span)
        return query


@require_safe
@kept_by_version("kind", "session", "as_of", "moved", "sort")
def ratings(request: HtmxHttpRequest) -> HttpResponse:
    """Bad choices fall back to drivers, races, today."""
    asked = _asked(request)
    found = asked.found()
    changes = _history(found, asked)
    context: dict[str, Any] = {
        "ratings": _head(asked, found),
        "rows": _ordered(found, changes, asked),
        "lines": _lines(found[:N_LINES], changes, kind=asked.kind),
        "lead": _lead(found),
        "files": addresses("ratings", **asked.query(sort=asked.sort)),
    }
    return render_part(request, "ratings", "ratings_table", context)


@require_safe
def ratings_field(request: HttpRequest, form: str) -> HttpResponse:
    """The table of the field that is shown, in its order."""
    asked = _asked(request)
    rows = _ordered(asked.found(), {}, asked)
    return table_file(
        form,
        f"ratings-{asked.kind}-{asked.session}-{asked.as_of}",
        COLUMNS,
        map(attrgetter(*COLUMNS.values()), rows),
        as_of=asked.as_of.isoformat(),
    )


def _asked(request: HttpRequest) -> Asked:
    return Asked(
        kind=_one_of(request.GET.get("kind", ""), KINDS, "driver"),
        session=_one_of(request.GET.get("session", ""), SESSIONS, "race"),
        as_of=_date(request.GET.get("as_of", "")),
        span=rating_order.asked_span(request.GET.get("moved", "")),
        sort=rating_order.asked_sort(request.GET.get("sort", "")),
    )


def _ordered(
    found: Sequence[queries.RatingRow],
    changes: Mapping[str, list[RatingChange]],
    asked: Asked,
) -> list[RatingRow]:
    before = ranks_ago(asked.kind, asked.session, asked.until, asked.span)
    return rating_order.ordered(_rows(found, changes, before, asked.kind), asked.sort)


def _one_of(asked: str, known: dict[str, str], default: str) -> str:
    return asked if asked in known else default


def _date(text: str) -> date:
    """The day asked for, today at the latest."""
    today = clock.now().date()
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


def _history(
    found: Sequence[queries.RatingRow], asked: Asked
) -> dict[str, list[RatingChange]]:
    """Subject: what moved its rating in the years that the lines show."""
    until = asked.as_of
    since = date(max(1, until.year - LINE_YEARS), 1, 1)
    changes = RatingChange.objects.filter(
        kind=asked.session, race__starts_on__gte=since, race__starts_on__lte=until
    ).order_by("sequence")
    if asked.kind == "driver":
        changes = changes.filter(driver__slug__in=[row.slug for row in found])
    else:
        changes = changes.of_teams().filter(lineage__in=[row.lineage for row in found])
    by_subject: dict[str, list[RatingChange]] = defaultdict(list)
    for change in changes.select_related("race", "driver"):
        key = change.driver.slug if change.driver else change.lineage
        by_subject[key].append(change)
    return by_subject


def _head(asked: Asked, found: Sequence[queries.RatingRow]) -> RatingsHead:
    days = Race.objects.held().aggregate(first=Min("starts_on"), last=Max("starts_on"))
    newest = max((row.last_race_id for row in found), default=None)
    race = Race.objects.filter(pk=newest).first() if newest else None
    kind, session = asked.kind, asked.session

    def url(**choices: str) -> str:
        return f"{reverse('ratings')}?{urlencode(asked.query(**choices))}"

    return RatingsHead(
        kind=kind,
        session=session,
        as_of=asked.as_of,
        as_of_label=f"after the {parts.race_label(race)}" if race else "",
        first=days["first"] or asked.as_of,
        last=clock.now().date(),
        kinds=_choices(KINDS, kind, lambda name: url(kind=name)),
        sessions=_choices(SESSIONS, session, lambda name: url(session=name)),
        span=asked.span,
        spans=rating_order.SPANS,
        sort=asked.sort,
        columns=rating_order.columns(
            asked.sort, asked.span, kind.title(), lambda key: url(sort=key)
        ),
    )


def _choices(
    labels: dict[str, str], active: str, url: Callable[[str], str]
) -> list[Choice]:
    return [
        Choice(label=label, url=url(name), is_active=name == active)
        for name, label in labels.items()
    ]


def _rows(
    found: Sequence[queries.RatingRow],
    changes: Mapping[str, list[RatingChange]],
    before: dict[str, int],
    kind: str,
) -> list[RatingRow]:
    newest = max((row.last_race_id for row in found), default=0)
    teams: set[str] = set()
    rows = []
    for row in found:
        then = before.get(key_of(row, kind))
        rows.append(
            RatingRow(
                rank=row.rank,
                name=row.name,
                slug=row.slug,
                url=reverse(kind, args=[row.slug]),
                code=(row.code or row.name.split()[-1][:3].upper())
                if kind == "driver"
                else "",
                team_class=team_class(row.team_slug),
                team_name=row.team_name,
                rating=row.rating,
                change=row.change if row.last_race_id == newest else None,
                rank_change=then - row.rank if then else None,
                is_new=bool(before) and not then,
                deviation=row.deviation,
                is_provisional=row.is_provisional,
                n_starts=row.n_races,
                spark=[c.after for c in changes.get(key_of(row, kind), [])[-N_SPARK:]],
                peak=row.peak,
                is_second_car=row.team_slug in teams,
            )
        )
        teams.add(row.team_slug)
    return rows


def _lines(
    found: Sequence[queries.RatingRow],
    changes: dict[str, list[RatingChange]],
    *,
    kind: str,
) -> list[lines.Series]:
    teams: set[str] = set()
    series = []
    for row in found:
        series.append(
            lines.Series(
                label=(row.code or row.name) if kind == "driver" else letters(row.slug),
                name=row.name,
                points=[_point(change) for change in changes[key_of(row, kind)]],
                url=reverse(kind, args=[row.slug]),
                team_class=team_class(row.team_slug),
                is_second_car=row.team_slug in teams,
            )
        )
        teams.add(row.team_slug)
    return series


def _point(change: RatingChange) -> lines.Point:
    return lines.Point(
        on=change.race.starts_on,
        rating=change.after,
        reading=f"{parts.race_label(change.race)}: {change.after:.0f}",
        url=parts.race_url(change.race),
    )


def _lead(found: Sequence[queries.RatingRow]) -> Lead | None:
    """Who leads, by how much, and what that lead is worth."""
    if len(found) < 2:
        return None
    first, second = found[0], found[1]
    gap = first.rating - second.rating
    share = 1 / (1 + 10 ** (-gap / 400))
    return Lead(
        parts=(
            LeadPart(text=first.name, kind="name"),
            LeadPart(text=f" leads {second.name} by {gap:.0f} points: worth "),
            LeadPart(text=words.percent(share), kind="chance"),
            LeadPart(text=" of the races that both finish, all else being equal."),
        )
    )
