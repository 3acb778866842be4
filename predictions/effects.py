"""The effect of a correction on the next forecast; nothing is issued for it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from django.db import transaction

from f1site.base import clock, outbox
from f1site.base.models import Message
from ingestion import effects
from ingestion import queries as record
from ingestion.effects import Comparison, Effect
from ingestion.models import Driver, Race
from predictions import features, queries, registry
from predictions.features import Knowledge
from predictions.models import Forecast, ModelVersion
from predictions.services import SEED, NoInputsError, primary_name
from predictions.services.training import usable_version

COLUMNS = ("driver", "chance to win", "then")
MOST_SHOWN = 5
#: Less than half of what is shown of a chance is no move.
LEAST_SHOWN = 0.0005

WAITS = (
    "The correction is stored. The job queue does not answer: ratings, forecasts and"
    " scores follow as soon as it does."
)

#: Slug of a driver → chance to win.
Chances = dict[str, float]


def register() -> None:
    effects.register_preview("next forecast", forecast_effect)
    effects.register_along(refresh_soon)


def refresh_soon(races: Collection[int]) -> None:
    """Rate, score and forecast anew, by the outbox; warns where the queue is away."""
    from predictions.tasks import refresh_task

    message = outbox.send(refresh_task)
    transaction.on_commit(partial(_warn, message))


def _warn(message: Message) -> None:
    if not message.n_sent:
        effects.warn(WAITS)


@dataclass(frozen=True)
class Spoken:
    """What is said of a race, with which model and at which stage."""

    chances: Chances
    version: ModelVersion
    stage: str
    race: Race
    issued: Forecast | None = None


class Change(NamedTuple):
    move: float
    driver: str


def forecast_effect(races: Collection[int]) -> Comparison:
    """The chances to win the next race that move most.

    Features are built once, for what is to come: the forecast that stands is what
    was made of the record as it is.
    """
    race = record.next_race()
    before = None if race is None else _standing(race) or _spoken(race)
    yield
    if before is None:
        return Effect(note="There is no next forecast to compare.")
    after = _spoken(before.race, before)
    if after is None:
        return Effect(note=f"There would be no forecast of {before.race} any more.")
    return _compared(before, after)


def _compared(before: Spoken, after: Spoken) -> Effect:
    drivers = {*before.chances, *after.chances}
    changes = [
        Change(after.chances.get(slug, 0.0) - before.chances.get(slug, 0.0), slug)
        for slug in sorted(drivers)
    ]
    moved = [change for change in changes if abs(change.move) >= LEAST_SHOWN]
    moved.sort(key=lambda change: -abs(change.move))
    names = dict(Driver.objects.filter(slug__in=drivers).values_list("slug", "name"))
    rows = [
        (names[slug], _percent(before.chances, slug), _percent(after.chances, slug))
        for _, slug in moved[:MOST_SHOWN]
    ]
    of = f"{before.race}, {before.version}"
    if not rows:
        return Effect(note=f"No chance to win moves ({of}).")
    if before.issued is not None:
        of += f"; against what was issued at {before.issued.issued_at:%d %b %H:%M} UTC"
    return Effect(COLUMNS, rows, f"{of}.")


def _percent(chances: Chances, slug: str) -> str:
    return f"{chances[slug]:.1%}" if slug in chances else "–"


def _standing(race: Race) -> Spoken | None:
    """The newest forecast, if its model would be asked again."""
    issued = queries.latest_forecast(race)
    if issued is None or not registry.is_whole(issued.model_version):
        return None
    rows = queries.predictions_of(issued).values_list("driver__slug", "p_win")
    return Spoken(dict(rows), issued.model_version, issued.stage, race, issued)


def _spoken(race: Race, like: Spoken | None = None) -> Spoken | None:
    """What would be said of a race now, by the same model at the same stage.

    No model is fitted for it: where none is there, nothing is said.
    """
    as_of = min(clock.now(), features.start_of(race))
    stages = features.open_stages(race, as_of)
    stage = like.stage if like and like.stage in stages else stages[-1]
    knowledge = Knowledge(as_of)
    try:
        version = (
            like.version
            if like
            else usable_version(primary_name(), knowledge, race.season_id)
        )
        if version is None or not knowledge.races:
            return None
        field, rows = knowledge.rows_of(race, stage)
    except NoInputsError:
        return None
    outlook = registry.load(version)[stage].outlook(rows, seed=SEED)
    slugs = [entrant.driver for entrant in field.entrants]
    chances = dict(zip(slugs, outlook.p_win.tolist(), strict=True))
    return Spoken(chances, version, stage, race)
