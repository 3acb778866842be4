"""Forecasts as they are sealed before a start, and how they did after the flag."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.template.loader import render_to_string

from accounts import mails
from accounts.mails import Item
from accounts.models import User
from ingestion.models import Race, SessionKind
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
                yield from _before(race, kind, start)
            elif now - AFTER < start <= now:
                yield from _after(race, kind)


def _before(race: Race, kind: str, start: datetime) -> Iterator[Item]:
    sealed = queries.latest_by_stage(race, kind)
    told = [sealed[stage] for stage in STAGES if stage in sealed]
    if told and not told[-1].late:
        forecast = told[-1]
        stage = STAGE_LABELS[forecast.stage].lower()
        yield Item(
            f"forecast {race.pk} {kind} {forecast.stage}",
            mails.FORECASTS,
            f"{_label(race, kind)}: the {stage} forecast is sealed",
            partial(_forecast, forecast, start),
        )


def _forecast(forecast: Forecast, start: datetime, user: User) -> str:
    rows = list(queries.predictions_of(forecast))
    race = forecast.race
    words = {
        "label": _label(race, forecast.kind),
        "stage": STAGE_LABELS[forecast.stage],
        "start": mails.when(start, user) if race.starts_at else f"{race.starts_on}",
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


def _after(race: Race, kind: str) -> Iterator[Item]:
    ours = [
        score
        for score in queries.scores_of_race(race, kind)
        if score.forecast.is_primary and not score.forecast.late
    ]
    if ours:
        yield Item(
            f"score {race.pk} {kind}",
            mails.SCORES,
            f"{_label(race, kind)}: how the forecast did",
            partial(_score, race, kind, ours[0]),
        )


def _score(race: Race, kind: str, score: PredictionAccuracy, user: User) -> str:
    forecast = score.forecast
    rows = {row.driver.slug: row for row in queries.predictions_of(forecast)}
    ranks = {slug: n for n, slug in enumerate(rows, 1)}
    places = queries.places_of([race.pk], kind)[race.pk]

    def line(slug: str) -> tuple[int, Prediction | None, int | None]:
        return places[slug], rows.get(slug), ranks.get(slug)

    podium = sorted(places, key=lambda slug: places[slug])[:3]
    followed = [slug for slug in user.follows if slug in places and slug not in podium]
    words = {
        "label": _label(race, kind),
        "stage": STAGE_LABELS[forecast.stage].lower(),
        "podium": [line(slug) for slug in podium],
        "followed": [line(slug) for slug in followed],
        "score": score,
        "url": _url(forecast),
    }
    return render_to_string("predictions/mail/score.txt", words)


def _label(race: Race, kind: str) -> str:
    sprint = ", sprint" if kind == SessionKind.SPRINT else ""
    return f"{parts.race_label(race)}{sprint}"


def _url(forecast: Forecast) -> str:
    return mails.absolute(parts.race_url(forecast.race, forecast.kind))
