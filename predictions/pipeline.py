"""From a change of the record to new ratings, forecasts and scores.

The only place that calls the three apps in order. It looks at what is missing and
does only that: running it twice changes nothing.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.core.cache import cache
from django.db import OperationalError
from django.db.models import Max

from accounts import jwt, people
from f1site.base import changes, clock, jobs
from ingestion import queries as record
from ingestion.models import Race
from ingestion.services import follow as weekends
from predictions import features, registry, services
from predictions.features import Knowledge
from predictions.gaps import gaps_of
from predictions.grids import is_held
from predictions.models import Forecast, PredictionAccuracy, Stage
from predictions.weekends import TOLD, Weekends
from ratings import services as ratings
from ratings.models import RatingRun

log = logging.getLogger(__name__)

FINGERPRINT = "refresh-{race}-{kind}"
MARK = "tick"
DAY = 86_400


@dataclass
class Report:
    """What was done."""

    rated: str = ""
    read: list[str] = field(default_factory=list)
    forecasts: list[Forecast] = field(default_factory=list)
    scores: list[PredictionAccuracy] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = [f"{', '.join(self.read)} read"] if self.read else []
        said += [f"{len(self.forecasts)} forecasts issued"] if self.forecasts else []
        said += [f"{len(self.scores)} forecasts scored"] if self.scores else []
        return ", ".join(said) or "nothing was missing"

    def add(self, other: "Report") -> None:
        self.rated = other.rated or self.rated
        self.read += other.read
        self.forecasts += other.forecasts
        self.scores += other.scores
        self.notes += other.notes

    def as_counts(self) -> dict[str, object]:
        """For the job ledger."""
        numbers = {"forecasts": len(self.forecasts), "scores": len(self.scores)}
        words = {"read": self.read, "rated": self.rated, "notes": self.notes}
        return {name: said for name, said in (numbers | words).items() if said}


class RacesFailedError(Exception):
    """Races whose turn failed; what was done for the others stands."""


class _Turns:
    """The turns of races, each on its own."""

    def __init__(self) -> None:
        self.failed: dict[str, str] = {}

    @contextmanager
    def of(self, race: Race) -> Iterator[None]:
        try:
            yield
        except (OperationalError, SoftTimeLimitExceeded):
            raise  # the database is away, or the time is over, for every race
        except Exception as error:
            log.exception("%s could not be refreshed", race.label)
            said = f"{race.label}: {type(error).__name__}: {error}"
            self.failed.setdefault(race.label, said)

    def check(self) -> None:
        if self.failed:
            raise RacesFailedError("; ".join(self.failed.values()))


def rate() -> str:
    """Bring the ratings up to what the record says; says what was done."""
    return str(ratings.replay_ratings())


def tick(now: datetime | None = None) -> Report:
    """Follow the races that are under way or were missed, then refresh the rest.

    A race that fails keeps none from its turn: RacesFailedError comes at the end.
    """
    now = now or clock.now()
    # Taken before the work: what changes meanwhile is seen by the next tick.
    mark = _mark(now)
    report, turns = Report(), _Turns()
    for race in weekends.races_to_follow(now):
        with turns.of(race):
            report.add(refresh_race(race=race, now=now))
    _refresh(report, turns, now)
    turns.check()
    cache.set(MARK, mark, timeout=DAY)
    return report


def is_due(now: datetime | None = None) -> bool:
    """Whether a tick could have anything to do: a few queries."""
    now = now or clock.now()
    return bool(weekends.races_to_follow(now)) or cache.get(MARK) != _mark(now)


def refresh(now: datetime | None = None) -> Report:
    """Rate what changed, score what is over, forecast what comes next.

    Fails as :func:`tick` does.
    """
    report, turns = Report(), _Turns()
    _refresh(report, turns, now or clock.now())
    turns.check()
    changes.fold()
    jwt.forget_expired()
    people.sweep()
    return report


def _refresh(report: Report, turns: _Turns, now: datetime) -> None:
    report.rated = rate()
    coming = record.next_race()
    for race in [*_with_sealed_forecasts(), *([coming] if coming else [])]:
        with turns.of(race), jobs.claimed(_lock(race)) as is_ours:
            report.add(_said(race, now) if is_ours else _elsewhere(race))


def refresh_race(
    *, race: Race, now: datetime | None = None, follow: bool = True
) -> Report:
    """Do for one race what is missing: read, rate, score it if it is over, forecast.

    Who meets another at it leaves it to him. Each step is a transaction of its own and
    looks at what is there: killed between two, the next run goes on from there.
    """
    now = now or clock.now()
    with jobs.claimed(_lock(race)) as is_ours:
        if not is_ours:
            return _elsewhere(race)
        report = Report()
        if follow:
            followed = weekends.follow(race=race, now=now)
            report.read = [f"{race.label} {kind}" for kind in followed.done]
            report.notes = followed.notes
            race.refresh_from_db()
        report.rated = rate()
        report.add(_said(race, now))
    return report


def _lock(race: Race) -> str:
    return f"race {race.pk}"


def _elsewhere(race: Race) -> Report:
    return Report(notes=[f"{race.label}: another worker is at it"])


def _said(race: Race, now: datetime) -> Report:
    """Scores of what is over, forecasts of what is to come: the sprint, the race."""
    report = Report()
    for kind in features.kinds_of(race):
        if is_held(race, kind):
            report.scores += services.score_race(race=race, kind=kind)
        elif not race.is_completed:
            report.forecasts += _forecast(race, now, kind)
    return report


def _with_sealed_forecasts() -> list[Race]:
    sealed = Forecast.objects.filter(late=False).values("race")
    return list(Race.objects.held().filter(pk__in=sealed))


def _forecast(race: Race, now: datetime, kind: str) -> list[Forecast]:
    """Forecasts at every stage whose inputs are there, unless nothing moved."""
    try:
        fingerprint = _fingerprint(race, now, kind)
        key = FINGERPRINT.format(race=race.pk, kind=kind)
        if cache.get(key) == fingerprint:
            return []
        issued = _issue_all(race, now, kind)
    except services.NoInputsError as error:
        log.info("no forecast: %s", error)
        return []
    cache.set(key, fingerprint, timeout=DAY)
    return issued


def _issue_all(race: Race, now: datetime, kind: str) -> list[Forecast]:
    knowledge = Knowledge(min(now, features.start_of(race, kind)))
    return [
        issued.forecast
        for stage in _stages(race, now, kind)
        for issued in services.forecast_race(
            race=race, kind=kind, stage=stage, now=now, knowledge=knowledge
        )
        if issued.is_new
    ]


def _stages(race: Race, now: datetime, kind: str) -> list[str]:
    """Stages whose inputs are there; late ones only where nothing was sealed."""
    stages = features.open_stages(race, min(now, features.start_of(race, kind)), kind)
    if not services.is_late(race, now, kind):
        return stages
    sealed = Forecast.objects.filter(race=race, kind=kind, late=False, is_primary=True)
    counted = set(sealed.values_list("stage", flat=True))
    return [stage for stage in stages if stage not in counted]


def _mark(now: datetime) -> str:
    """Changes whenever a refresh could have something to do."""
    race = record.next_race()
    if race is None:
        return _digest(_moved())
    try:
        return _digest(
            *(_fingerprint(race, now, kind) for kind in features.kinds_of(race))
        )
    except services.NoInputsError as error:
        return _digest(error, _moved())


def _fingerprint(race: Race, now: datetime, kind: str) -> str:
    """Changes whenever a forecast could: cheap to make, so that waiting is cheap."""
    as_of = min(now, features.start_of(race, kind))
    told = TOLD[Stage.FINAL_GRID]
    (weekend,) = Weekends([race], told, as_of, session=kind).ahead()
    stages = features.open_stages(race, as_of, kind)
    return _digest(
        weekend,
        _moved(),
        {stage: gaps_of(race, stage, as_of, kind) for stage in stages},
        features.races_before(as_of).count(),
        services.is_late(race, now, kind),
        is_held(race, kind),
    )


def _moved() -> list[object]:
    """What moves when the record, the ratings or the models do."""
    return [
        *record.moved(),
        RatingRun.objects.aggregate(Max("id")),
        str(registry.primary()),
        [str(version) for version in registry.shadows()],
    ]


def _digest(*values: object) -> str:
    return hashlib.sha256(" ".join(map(str, values)).encode()).hexdigest()
