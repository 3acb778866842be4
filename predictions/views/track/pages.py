"""How good the forecasts have been: sealed or replayed, never both in one number."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from predictions.forecasting.models import BASELINES
from predictions.views import parts
from predictions.views.downloads import table_file
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_part
from predictions.views.presenters.frame import Choice
from predictions.views.presenters.race import STAGE_LABELS
from predictions.views.presenters.record import Option, Pick
from predictions.views.track import figures, origins, races
from predictions.views.track.asked import (
    CIRCUITS,
    EVENTS,
    KINDS,
    REPLAYED,
    SEALED,
    WEATHERS,
    asked_for,
)
from predictions.views.track.chain import chain_state
from predictions.views.track.figures import Cards
from predictions.views.track.labels import baselines_told, label_of
from predictions.views.track.read import OURS, Shown, options, read
from predictions.views.track.tables import SHEETS, twin


@require_safe
@kept_by_version(
    "origin", "kind", "stage", "model", "from", "to", "circuit", "weather", "event"
)
def track_record(request: HtmxHttpRequest) -> HttpResponse:
    """Bad choices fall back to all."""
    shown = read(asked_for(request.GET))
    context: dict[str, Any] = {
        "asked": shown.asked,
        "facts": _facts(shown),
        "origins": origins.choices(shown),
        "picks": _picks(shown),
        "years": _years(shown),
        "chain": chain_state(),
        "is_replayed": shown.asked.origin == REPLAYED,
        "note": _note(shown),
        "notice": _notice(shown),
        "empty": _empty(shown) if not shown.races else None,
        **(_cards(shown) if shown.races else {}),
    }
    return render_part(
        request, "track_record", "track_record", context, push_url=shown.asked.url()
    )


@require_safe
def track_record_file(request: HttpRequest, card: str, form: str) -> HttpResponse:
    """What a card holds, with all digits."""
    if card not in SHEETS or form not in ("csv", "json"):
        raise Http404(f"No file {card}.{form} is kept.")
    cards = Cards(read(asked_for(request.GET)))
    asked, sheet = cards.shown.asked, SHEETS[card](cards)
    keys = [column.key for column in sheet.columns]
    return table_file(
        form,
        f"track-record-{card}-{asked.origin}-{asked.stage}",
        keys,
        ([row[key] for key in keys] for row in sheet.rows),
        origin=asked.origin,
        kind=asked.kind,
        stage=asked.stage,
        n_races=len(cards.shown.races),
    )


def _cards(shown: Shown) -> dict[str, Any]:
    cards = Cards(shown)
    return {
        "n_races": len(shown.races),
        "is_few": len(shown.races) < figures.FEW_RACES,
        "kpis": figures.kpis(shown),
        "calibration": cards.calibration,
        "events": _events(shown),
        "gains": cards.gains,
        "baselines": baselines_told(shown.baselines),
        "ranks": cards.ranks,
        "dots": races.dots(shown, cards.drivers),
        "means": races.means(shown),
        "mean_of": races.MEAN_OF if len(shown.races) >= races.MEAN_FROM else 0,
        "best": label_of(shown.best) if shown.best else "",
        "misses": cards.misses,
        "seasons": cards.seasons,
        "twins": {card: twin(card, cards) for card in SHEETS},
    }


# --- what is shown, in words ------------------------------------------------------
def _facts(shown: Shown) -> list[str]:
    asked, n = shown.asked, len(shown.races)
    if not n:
        return []
    noun = "sprint" if asked.kind == "sprint" else "race"
    seasons = [race.season_id for race in shown.races]
    years = parts.years(min(seasons), max(seasons))
    return [
        f"{n} {noun}{'s' * (n != 1)}, {years}",
        f"{STAGE_LABELS[asked.stage].lower()} forecasts",
        _by(shown),
        "each made from what was known before that race",
    ]


def _by(shown: Shown) -> str:
    if shown.asked.model:
        return f"by {label_of(shown.asked.model)}"
    return f"by our model, {shown.pool.ours or 'that of the day'}"


def _note(shown: Shown) -> str:
    """What has to be said of these forecasts before any figure of them."""
    asked = shown.asked
    said = "Made, sealed and chained before the start; late ones are never counted."
    if asked.origin == REPLAYED:
        said = origins.replay_note(shown)
    if asked.origin == REPLAYED and not shown.counts[SEALED]:
        said += " No sealed forecast is scored yet."
    if asked.model:
        said += f" Shown is {label_of(asked.model)}, which does not speak for us."
    return said


def _notice(shown: Shown) -> str:
    """Says so where seals prove nothing."""
    stopped = shown.pool.by_stopped_clock
    n = 0 if shown.asked.model else sum(race.pk in stopped for race in shown.races)
    if not n:
        return ""
    return (
        f"{n} of {len(shown.races)} forecasts were made by a stopped clock, after"
        " the race they speak of may have been run elsewhere."
    )


def _empty(shown: Shown) -> dict[str, str]:
    asked = shown.asked
    if shown.pool.lines:
        text = "No scored race is like that. Take one of the filters back."
        return {"title": "No race left", "text": text}
    if asked.origin == SEALED:
        text = (
            "A forecast sealed before lights out is scored once its race has a result."
            " Late ones never are. Scores, seasons and the biggest misses then stand"
            " here, beside the baselines. Until then see the replayed races."
        )
        return {"title": "Nothing scored yet", "text": text}
    if asked.kind == "sprint":
        text = "Backtests are stored of races alone; sprints are few."
        return {"title": "No sprint was replayed", "text": text}
    return {"title": "No backtest yet", "text": origins.WHEN_REPLAYED}


# --- choices ----------------------------------------------------------------------
def _picks(shown: Shown) -> list[Pick]:
    asked = shown.asked
    circuits, weathers, _ = options(shown)
    stages = {stage: STAGE_LABELS[stage] for stage in shown.stages}
    kinds = _pick("kind", "Session", KINDS, asked.kind)
    if not shown.pool.lines:
        return [kinds]
    return [
        kinds,
        _pick("stage", "Stage", stages, asked.stage),
        _pick("model", "Model", _models(shown), asked.model),
        _pick("circuit", "Circuit", _counted(CIRCUITS, circuits), asked.circuit),
        _pick("weather", "Weather", _counted(WEATHERS, weathers), asked.weather),
    ]


def _pick(name: str, label: str, known: Mapping[str, str], chosen: str) -> Pick:
    rows = [Option(value=k, label=v, is_chosen=k == chosen) for k, v in known.items()]
    return Pick(name=name, label=label, options=rows)


def _models(shown: Shown) -> dict[str, str]:
    """Ours, then who else could speak, then the baselines."""
    names = sorted(shown.pool.lines, key=lambda name: (name in BASELINES, name))
    ours = label_of(OURS, shown.pool.ours).capitalize()
    rest = {name: label_of(name) for name in names if name != OURS}
    return {OURS: ours, **rest}


def _counted(known: Mapping[str, str], races: Mapping[str, int]) -> dict[str, str]:
    counted = {
        key: f"{label.capitalize()} ({races.get(key, 0)})"
        for key, label in known.items()
    }
    return {"": "All", **counted}


def _years(shown: Shown) -> list[Pick]:
    """First and last season, of those that there are."""
    asked = shown.asked
    _, _, seasons = options(shown)
    if not seasons:
        return []
    known = {str(year): str(year) for year in seasons}
    start = str(max(asked.start, seasons[0]))
    end = str(min(asked.end or seasons[-1], seasons[-1]))
    return [
        _pick("from", "From", known, start),
        _pick("to", "to", known, end),
    ]


def _events(shown: Shown) -> list[Choice]:
    return [
        Choice(
            label=label,
            url=shown.asked.url(event=event),
            is_active=event == shown.asked.event,
        )
        for event, label in EVENTS.items()
    ]
