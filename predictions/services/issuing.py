"""Forecasts: made of what was known, stored and sealed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from f1site.base import clock, metrics
from ingestion.models import Driver, Race, Session, SessionKind, Team
from predictions import features, inputs, queries, registry, sealing
from predictions.features import Knowledge
from predictions.forecasting.entrant import Entrant, Field
from predictions.forecasting.frame import Frame
from predictions.forecasting.models import BASELINES, MODELS
from predictions.forecasting.outlook import Outlook, points_places
from predictions.gaps import gaps_of, weekend_words
from predictions.grids import is_held
from predictions.models import Forecast, ModelVersion, Prediction, Stage
from predictions.provenance import SEED
from predictions.services.training import (
    primary_name,
    train_models,
    usable_version,
)
from predictions.weekends import NoInputsError

log = logging.getLogger(__name__)

#: As long as the column is.
MOST_WORDS = 300


@dataclass(frozen=True)
class Issued:
    """A forecast, and whether it was issued just now."""

    forecast: Forecast
    is_new: bool


def forecast_race(
    *,
    race: Race,
    kind: str = SessionKind.RACE,
    stage: str | None = None,
    names: Sequence[str] = (),
    now: datetime | None = None,
    knowledge: Knowledge | None = None,
) -> list[Issued]:
    """Issue forecasts of a race or of its sprint, unless they stand already.

    Without a stage the most informed one whose inputs are there; without names the
    primary model, the baselines and, in time, who is in the shadow. One for a race
    that has begun is marked late, and knows nothing that was not known before it.

    Raises
    ------
    NoInputsError : nothing to learn from, no entrants, nothing known at the stage, or
        nobody to speak
    """
    now = now or clock.now()
    as_of = min(now, features.start_of(race, kind))
    knowledge = knowledge or Knowledge(as_of)
    stage = _checked_stage(race, kind, stage, as_of)
    wanted = _wanted(names, stage, with_shadows=not is_late(race, now, kind))
    versions = _versions(wanted, knowledge, race.season_id)
    with metrics.feature_engineering_duration.time():
        field, rows = knowledge.rows_of(race, stage, kind)
    gaps = gaps_of(race, stage, as_of, kind)
    knew = _knew(kind, stage, gaps, knowledge, field)
    issued = [
        _issued(
            _Request(race, kind, version, stage, as_of, now, field, rows, knew, gaps),
            may_fail=one.shadow is not None,
        )
        for one, version in versions
    ]
    return [one for one in issued if one is not None]


def _checked_stage(race: Race, kind: str, stage: str | None, as_of: datetime) -> str:
    if kind == SessionKind.SPRINT and not race.is_sprint_weekend:
        raise NoInputsError(f"{race} has no sprint")
    stages = features.open_stages(race, as_of, kind)
    if stage is None:
        return stages[-1]
    if stage not in stages:
        raise NoInputsError(
            f"{race}: {stage} needs what the record does not hold;"
            f" there is {', '.join(stages)}"
        )
    return stage


class _Wanted(NamedTuple):
    """A model, and the version whose configuration it should be of."""

    name: str
    shadow: ModelVersion | None = None

    @property
    def can_be_fitted(self) -> bool:
        return self.shadow is None or registry.is_current(self.shadow)


def _wanted(names: Sequence[str], stage: str, *, with_shadows: bool) -> list[_Wanted]:
    wanted = [_Wanted(name) for name in names or (primary_name(), *BASELINES)]
    if not names and with_shadows:
        wanted += [_Wanted(one.name, shadow=one) for one in registry.shadows()]
    return [one for one in wanted if stage in MODELS[one.name].stages]


def _versions(
    wanted: Sequence[_Wanted], knowledge: Knowledge, season: int
) -> list[tuple[_Wanted, ModelVersion]]:
    """A usable version of each, trained where there is none."""
    found = {
        one: usable_version(one.name, knowledge, season, one.shadow) for one in wanted
    }
    missing = [one for one in wanted if found[one] is None and one.can_be_fitted]
    found |= _fitted([one for one in missing if one.shadow is None], knowledge)
    for one in missing:
        if one.shadow is not None:
            found |= _fitted_in_the_shadow(one, knowledge)
    speaking = [(one, version) for one, version in found.items() if version is not None]
    if not speaking:
        raise NoInputsError(
            "no version of the models asked for may speak at this stage;"
            " ./run manage models lists them"
        )
    return speaking


def _fitted(
    missing: Sequence[_Wanted], knowledge: Knowledge
) -> dict[_Wanted, ModelVersion]:
    """A fit of each, unless it is one that was rolled back."""
    if not missing:
        return {}
    names = [one.name for one in missing]
    trained = train_models(knowledge=knowledge, names=names)
    found = {}
    for one, new in zip(missing, trained, strict=True):
        if new.version.status == registry.Status.REJECTED:
            log.error("%s was rolled back, and no other fit can speak", new.version)
        else:
            found[one] = new.version
    return found


def _fitted_in_the_shadow(
    one: _Wanted, knowledge: Knowledge
) -> dict[_Wanted, ModelVersion]:
    """A shadow that cannot be fitted keeps no other from being issued."""
    try:
        return _fitted([one], knowledge)
    except Exception:
        log.exception("%s cannot be fitted in the shadow", one.name)
        return {}


@dataclass(frozen=True)
class _Request:
    race: Race
    kind: str
    version: ModelVersion
    stage: str
    as_of: datetime
    now: datetime
    field: Field
    rows: Frame
    knew: str
    gaps: list[str]


def _issued(request: _Request, *, may_fail: bool) -> Issued | None:
    """A shadow that fails keeps no other from being issued."""
    try:
        return _issue(request)
    except Exception:
        if not may_fail:
            raise
        log.exception("%s failed in the shadow", request.version)
        return None


def _issue(request: _Request) -> Issued:
    cars = _cars(request)
    forecast = Forecast(
        race=request.race,
        kind=request.kind,
        model_version=request.version,
        stage=request.stage,
        as_of=request.as_of,
        issued_at=request.now,
        late=is_late(request.race, request.now, request.kind),
        is_primary=registry.speaks(request.version),
        seed=SEED,
        data_hash=inputs.data_hash(request.stage, request.rows, cars),
        knew=request.knew,
        gaps=request.gaps,
    )
    standing = sealing.standing_twin(forecast)
    if standing is not None:
        return Issued(standing, is_new=False)
    race_type = queries.RACE_TYPES[request.kind]
    with metrics.track_prediction_generated(request.version.name, race_type):
        outlook = _outlook(request)
        stored = sealing.issue(
            forecast,
            _predictions(request, outlook),
            inputs.stored(request.rows, cars),
        )
    return Issued(stored, is_new=stored is forecast)


def _outlook(request: _Request) -> Outlook:
    fits = registry.load(request.version)
    with metrics.track_ml_inference(request.version.name, metrics.RACE_PREDICTION):
        return fits[request.stage].outlook(request.rows, seed=SEED, kind=request.kind)


def is_late(race: Race, now: datetime, kind: str = SessionKind.RACE) -> bool:
    """Whether lights are out; where no hour is known, whether the day is over.

    A sprint that the timetable does not list is held on the day before the race.
    """
    if is_held(race, kind):
        return True
    timed: Race | Session | None = race
    if kind == SessionKind.SPRINT:
        timed = race.sessions.filter(kind=kind).first()
    if timed is None:
        return now.date() >= race.starts_on
    if timed.starts_at is not None:
        return now >= timed.starts_at
    return now.date() > timed.starts_on


def _cars(request: _Request) -> list[inputs.Car]:
    return [
        (entrant.driver, entrant.team, entrant.car_number, slot)
        for entrant in request.field.entrants
        for slot in [_known_slot(entrant, request.stage)]
    ]


def _known_slot(entrant: Entrant, stage: str) -> int | None:
    if stage == Stage.FINAL_GRID:
        return entrant.grid_slot
    return entrant.provisional_slot if stage == Stage.POST_QUALIFYING else None


def _predictions(request: _Request, outlook: Outlook) -> list[Prediction]:
    race, entrants = request.race, request.field.entrants
    drivers = Driver.objects.in_bulk([e.driver for e in entrants], field_name="slug")
    teams = Team.objects.in_bulk({e.team for e in entrants}, field_name="slug")
    rows = numbers_of(outlook, race.season_id, request.kind)
    return [
        Prediction(
            race=race,
            driver=drivers[entrant.driver],
            team=teams[entrant.team],
            car_number=entrant.car_number,
            grid=_known_slot(entrant, request.stage),
            created_at=request.now,
            **numbers,
        )
        for entrant, numbers in zip(entrants, rows, strict=True)
    ]


def numbers_of(outlook: Outlook, season: int, kind: str) -> list[dict[str, Any]]:
    """What is stored of each driver, in the order of the field."""
    p_points = outlook.p_top(points_places(season, kind))
    best = outlook.p_win.max()
    return [
        {
            "p_win": float(outlook.p_win[n]),
            "p_podium": float(outlook.p_podium[n]),
            "p_points": float(p_points[n]),
            "p_dnf": float(outlook.p_dnf[n]),
            "expected_position": float(outlook.expected_position[n]),
            "low": int(outlook.ranges[n, 0]),
            "high": int(outlook.ranges[n, 1]),
            "positions": outlook.positions[n].tolist(),
            "is_favorite": bool(outlook.p_win[n] == best),
        }
        for n in range(len(outlook.positions))
    ]


def _knew(
    kind: str, stage: str, gaps: list[str], knowledge: Knowledge, field: Field
) -> str:
    last = knowledge.races[-1]
    parts = [
        *(["for the sprint"] if kind == SessionKind.SPRINT else []),
        weekend_words(stage, gaps),
        f"{len(field.entrants)} entrants",
        f"results up to {last.name} {last.season_id}",
        *([f"but {', '.join(gaps)}"] if gaps else []),
    ]
    return "; ".join(parts)[:MOST_WORDS]
