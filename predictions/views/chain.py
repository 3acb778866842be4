"""The chain of team-mates that links two drivers, and what it is worth."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from f1site.base import clock
from ingestion.models import Driver, RaceResult, Team
from predictions.charts import words
from predictions.views import choosing, parts
from predictions.views.choosing import Chosen
from predictions.views.downloads import addresses, table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice, Lead, LeadPart
from predictions.views.presenters.mates import ChainLink, ChainSum
from ratings import links
from ratings.chains import Difference
from ratings.links import Chain, Link
from ratings.strengths import started_before

#: Standard error from which a chain is hardly worth a word, Elo points.
LOOSE = 140.0
COLUMNS = (
    "driver",
    "mate",
    "teams",
    "years",
    "qualifying",
    "race",
    "won",
    "compared",
    "strength",
    "reach_95",
    "points",
)


@require_safe
@kept_by_version("from", "to")
def ratings_chain(request: HtmxHttpRequest) -> HttpResponse:
    """A bad name is told in its box."""
    start, goal = _asked(request)
    chain = None
    if start.driver and goal.driver:
        chain = links.chain_between(start.driver.pk, goal.driver.pk)
    context: dict[str, Any] = {
        "start": start,
        "goal": goal,
        "is_asked": bool(start.driver and goal.driver),
        "chain": chain,
        "rows": _rows(chain) if chain else [],
        "sum": _sum(chain) if chain and chain.links else None,
        "lead": _lead(start, goal, chain),
        "files": addresses("ratings-chain", **_ends_of(start.slug, goal.slug)),
        "turned_url": f"?{_query(goal.slug, start.slug)}",
    }
    if not context["is_asked"]:
        context["example"] = _example()
    if not request.htmx or request.htmx.history_restore_request:
        context["driver_names"] = choosing.names()
    return render_part(request, "ratings_chain", "chain", context)


@require_safe
def chain_table(request: HttpRequest, form: str) -> HttpResponse:
    """The links that are shown, and below them what they add up to."""
    start, goal = _asked(request)
    chain = None
    if start.driver and goal.driver:
        chain = links.chain_between(start.driver.pk, goal.driver.pk)
    if chain is None or not chain.links:
        raise Http404("No chain of team-mates links these two.")
    rows = [*map(_line, _rows(chain)), _last_line(start.slug, goal.slug, chain)]
    return table_file(form, f"chain-{start.slug}-{goal.slug}", COLUMNS, rows)


def _asked(request: HttpRequest) -> tuple[Chosen, Chosen]:
    start, goal = (choosing.choose(request.GET.get(k, "")) for k in ("from", "to"))
    return start, goal


def _query(start: str, goal: str) -> str:
    return urlencode(_ends_of(start, goal))


def _ends_of(start: str, goal: str) -> dict[str, str]:
    return {"from": start, "to": goal}


def _example() -> Choice | None:
    """From the first winner of the record to the newest by the site's clock."""
    known = RaceResult.objects.filter(started_before(clock.now()), position=1)
    won = known.select_related("driver")
    first, last = _end(won, "race__starts_on"), _end(won, "-race__starts_on")
    if first is None or last is None or first == last:
        return None
    return Choice(
        label=f"{first.name} to {last.name}", url=f"?{_query(first.slug, last.slug)}"
    )


def _end(won: QuerySet[RaceResult], order: str) -> Driver | None:
    row = won.order_by(order, "display_order").first()
    return row.driver if row else None


def _rows(chain: Chain) -> list[ChainLink]:
    """Two queries."""
    drivers = Driver.objects.in_bulk(
        {key for link in chain.links for key in (link.driver_id, link.mate_id)}
    )
    teams = Team.objects.in_bulk({key for link in chain.links for key in link.team_ids})
    return [
        _row(
            link,
            drivers[link.driver_id],
            drivers[link.mate_id],
            [teams[key] for key in link.team_ids],
        )
        for link in chain.links
    ]


def _row(link: Link, driver: Driver, mate: Driver, teams: list[Team]) -> ChainLink:
    low, high = link.difference.interval
    who = urlencode({"driver": driver.slug, "mate": mate.slug})
    return ChainLink(
        driver=parts.named_driver(driver, teams[0]),
        mate=parts.named_driver(mate, teams[0]),
        url=f"{reverse('ratings-duels')}?{who}",
        teams=", ".join(team.name for team in teams),
        years=parts.years(link.first_year, link.last_year),
        n_race=link.n_race,
        n_qualifying=link.n_qualifying,
        won=link.won,
        n=link.n,
        points=link.difference.points,
        reach=(high - low) / 2,
        strength=link.difference.strength,
    )


def _line(row: ChainLink) -> Iterable[Any]:
    return (
        row.driver.slug,
        row.mate.slug,
        row.teams,
        row.years,
        row.n_qualifying,
        row.n_race,
        row.won,
        row.n,
        row.strength,
        row.reach,
        row.points,
    )


def _last_line(start: str, goal: str, chain: Chain) -> Iterable[Any]:
    found = _sum(chain)
    unknown = [""] * (len(COLUMNS) - 5)
    return (start, goal, *unknown, found.strength, found.reach, found.points)


def _sum(chain: Chain) -> ChainSum:
    found = chain.difference
    low, high = found.interval
    return ChainSum(
        points=found.points,
        low=low,
        high=high,
        reach=(high - low) / 2,
        strength=found.strength,
        warning=_warning(found),
    )


def _warning(found: Difference) -> str:
    """What the difference must not be taken for; empty for a strong chain."""
    if not found.is_sure:
        return "The interval holds 0: this chain does not say who was better."
    if found.error > LOOSE:
        return "The direction may be right, the size is hardly known."
    return ""


def _lead(start: Chosen, goal: Chosen, chain: Chain | None) -> Lead | None:
    if chain is None or not chain.links or not (start.driver and goal.driver):
        return None
    found, n = chain.difference, len(chain.links)
    ahead, behind = start.driver.name, goal.driver.name
    if found.points < 0:
        ahead, behind = behind, ahead
    share = _share(abs(found.points))
    low, high = sorted(_share(end) for end in _ends(found))
    steps = "They were team-mates" if n == 1 else f"Through {n} pairs of team-mates"
    return Lead(
        parts=(
            LeadPart(text=f"{steps}: "),
            LeadPart(text=ahead, kind="name"),
            LeadPart(text=" would be ahead of "),
            LeadPart(text=behind, kind="name"),
            LeadPart(text=" in "),
            LeadPart(text=words.percent(share), kind="chance"),
            LeadPart(
                text=f" of meetings in equal cars; 95{words.THIN}% interval"
                f" {words.percent(low)} to {words.percent(high)}."
            ),
        )
    )


def _ends(found: Difference) -> tuple[float, float]:
    """The interval as seen by who is ahead."""
    low, high = found.interval
    return (low, high) if found.points >= 0 else (-high, -low)


def _share(points: float) -> float:
    """Of meetings won, by who is so many Elo points ahead."""
    return 1 / (1 + 10 ** (-points / 400))
