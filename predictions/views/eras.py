"""Eras of the engine formula as a filter of races, from the address of a page."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from ingestion.models import Race
from ingestion.statistics import MODERN
from predictions.charts.series import ENGINE_ERAS
from predictions.views import parts
from predictions.views.presenters.frame import Choice

ALL, LATELY = "all", "lately"


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """Seasons from ``first`` to ``last``; ``key`` stands in addresses."""

    key: str
    label: str
    words: str  # "2014–2021", "since 2010"
    first: int
    last: int

    def of(self, races: QuerySet[Race]) -> QuerySet[Race]:
        """Those of these races that were held in it."""
        return races.filter(season_id__gte=self.first, season_id__lte=self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eras:
    """The era that is asked for, the links to all, what was wrong with the address."""

    era: Era
    choices: list[Choice]
    trouble: str = ""


def asked_era(request: HttpRequest, seasons: Collection[int]) -> Eras:
    """The era of the address among those with one of the seasons.

    Recent seasons unless told; all of them where there are no recent ones.
    """
    known = {era.key: era for era in _eras(seasons)}
    default = LATELY if LATELY in known else ALL
    asked = request.GET.get("era") or default
    era = known.get(asked, known[default])
    return Eras(
        era=era,
        choices=[
            Choice(
                label=each.label,
                url=f"{request.path}?{urlencode({'era': each.key})}",
                is_active=each is era,
            )
            for each in known.values()
        ],
        trouble=""
        if asked in known
        else f"No race here in an era “{asked[:20]}”: this is {era.words}.",
    )


def _eras(seasons: Collection[int]) -> list[Era]:
    """Lately, the engine formulas from the newest to the oldest, all."""
    first, last = min(seasons, default=MODERN), max(seasons, default=MODERN)
    eras = []
    if last >= MODERN and seasons:
        label = f"Since {MODERN}"
        words = label.lower()
        eras.append(Era(key=LATELY, label=label, words=words, first=MODERN, last=last))
    for band in reversed(ENGINE_ERAS):
        start, end = band.start.year, band.end.year - 1
        if any(start <= season <= end for season in seasons):
            words = parts.years(start, end)
            label = f"{band.label}, {words}"
            eras.append(
                Era(key=str(start), label=label, words=words, first=start, last=end)
            )
    words = f"all years since {first}"
    return [*eras, Era(key=ALL, label="All years", words=words, first=first, last=last)]
