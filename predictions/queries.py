"""What others ask of forecasts, each in one or two queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Case, F, QuerySet, Value, When

from f1site.base import metrics
from ingestion.models import STARTED, Race, RaceResult, SessionKind, SprintResult
from predictions.forecasting.models import BASELINES
from predictions.models import (
    Forecast,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
    Stage,
)

#: Races of the shorter time frame of the accuracy gauge.
LAST_RACES = 5
#: Stands for the primary model where forecasts are told apart by their model.
OURS = ""
#: How the metrics call races and sprints.
RACE_TYPES: dict[str, str] = {
    SessionKind.RACE: metrics.GRAND_PRIX,
    SessionKind.SPRINT: metrics.SPRINT,
}


def forecasts_of_race(race: Race, kind: str = SessionKind.RACE) -> QuerySet[Forecast]:
    """Everything issued of a race or its sprint, the newest first."""
    issued = Forecast.objects.filter(race=race, kind=kind)
    return issued.select_related("model_version")


def latest_forecast(
    race: Race, stage: str | None = None, kind: str = SessionKind.RACE
) -> Forecast | None:
    """The newest forecast by the primary model of its day.

    Without a stage the most informed one that was issued speaks.
    """
    by_stage = latest_by_stage(race, kind)
    stages = [stage] if stage else list(reversed(Stage.values))
    return next((by_stage[name] for name in stages if name in by_stage), None)


def latest_by_stage(race: Race, kind: str = SessionKind.RACE) -> dict[str, Forecast]:
    """Stage and its newest primary forecast, from the least informed on."""
    return latest_by_model(race, kind).get(OURS, {})


def latest_by_model(
    race: Race, kind: str = SessionKind.RACE
) -> dict[str, dict[str, Forecast]]:
    """Model, stage and the newest forecast, from the least informed stage on.

    `OURS` stands for the primary model of its day, a name for what was made beside it.
    A late one never stands before one that was sealed in time.
    """
    made_by = Case(
        When(is_primary=True, then=Value(OURS)), default=F("model_version__name")
    )
    newest = (
        forecasts_of_race(race, kind)
        .annotate(made_by=made_by)
        .order_by("made_by", "stage", "late", "-issued_at", "-id")
        .distinct("made_by", "stage")
    )
    found: dict[str, dict[str, Forecast]] = defaultdict(dict)
    known = list(Stage.values)
    for forecast in sorted(newest, key=lambda each: known.index(each.stage)):
        name = OURS if forecast.is_primary else forecast.model_version.name
        found[name][forecast.stage] = forecast
    return dict(found)


def is_shadow(forecast: Forecast) -> bool:
    """Made beside the primary model to be measured, and no baseline."""
    return not forecast.is_primary and forecast.model_version.name not in BASELINES


def predictions_of(forecast: Forecast) -> QuerySet[Prediction]:
    """Rows of a forecast, the favourite first; one partition is touched."""
    rows = Prediction.objects.filter(race_id=forecast.race_id, forecast=forecast)
    return rows.select_related("driver", "team").order_by(
        "-p_win", "expected_position", "driver__slug"
    )


def scores_of_race(
    race: Race, kind: str = SessionKind.RACE
) -> list[PredictionAccuracy]:
    """Current scores of all models, the most informed stage first, then the best."""
    scores = PredictionAccuracy.objects.filter(
        forecast__race=race, forecast__kind=kind, is_current=True
    )
    known = {stage: n for n, stage in enumerate(Stage.values)}
    return sorted(
        scores.select_related("forecast__model_version"),
        key=lambda score: (-known[score.forecast.stage], score.log_loss),
    )


def model_versions() -> QuerySet[ModelVersion]:
    """All with their events, the newest version of each model first."""
    versions = ModelVersion.objects.select_related("cutoff")
    return versions.prefetch_related("events").order_by("name", "-version")


def places_of(
    races: Collection[int], kind: str = SessionKind.RACE
) -> dict[int, dict[str, int]]:
    """Race to driver to the place among those who started; a first car counts."""
    table = SprintResult if kind == SessionKind.SPRINT else RaceResult
    started = table.objects.filter(race__in=races, status__in=STARTED)
    ordered = started.order_by("race_id", "display_order")
    places: dict[int, dict[str, int]] = defaultdict(dict)
    for race, driver in ordered.values_list("race_id", "driver__slug"):
        places[race].setdefault(driver, len(places[race]) + 1)
    return dict(places)


def positions_of(
    forecasts: Mapping[int, int],
) -> dict[int, dict[str, Sequence[float]]]:
    """Forecast to driver, sorted, to the chances of each place.

    Parameters
    ----------
    forecasts : key of a forecast to that of its race
    """
    rows = Prediction.objects.filter(
        race_id__in=set(forecasts.values()), forecast_id__in=set(forecasts)
    ).order_by("forecast_id", "driver__slug")
    known: dict[int, dict[str, Sequence[float]]] = defaultdict(dict)
    for key, slug, positions in rows.values_list(
        "forecast_id", "driver__slug", "positions"
    ):
        known[key][slug] = positions
    return dict(known)
