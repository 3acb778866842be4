"""Forecasts as they are sealed before a start, and how they did after the flag."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from django.template.loader import render_to_string

from accounts import mails
from accounts.mails import Item
from accounts.models import User
from ingestion.models import Race, Session, SessionKind
from predictions import features, queries
from predictions.models import Forecast, Prediction, PredictionAccuracy, Stage
from predictions.views import parts
from predictions.views.presenters.race import STAGE_LABELS

#: Before a start the newest forecast is news for so long, after it how that did.
BEFORE, AFTER = timedelta(days=4), timedelta(days=3)
#: Two forecasts of a race are told: as the weekend begins, and with the grid known.
STAGES = (Stage.PRE_WEEKEND, Stage.FINAL_GRID)
#: Favourites of a mail, beside the drivers whom its reader follows.
MOST = 5


def items(now: datetime) -> Iterator[Item]:
    around = (now - AFTER).date(), (now + BEFORE).date() + timedelta(days=1)
    races = Race.objects.filter(starts_on__range=around).exclude(
        status__in=(Race.Status.CANCELLED, Race.Status.POSTPONED)
    )
    for race in races.select_related("circuit").order_by("starts_on", "pk"):
        for kind in features.kinds_of(race):
            start = features.start_of(race, kind)
            if now < start <= now + BEFORE:
                yield from _before(race, kind)
            elif now - AFTER < start <= now:
                yield from _after(race, kind)


def _before(race: Race, kind: str) -> Iterator[Item]:
    sealed = queries.latest_by_stage(race, kind)
    told = [sealed[stage] for stage in STAGES if stage in sealed]
    if told and not told[-1].late:
        forecast = told[-1]
        stage = STAGE_LABELS[forecast.stage].lower()
        rows = cache(lambda: list(queries.predictions_of(forecast)))
        yield Item(
            f"forecast {race.pk} {kind} {forecast.stage}",
            mails.FORECASTS,
            f"{_label(race, kind)}: the {stage} forecast is sealed",
            lambda user: _forecast(forecast, rows(), user),
        )


def _forecast(forecast: Forecast, rows: Sequence[Prediction], user: User) -> str:
    words = {
        "label": _label(forecast.race, forecast.kind),
        "stage": STAGE_LABELS[forecast.stage],
        "start": _start(forecast, user),
        "rows": list(enumerate(rows[:MOST], 1)),
        "followed": [
            (n, row)
            for n, row in enumerate(rows, 1)
            if n > MOST and row.driver.slug in user.follows
        ],
        "forecast": forecast,
        "sealed": mails.when(forecast.issued_at, user),
        "url": _url(forecast),
    }
    return render_to_string("predictions/mail/forecast.txt", words)


def _start(forecast: Forecast, user: User) -> str:
    """The hour in the zone of a person, or the day where none is known."""
    timed: Race | Session | None = forecast.race
    if forecast.kind == SessionKind.SPRINT:
        timed = forecast.race.sessions.filter(kind=forecast.kind).first()
    if timed is None:
        return ""
    day = timed.starts_on
    return (
        mails.when(timed.starts_at, user)
        if timed.starts_at
        else f"{day.day} {day:%b %Y}"
    )


def _after(race: Race, kind: str) -> Iterator[Item]:
    """Of our sealed forecasts the last, however the others did."""
    known = list(Stage.values)
    ours = sorted(
        (
            score
            for score in queries.scores_of_race(race, kind)
            if score.forecast.is_primary and not score.forecast.late
        ),
        key=lambda score: (
            known.index(score.forecast.stage),
            score.forecast.issued_at,
            score.forecast_id,
        ),
    )
    places = queries.places_of([race.pk], kind).get(race.pk)
    if ours and places:
        score = ours[-1]
        rows = cache(lambda: list(queries.predictions_of(score.forecast)))
        yield Item(
            f"score {race.pk} {kind}",
            mails.SCORES,
            f"{_label(race, kind)}: how the forecast did",
            lambda user: _score(score, rows(), places, user),
        )


def _score(
    score: PredictionAccuracy,
    predicted: Sequence[Prediction],
    places: Mapping[str, int],
    user: User,
) -> str:
    forecast = score.forecast
    rows = {row.driver.slug: (n, row) for n, row in enumerate(predicted, 1)}
    ranked = sorted(places, key=lambda slug: places[slug])
    followed = [slug for slug in ranked[3:] if slug in user.follows and slug in rows]
    words = {
        "label": _label(forecast.race, forecast.kind),
        "stage": STAGE_LABELS[forecast.stage].lower(),
        "podium": [(places[slug], *rows[slug]) for slug in ranked[:3] if slug in rows],
        "followed": [(places[slug], *rows[slug]) for slug in followed],
        "score": score,
        "url": _url(forecast),
    }
    return render_to_string("predictions/mail/score.txt", words)


def _label(race: Race, kind: str) -> str:
    sprint = ", sprint" if kind == SessionKind.SPRINT else ""
    return f"{parts.race_label(race)}{sprint}"


def _url(forecast: Forecast) -> str:
    return mails.absolute(parts.race_url(forecast.race, forecast.kind))
