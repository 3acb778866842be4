"""From a change of the record to new ratings, forecasts and scores.

The only place that calls the three apps in order. It looks at what is missing and
does only that: running it twice changes nothing.
"""

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.core.cache import cache
from django.db.models import Max

from f1site.base import clock
from ingestion import queries as record
from ingestion.models import CorrectedFigure, Correction, Race, SourceFetch
from predictions import features, registry, services
from predictions.features import Knowledge
from predictions.models import Forecast, PredictionAccuracy, Stage
from predictions.weekends import TOLD, Weekends
from ratings import services as ratings
from ratings.models import RatingRun

log = logging.getLogger(__name__)

FINGERPRINT = "refresh-{race}"
DAY = 86_400


@dataclass
class Report:
    """What was done."""

    rated: str = ""
    forecasts: list[Forecast] = field(default_factory=list)
    scores: list[PredictionAccuracy] = field(default_factory=list)

    def __str__(self) -> str:
        said = [f"{len(self.forecasts)} forecasts issued"] if self.forecasts else []
        said += [f"{len(self.scores)} forecasts scored"] if self.scores else []
        return ", ".join(said) or "nothing was missing"


def rate() -> str:
    """Bring the ratings up to what the record says; says what was done."""
    return str(ratings.replay_ratings())


def refresh(now: datetime | None = None) -> Report:
    """Rate what changed, score what is over, forecast what comes next."""
    now = now or clock.now()
    report = Report(rated=rate())
    for race in _with_sealed_forecasts():
        report.scores += services.score_race(race=race)
    coming = record.next_race()
    if coming is not None:
        report.forecasts += _forecast(coming, now)
    return report


def refresh_race(*, race: Race, now: datetime | None = None) -> Report:
    """The same for one race: score it if it is over, else forecast it."""
    report = Report(rated=rate())
    if race.is_completed:
        report.scores += services.score_race(race=race)
    else:
        report.forecasts += _forecast(race, now or clock.now())
    return report


def _with_sealed_forecasts() -> list[Race]:
    sealed = Forecast.objects.filter(late=False).values("race")
    return list(Race.objects.held().filter(pk__in=sealed))


def _forecast(race: Race, now: datetime) -> list[Forecast]:
    """Forecasts at every stage whose inputs are there, unless nothing moved."""
    as_of = min(now, features.start_of(race))
    try:
        fingerprint = _fingerprint(race, now, as_of)
        key = FINGERPRINT.format(race=race.pk)
        if cache.get(key) == fingerprint:
            return []
        issued = _issue_all(race, now, as_of)
    except services.NoInputsError as error:
        log.info("no forecast: %s", error)
        return []
    cache.set(key, fingerprint, timeout=DAY)
    return issued


def _issue_all(race: Race, now: datetime, as_of: datetime) -> list[Forecast]:
    knowledge = Knowledge(as_of)
    return [
        issued.forecast
        for stage in _stages(race, now, as_of)
        for issued in services.forecast_race(
            race=race, stage=stage, now=now, knowledge=knowledge
        )
        if issued.is_new
    ]


def _stages(race: Race, now: datetime, as_of: datetime) -> list[str]:
    """Stages whose inputs are there; late ones only where nothing was sealed."""
    stages = features.open_stages(race, as_of)
    if not services.is_late(race, now):
        return stages
    sealed = Forecast.objects.filter(race=race, late=False, is_primary=True)
    counted = set(sealed.values_list("stage", flat=True))
    return [stage for stage in stages if stage not in counted]


def _fingerprint(race: Race, now: datetime, as_of: datetime) -> str:
    """Changes whenever a forecast could: cheap to make, so that waiting is cheap."""
    (weekend,) = Weekends([race], TOLD[Stage.FINAL_GRID], as_of).ahead()
    moved = [
        SourceFetch.objects.aggregate(Max("id")),
        RatingRun.objects.aggregate(Max("id")),
        Race.objects.aggregate(Max("results_changed_at")),
        Correction.objects.aggregate(Max("id"), Max("undone_at")),
        CorrectedFigure.objects.in_force().count(),
        str(registry.primary()),
        features.open_stages(race, as_of),
        features.races_before(as_of).count(),
        services.is_late(race, now),
    ]
    return hashlib.sha256(f"{weekend} {moved}".encode()).hexdigest()
