"""The most surprising winners, by the information in the result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ingestion.models import RaceResult, ResultStatus
from predictions.charts import words
from predictions.views import parts
from predictions.views.downloads import FORMS, table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice, Kpi, Lead, LeadPart
from predictions.views.presenters.mates import SurpriseRow
from ratings import surprises
from ratings.surprises import Surprise

N_SHOWN = 50
#: Least starters that can be asked for; 0 is any field.
FIELDS = (0, 15, 20, 24)
COLUMNS = (
    "rank",
    "season",
    "round",
    "race",
    "position",
    "driver",
    "team",
    "chance",
    "bits",
    "place_by_rating",
    "rated",
    "favourite",
    "favourite_chance",
    "favourite_result",
    "note",
)
Results = Mapping[tuple[int, int], RaceResult]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which races; 0 is any."""

    decade: int
    season: int
    field: int
    places: int  # 1: winners, 3: podiums
    span: tuple[int, int]  # first and last season that is rated

    @property
    def seasons(self) -> tuple[int, int]:
        if self.season:
            return self.season, self.season
        if self.decade:
            return self.decade, self.decade + 9
        return self.span

    def found(self) -> list[Surprise]:
        """What is asked for, the most surprising first. Two queries."""
        return surprises.surprises(
            *self.seasons, least_starters=self.field, n_places=self.places or 1
        )

    def url(self, name: str = "ratings-surprises", **other: int) -> str:
        keys = {"decade": self.decade, "season": self.season, "field": self.field}
        keys["places"] = self.places
        query = urlencode({k: v for k, v in {**keys, **other}.items() if v})
        return f"{reverse(name)}{'?' if query else ''}{query}"


@require_safe
@kept_by_version("season", "decade", "field", "places")
def ratings_surprises(request: HtmxHttpRequest) -> HttpResponse:
    """Bad choices fall back to all races."""
    asked = _asked(request)
    found = asked.found()
    rows = _rows(found[:N_SHOWN])
    context: dict[str, Any] = {
        "rows": rows,
        "n": len(found),
        "lead": _lead(rows, asked),
        "kpis": _kpis(found, asked),
        "decades": _decades(asked),
        "seasons": _seasons(asked),
        "fields": _fields(asked),
        "placings": _placings(asked),
        "is_podium": bool(asked.places),
        "files": {form: asked.url(f"ratings-surprises-{form}") for form in FORMS},
    }
    return render_part(request, "ratings_surprises", "surprises", context)


@require_safe
def surprises_table(request: HttpRequest, form: str) -> HttpResponse:
    """The table that is shown, as a file."""
    asked = _asked(request)
    some = asked.found()[:N_SHOWN]
    results = surprises.results_in(some)
    lines = (_line(n, each, results) for n, each in enumerate(some, start=1))
    return table_file(form, "surprises", COLUMNS, lines)


def _asked(request: HttpRequest) -> Asked:
    first, last = surprises.span()
    season = _number(request.GET.get("season", ""), range(first, last + 1))
    decades = range(first // 10 * 10, last + 1, 10)
    decade = _number(request.GET.get("decade", ""), decades)
    return Asked(
        decade=season // 10 * 10 if season else decade,
        season=season,
        field=_number(request.GET.get("field", ""), FIELDS),
        places=_number(request.GET.get("places", ""), (0, surprises.PODIUM)),
        span=(first, last),
    )


def _number(text: str, known: Sequence[int]) -> int:
    return int(text) if text in {str(number) for number in known} else 0


def _rows(some: Sequence[Surprise]) -> list[SurpriseRow]:
    results = surprises.results_in(some)
    return [_row(n, each, results) for n, each in enumerate(some, start=1)]


def _row(rank: int, told: Surprise, results: Results) -> SurpriseRow:
    winners = [results[told.race_id, key] for key in told.winner_ids]
    favourite = results.get((told.race_id, told.favourite_id))
    race, team = winners[0].race, winners[0].team
    return SurpriseRow(
        rank=rank,
        label=parts.race_label(race),
        url=parts.race_url(race),
        position=told.position,
        winners=[parts.named_driver(row.driver, row.team) for row in winners],
        team_name=team.name,
        team_class=parts.named_driver(winners[0].driver, team).team_class,
        chance=_percent(told.chance),
        often=words.frequency(told.chance),
        bits=told.bits,
        even_bits=told.even_bits,
        place=told.rank,
        n_rated=told.n_rated,
        favourite=parts.named_driver(
            favourite.driver, favourite.team, told.favourite_chance
        )
        if favourite
        else None,
        became=_became(told, favourite),
        tag=_tag(told),
    )


def _percent(chance: float) -> str:
    """With two figures that say something, down to 0.01 %."""
    return words.percent(chance, 0 if chance >= 0.1 else 1 if chance >= 0.01 else 2)


def _became(told: Surprise, favourite: RaceResult | None) -> str:
    """What the race made of its favourite."""
    if favourite is None:
        return ""
    if favourite.position:
        return words.ordinal(favourite.position)
    why = favourite.reason.lower()
    short = parts.SHORT_STATUS[ResultStatus(favourite.status)]
    return f"out: {why}" if why else short


def _tag(told: Surprise) -> str:
    """Who had no rating of his own yet stood at the prior of all newcomers."""
    if told.is_newcomer and told.is_new_team:
        return "driver and team new"
    if told.is_newcomer:
        return "newcomer"
    return "new team" if told.is_new_team else ""


def _lead(rows: Sequence[SurpriseRow], asked: Asked) -> Lead | None:
    if not rows:
        return None
    top = rows[0]
    winners = " and ".join(winner.name for winner in top.winners)
    return Lead(
        parts=(
            LeadPart(text=winners, kind="name"),
            LeadPart(
                text=f" coming {words.ordinal(top.position)} in the {top.label} was"
                " the least expected: "
                if asked.places
                else f" winning the {top.label} was the least expected: "
            ),
            LeadPart(text=top.chance, kind="chance"),
            LeadPart(
                text=f" by the ratings before it, {top.often}, or {top.bits:.1f} bits."
            ),
        )
    )


def _kpis(found: Sequence[Surprise], asked: Asked) -> list[Kpi]:
    if not found:
        return []
    mean = sum(each.bits for each in found) / len(found)
    even = sum(each.even_bits for each in found) / len(found)
    hits = sum(each.rank == 1 for each in found)
    n_races = len({each.race_id for each in found})
    return [
        Kpi(
            label="Bits a podium place" if asked.places else "Bits a race",
            figure=f"{mean:.2f}",
            note=f"{even:.2f} if every starter had the same chance",
        ),
        Kpi(
            label="Favourite on the podium" if asked.places else "Won by the favourite",
            figure=f"{100 * hits / n_races:.0f}{words.THIN}%",
            note=f"{hits} of {n_races} races",
        ),
    ]


def _decades(asked: Asked) -> list[Choice]:
    first, last = asked.span
    decades = range(first // 10 * 10, last + 1, 10) if last else ()
    return [
        Choice(
            label=f"{decade}s" if decade else "All",
            url=asked.url(decade=decade, season=0),
            is_active=decade == asked.decade,
        )
        for decade in (0, *decades)
    ]


def _seasons(asked: Asked) -> list[Choice]:
    """The seasons of the decade that is chosen."""
    if not asked.decade:
        return []
    first, last = asked.span
    years = range(max(first, asked.decade), min(last, asked.decade + 9) + 1)
    return [
        Choice(
            label=str(year), url=asked.url(season=year), is_active=year == asked.season
        )
        for year in years
    ]


def _fields(asked: Asked) -> list[Choice]:
    return [
        Choice(
            label=f"{least} or more" if least else "Any",
            url=asked.url(field=least),
            is_active=least == asked.field,
        )
        for least in FIELDS
    ]


def _placings(asked: Asked) -> list[Choice]:
    return [
        Choice(
            label=label, url=asked.url(places=places), is_active=places == asked.places
        )
        for places, label in ((0, "Winners"), (surprises.PODIUM, "Podium places"))
    ]


def _line(rank: int, told: Surprise, results: Results) -> Iterable[Any]:
    row = _row(rank, told, results)
    race = results[told.race_id, told.winner_ids[0]].race
    return (
        rank,
        race.season_id,
        race.round,
        race.name,
        row.position,
        " ".join(winner.slug for winner in row.winners),
        row.team_name,
        told.chance,
        told.bits,
        told.rank,
        told.n_rated,
        row.favourite.slug if row.favourite else "",
        told.favourite_chance,
        row.became,
        row.tag,
    )
