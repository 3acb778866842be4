"""The comparison of two to four drivers or teams."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion.models import Driver, Team
from predictions.charts import lines
from predictions.views import parts
from predictions.views.compare.asked import (
    FEWEST,
    KINDS,
    MOST,
    Asked,
    asked_for,
    known_names,
)
from predictions.views.compare.figures import (
    Figures,
    figures_of,
    file_rows,
    number_rows,
    season_rows,
)
from predictions.views.downloads import table_file
from predictions.views.duels import row_of
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.compare import Compared, CompareHead
from predictions.views.presenters.frame import Choice, Lead, LeadPart, Link
from predictions.views.presenters.mates import DuelRow
from ratings import duels
from ratings.meetings import Exclude
from ratings.queries import driver_ratings, team_ratings


@require_safe
@kept_by_version("of", "names", "add")
def compare(request: HtmxHttpRequest) -> HttpResponse:
    asked = asked_for(request.GET)
    if asked.is_added and not asked.troubles and not request.htmx:
        return HttpResponseRedirect(asked.url())
    found = figures_of(asked.subjects)
    is_enough = len(found) >= FEWEST
    context: dict[str, Any] = {
        "compare": _head(asked, found),
        "canonical": asked.url() if is_enough else "",
    }
    if is_enough:
        context |= {
            "lines": _lines(found),
            "numbers": number_rows(found),
            "seasons": season_rows(found),
            "duels": _duels(asked),
            "lead": _lead(found),
        }
    return render_part(request, "compare", "compare", context, push_url=asked.url())


@require_safe
def compare_table(request: HttpRequest, form: str) -> HttpResponse:
    """Numbers and seasons, a row for each, a column for each name."""
    asked = asked_for(request.GET)
    found = figures_of(asked.subjects)
    head = ["figure", *(each.subject.name for each in found)]
    name = "-".join(["compare", *asked.slugs])
    return table_file(form, name, head, file_rows(found))


def _head(asked: Asked, found: Sequence[Figures]) -> CompareHead:
    is_enough = len(found) >= FEWEST
    return CompareHead(
        of=asked.of,
        names=",".join(asked.slugs),
        kinds=[
            Choice(
                label=label,
                url=asked.url(of=of, subjects=asked.subjects if of == asked.of else ()),
                is_active=of == asked.of,
            )
            for of, label in KINDS.items()
        ],
        compared=[_compared(asked, each) for each in found],
        known=known_names(asked.of) if len(found) < MOST else [],
        troubles=asked.troubles,
        has_room=len(found) < MOST,
        title=_and([each.subject.name for each in found]) if is_enough else "",
        begin=None if found else _begin(asked),
        history_url=_history_url(asked) if is_enough else "",
        csv_url=asked.url("ratings-compare-csv") if is_enough else "",
        json_url=asked.url("ratings-compare-json") if is_enough else "",
        chain_url=_chain_url(asked),
    )


def _compared(asked: Asked, each: Figures) -> Compared:
    others = tuple(other for other in asked.subjects if other != each.subject)
    return Compared(
        code=each.code,
        name=each.subject.name,
        url=_page_of(each),
        remove_url=asked.url(subjects=others),
        team_class=each.team_class,
    )


def _page_of(each: Figures) -> str:
    kind = "driver" if isinstance(each.subject, Driver) else "team"
    return reverse(kind, args=[each.subject.slug])


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _begin(asked: Asked) -> Link | None:
    """The two that stand highest now."""
    rated = driver_ratings() if asked.of == "drivers" else team_ratings()
    if len(rated) < FEWEST:
        return None
    slugs = ",".join(row.slug for row in rated[:FEWEST])
    query = urlencode({"of": asked.of, "names": slugs}).replace("%2C", ",")
    return Link(
        label=_and([row.name for row in rated[:FEWEST]]),
        url=f"{reverse('ratings-compare')}?{query}",
    )


def _history_url(asked: Asked) -> str:
    kind = asked.of.removesuffix("s")
    query = urlencode({"kind": kind, "names": ",".join(asked.slugs)})
    return f"{reverse('ratings-history')}?{query.replace('%2C', ',')}"


def _chain_url(asked: Asked) -> str:
    if asked.of != "drivers" or len(asked.subjects) != FEWEST:
        return ""
    first, second = asked.slugs
    return f"{reverse('ratings-chain')}?{urlencode({'from': first, 'to': second})}"


def _lines(found: Iterable[Figures]) -> list[lines.Series]:
    """A line each; of one colour the second is dashed, more are dotted."""
    of_class = Counter[str]()
    series = []
    for each in found:
        of_class[each.team_class] += 1
        series.append(
            lines.Series(
                label=each.code,
                name=each.subject.name,
                points=[
                    lines.Point(
                        on=change.race.starts_on,
                        rating=change.after,
                        race=parts.race_label(change.race),
                        url=parts.race_url(change.race),
                    )
                    for change in each.history
                ],
                url=_page_of(each),
                team_class=each.team_class,
                is_second_car=of_class[each.team_class] == 2,
                is_third_car=of_class[each.team_class] > 2,
            )
        )
    return [line for line in series if len(line.points) > 1]


def _duels(asked: Asked) -> list[DuelRow]:
    """Of those who shared a team, in each; five queries for all drivers but one."""
    people = {who.pk: who for who in asked.subjects if isinstance(who, Driver)}
    order = list(people)
    found = [
        duel
        for n, driver in enumerate(order[:-1])
        for duel in duels.by_mate(duels.meetings_of(driver))
        if duel.mate_id in order[n + 1 :] and duel.race.n + duel.qualifying.n
    ]
    teams = Team.objects.in_bulk({duel.team_id for duel in found})
    return [
        row_of(
            duel,
            people[duel.driver_id],
            people[duel.mate_id],
            teams[duel.team_id],
            Exclude.FAIR,
        )
        for duel in found
    ]


def _lead(found: Sequence[Figures]) -> Lead | None:
    """Who stood highest, and by how much."""
    rated = [(each, peak) for each in found if (peak := each.peak)]
    if len(rated) < FEWEST:
        return None
    rated.sort(key=lambda pair: -pair[1].after)
    (first, high), (second, low) = rated[:2]
    return Lead(
        parts=(
            LeadPart(text=first.subject.name, kind="name"),
            LeadPart(text=f" stood highest: {high.after:.0f} after the "),
            LeadPart(text=f"{parts.race_label(high.race)}, "),
            LeadPart(text=f"{second.subject.name} {low.after:.0f} at the best."),
        )
    )
