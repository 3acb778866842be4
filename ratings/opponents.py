"""Whom ratings were compared with: who finished a race, and who crashed."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from ingestion.models import (
    QualifyingResult,
    RaceResult,
    ResultStatus,
    SessionKind,
)
from ratings.models import RatingKind
from ratings.rows import CRASH_WORDS, FINISHED_STATUS

PLACED = Q(position__isnull=False)
CRASHED = Q()
for _word in CRASH_WORDS:
    CRASHED |= Q(reason__icontains=_word)
CRASHED &= Q(status=ResultStatus.RETIRED)


class Opponents(NamedTuple):
    """Drivers of a race by what a comparison with them counts."""

    n_finished: int = 0  # in full
    n_crashed: int = 0  # a little


def opponents(kind: str, races: Collection[int]) -> dict[int, Opponents]:
    """How many drivers of each race finished and crashed; of qualifying, how many
    got a place. Who failed counts nothing, so is not counted. One query.
    """
    rows: QuerySet[Any]
    if kind == RatingKind.RACE:
        rows = RaceResult.objects.all()
        finished, crashed = PLACED & Q(status__in=FINISHED_STATUS), CRASHED
    else:
        rows = QualifyingResult.objects.filter(
            kind=SessionKind.QUALIFYING, status=QualifyingResult.Status.CLASSIFIED
        )
        finished, crashed = PLACED, Q(pk__in=[])
    counts = rows.filter(race_id__in=races).order_by().values_list("race_id")
    return {
        race: Opponents(n_finished, n_crashed)
        for race, n_finished, n_crashed in counts.annotate(
            n_finished=Count("driver_id", filter=finished, distinct=True),
            n_crashed=Count("driver_id", filter=crashed, distinct=True),
        )
    }
