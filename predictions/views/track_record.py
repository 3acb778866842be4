"""How good the forecasts have been: sealed ones only, baselines beside them."""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ingestion.models import RaceResult, SessionKind
from predictions import queries
from predictions.forecasting.reliability import calibration_error, reliability
from predictions.models import Prediction, PredictionAccuracy, Stage
from predictions.views import parts
from predictions.views.fragments import HtmxHttpRequest, kept_by_version, render_page
from predictions.views.home import recent_forecasts
from predictions.views.presenters.entrants import Miss, SeasonScores
from predictions.views.presenters.race import STAGE_LABELS, ScoreRow
from predictions.views.presenters.record import PlacesRow
from predictions.views.presenters.sentences import mark_best
from predictions.views.trials import newest_trial

BASELINE = "grid"
N_MISSES = 10


@require_safe
@kept_by_version
def track_record(request: HtmxHttpRequest) -> HttpResponse:
    """Scores of the most informed stage that has any."""
    scored = _scored()
    stage = next((s for s in reversed(Stage.values) if s in scored), "")
    rows = scored.get(stage, [])
    ours = [row for row in rows if row.forecast.is_primary]
    years = sorted({row.forecast.race.season_id for row in ours})
    context: dict[str, Any] = {
        "recent": recent_forecasts(),
        "n_races": len({row.forecast.race_id for row in ours}),
        "years": parts.years(years[0], years[-1]) if years else "",
        "stage_label": STAGE_LABELS.get(stage, ""),
        "scores": mark_best(_models(rows)) if ours else [],
        "places": _places_rows(rows),
        "trial": newest_trial(),
        "seasons": _seasons(rows),
        "baseline_label": "Grid",
        "misses": _misses(ours),
        "replay_note": _stopped(ours),
    }
    return render_page(request, "track_record", context)


def _stopped(ours: Sequence[PredictionAccuracy]) -> str:
    """Says so where forecasts were made under a stopped clock."""
    n = sum(row.forecast.is_by_stopped_clock for row in ours)
    if not n:
        return ""
    return (
        f"{n} of {len(ours)} forecasts were made by a stopped clock, after the race"
        " they speak of may have been run elsewhere."
    )


def _scored() -> dict[str, list[PredictionAccuracy]]:
    """Stage: the current scores of all models' sealed forecasts."""
    rows = (
        PredictionAccuracy.objects.filter(
            is_current=True, forecast__kind=SessionKind.RACE, forecast__late=False
        )
        .select_related("forecast__model_version", "forecast__race")
        .order_by("forecast__race__starts_on", "forecast__issued_at")
    )
    stages: dict[str, list[PredictionAccuracy]] = {}
    for row in rows:
        stages.setdefault(row.forecast.stage, []).append(row)
    return stages


def _by_model(
    rows: Iterable[PredictionAccuracy],
) -> dict[tuple[str, bool], list[PredictionAccuracy]]:
    """Name, and whether it spoke, to the scores: one name may do both."""
    by_model: dict[tuple[str, bool], list[PredictionAccuracy]] = {}
    for row in rows:
        forecast = row.forecast
        key = forecast.model_version.name, forecast.is_primary
        by_model.setdefault(key, []).append(row)
    return by_model


def _models(rows: Sequence[PredictionAccuracy]) -> list[ScoreRow]:
    scores = [_mean(name, found) for (name, _), found in _by_model(rows).items()]
    return sorted(scores, key=lambda row: (not row.is_ours, row.label))


def _mean(name: str, rows: Sequence[PredictionAccuracy]) -> ScoreRow:
    return ScoreRow(
        label=name,
        is_ours=rows[-1].forecast.is_primary,
        is_shadow=queries.is_shadow(rows[-1].forecast),
        n=len(rows),
        log_loss=fmean(row.log_loss for row in rows),
        brier=fmean(row.brier for row in rows),
        rps=fmean(row.rps for row in rows),
        winner_hit=fmean(row.winner_hit for row in rows),
    )


def _places_rows(rows: Sequence[PredictionAccuracy]) -> list[PlacesRow]:
    """Of each model what was scored beyond the win; ours first."""
    by_model = _by_model(row for row in rows if row.kendall is not None)
    found = [_places(name, of_model) for (name, _), of_model in by_model.items()]
    return sorted(found, key=lambda row: (not row.is_ours, row.label))


def _places(name: str, rows: Sequence[PredictionAccuracy]) -> PlacesRow:
    ece_win, ece_podium = _calibration(rows)
    return PlacesRow(
        label=name,
        is_ours=rows[-1].forecast.is_primary,
        n=len(rows),
        podium_brier=_known_mean(row.podium_brier for row in rows),
        points_brier=_known_mean(row.points_brier for row in rows),
        spearman=_known_mean(row.rank_correlation for row in rows),
        kendall=_known_mean(row.kendall for row in rows),
        coverage=_known_mean(row.coverage for row in rows),
        mates_hit=_known_mean(row.mates_hit for row in rows),
        ece_win=ece_win,
        ece_podium=ece_podium,
    )


def _known_mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _calibration(
    rows: Sequence[PredictionAccuracy],
) -> tuple[float, float] | tuple[None, None]:
    """Expected calibration errors of win and podium over all these forecasts."""
    chances = queries.chances_of(rows)
    if chances is None:
        return None, None
    return (
        calibration_error(reliability(chances.win, chances.won)),
        calibration_error(reliability(chances.podium, chances.on_podium)),
    )


def _seasons(rows: Iterable[PredictionAccuracy]) -> list[SeasonScores]:
    """Our scores of each season beside the baseline, on the same races."""
    ours: dict[int, dict[int, PredictionAccuracy]] = {}
    base: dict[int, float] = {}
    for row in rows:
        race = row.forecast.race
        if row.forecast.is_primary:
            ours.setdefault(race.season_id, {})[race.pk] = row
        if row.forecast.model_version.name == BASELINE:
            base[race.pk] = row.log_loss
    return [
        SeasonScores(
            year=year,
            n=len(both),
            log_loss=fmean(races[key].log_loss for key in both),
            baseline_log_loss=fmean(base[key] for key in both),
            winner_hit=fmean(races[key].winner_hit for key in both),
            top_three=fmean(races[key].winner_in_top3 for key in both),
        )
        for year, races in sorted(ours.items(), reverse=True)
        if (both := [key for key in races if key in base])
    ]


def _misses(ours: Sequence[PredictionAccuracy]) -> list[Miss]:
    """The winners to whom we gave least, the smallest chance first."""
    worst = sorted(ours, key=lambda row: -row.log_loss)[:N_MISSES]
    return [
        miss for row in worst if not row.winner_hit and (miss := _miss(row)) is not None
    ]


def _miss(score: PredictionAccuracy) -> Miss | None:
    rows = list(queries.predictions_of(score.forecast))
    winner = RaceResult.objects.filter(
        race_id=score.forecast.race_id, position=1, is_shared_car=False
    ).first()
    rank = _rank_of(winner, rows)
    if rank is None:
        return None
    race, row, favourite = score.forecast.race, rows[rank - 1], rows[0]
    return Miss(
        label=parts.race_label(race),
        url=parts.race_url(race),
        winner=parts.named_driver(row.driver, row.team),
        our_rank=rank,
        p_win=row.p_win,
        favourite=parts.named_driver(favourite.driver, favourite.team, favourite.p_win),
    )


def _rank_of(winner: RaceResult | None, rows: Sequence[Prediction]) -> int | None:
    for rank, row in enumerate(rows, start=1):
        if winner is not None and row.driver_id == winner.driver_id:
            return rank
    return None
