"""A changed result tells the ratings from which race to replay, and whether that race
was held. No signals."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from f1site.base import clock
from ingestion.models import Race, RaceResult


def mark_changed(race_ids: Iterable[int]) -> None:
    """Say that the results of these races changed now, and which were held.

    A race without a round is cancelled, whatever else is said of it.
    """
    races = Race.objects.filter(pk__in=list(race_ids))
    races.update(results_changed_at=clock.now())
    has_result = Exists(RaceResult.objects.filter(race=OuterRef("pk")))
    with_round = races.filter(has_result, round__isnull=False)
    with_round.update(status=Race.Status.COMPLETED)
    races.held().exclude(has_result).update(status=Race.Status.SCHEDULED)
