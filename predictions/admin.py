"""Ratings, models, forecasts and scores in the admin: to look at.

The ratings stand here too: nobody edits them, and one module shows all that
machines wrote about a race.
"""

from django.contrib import admin

from f1site.base.admin import ReadOnlyAdmin, SeasonFilter
from predictions.models import (
    Backtest,
    BacktestChunk,
    BacktestScore,
    Forecast,
    ForecastInputs,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
)
from ratings.models import DriverRanking, RatedRace, RatingChange, RatingRun


@admin.register(RatingRun)
class RatingRunAdmin(ReadOnlyAdmin[RatingRun]):
    """Replays of the ratings."""

    list_display = ["started_at", "since", "through", "n_races", "n_changes"]
    list_select_related = ["since", "through"]
    search_fields = ["data_hash"]
    date_hierarchy = "started_at"


@admin.register(RatedRace)
class RatedRaceAdmin(ReadOnlyAdmin[RatedRace]):
    """What the ratings made use of, race by race."""

    list_display = ["sequence", "race", "digest"]
    list_filter = [SeasonFilter]
    list_select_related = ["race"]
    search_fields = ["race__name", "race__season__year", "digest"]
    ordering = ["-sequence"]


@admin.register(RatingChange)
class RatingChangeAdmin(ReadOnlyAdmin[RatingChange]):
    """How each race moved each rating."""

    list_display = [
        "race",
        "kind",
        "driver",
        "team",
        "before",
        "expected_score",
        "actual_score",
        "k_factor",
        "after",
        "deviation",
        "is_provisional",
    ]
    list_filter = [SeasonFilter, "kind"]
    list_select_related = ["race", "driver", "team"]
    search_fields = ["driver__name", "team__name", "race__name", "race__season__year"]
    ordering = ["-race_id", "kind", "-after", "id"]


@admin.register(DriverRanking)
class DriverRankingAdmin(ReadOnlyAdmin[DriverRanking]):
    """Drivers by rating, with peaks and careers: a materialised view."""

    list_display = [
        "rank",
        "name",
        "rating",
        "deviation",
        "peak",
        "three_year_peak",
        "starts",
        "wins",
        "latest_season",
    ]
    search_fields = ["name", "slug", "code"]
    ordering = ["rank", "slug"]


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin[ModelVersion]):
    """Fitted models. Promotion goes through a command that checks them."""

    list_display = ["name", "version", "status", "trained_at", "cutoff", "note"]
    list_filter = ["name", "status"]
    list_select_related = ["cutoff"]
    search_fields = ["name", "note", "data_hash"]
    date_hierarchy = "trained_at"


@admin.register(Forecast)
class ForecastAdmin(ReadOnlyAdmin[Forecast]):
    """What was said of each race. Sealed: the database refuses any change."""

    list_display = ["race", "stage", "model_version", "issued_at", "late", "is_primary"]
    list_filter = [SeasonFilter, "stage", "late", "is_primary", "model_version__name"]
    list_select_related = ["race", "model_version"]
    search_fields = ["race__name", "race__season__year", "content_hash"]
    date_hierarchy = "issued_at"


@admin.register(ForecastInputs)
class ForecastInputsAdmin(ReadOnlyAdmin[ForecastInputs]):
    """What each forecast was made of. Sealed with it."""

    list_display = ["forecast"]
    list_select_related = ["forecast__race", "forecast__model_version"]
    search_fields = ["forecast__race__name", "forecast__race__season__year"]
    ordering = ["-forecast_id"]


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin[Prediction]):
    """The chances of each driver in each forecast. Sealed."""

    list_display = [
        "race",
        "stage",
        "model_of",
        "driver",
        "team",
        "p_win",
        "p_podium",
        "expected_position",
    ]
    list_filter = [SeasonFilter, "forecast__stage", "is_favorite"]
    list_select_related = ["race", "forecast__model_version", "driver", "team"]
    search_fields = ["driver__name", "race__name", "race__season__year"]
    ordering = ["-race_id", "-forecast_id", "-p_win", "id"]

    @admin.display(description="stage")
    def stage(self, prediction: Prediction) -> str:
        return prediction.forecast.stage

    @admin.display(description="model")
    def model_of(self, prediction: Prediction) -> str:
        return str(prediction.forecast.model_version)


@admin.register(PredictionAccuracy)
class PredictionAccuracyAdmin(ReadOnlyAdmin[PredictionAccuracy]):
    """How forecasts fared."""

    list_display = ["forecast", "log_loss", "brier", "rps", "winner_hit", "is_current"]
    list_filter = ["is_current", "winner_hit", "forecast__stage"]
    list_select_related = ["forecast__race", "forecast__model_version"]
    search_fields = ["forecast__race__name", "forecast__race__season__year"]
    date_hierarchy = "scored_at"


@admin.register(Backtest)
class BacktestAdmin(ReadOnlyAdmin[Backtest]):
    """Forecasts of the past, made afterwards: never issued, never sealed."""

    list_display = ["id", "seasons", "stages", "state", "created_at", "n_races"]
    list_filter = ["state"]
    list_select_related = ["cutoff"]
    search_fields = ["asked_by"]
    date_hierarchy = "created_at"


@admin.register(BacktestChunk)
class BacktestChunkAdmin(ReadOnlyAdmin[BacktestChunk]):
    """What one process takes on at once."""

    list_display = ["backtest", "stage", "seasons", "state", "n_begun", "heartbeat_at"]
    list_filter = ["state", "stage"]
    list_select_related = ["backtest"]
    ordering = ["-backtest_id", "id"]


@admin.register(BacktestScore)
class BacktestScoreAdmin(ReadOnlyAdmin[BacktestScore]):
    """How forecasts that were made afterwards fared."""

    list_display = ["race", "stage", "model", "log_loss", "rps", "winner_hit"]
    list_filter = ["stage", "model"]
    list_select_related = ["race"]
    search_fields = ["race__name", "race__season__year"]
    ordering = ["-backtest_id", "-race_id", "stage", "model", "id"]
