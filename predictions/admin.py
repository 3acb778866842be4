"""Ratings, models, forecasts and scores in the admin: to look at; models to promote.

The ratings stand here too: nobody edits them, and one module shows all that
machines wrote about a race.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from f1site.base.admin import ReadOnlyAdmin, SeasonFilter, Stock
from ingestion.admin.entrants import DriverAdmin, TeamAdmin
from ingestion.models import Driver, Team
from predictions import services
from predictions.models import (
    Backtest,
    BacktestChunk,
    BacktestScore,
    Forecast,
    ForecastInputs,
    ModelEvent,
    ModelVersion,
    Prediction,
    PredictionAccuracy,
)
from ratings.models import DriverRanking, RatedRace, RatingChange, RatingRun
from ratings.queries import with_rating


class Rated(Stock[Any]):
    """Rows of the record with the rating that no row of it has."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_rating(super().get_queryset(request))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_display(request), "rating"]

    @admin.display(ordering="rating", empty_value="–")
    def rating(self, row: Any) -> str | None:
        return None if row.rating is None else f"{row.rating:.0f}"


admin.site.unregister([Driver, Team])


@admin.register(Driver)
class RatedDriverAdmin(Rated, DriverAdmin):
    """Drivers as the record has them, and how they are rated."""


@admin.register(Team)
class RatedTeamAdmin(Rated, TeamAdmin):
    """Teams as the record has them, and how they are rated."""


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


class ReasonForm(ActionForm):
    """Why; the ledger keeps it."""

    reason = forms.CharField(max_length=500, required=False)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin[ModelVersion]):
    """Fitted models, and who of them speaks. Promotion goes through the gate."""

    list_display = ["name", "version", "status", "trained_at", "cutoff", "last_event"]
    list_filter = ["name", "status"]
    list_select_related = ["cutoff"]
    search_fields = ["name", "data_hash"]
    date_hierarchy = "trained_at"
    actions = ["promote", "roll_back", "shadow", "unshadow"]
    action_form = ReasonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return super().get_queryset(request).prefetch_related("events")

    @admin.display(description="last event")
    def last_event(self, version: ModelVersion) -> str:
        last = next(iter(version.events.all()), None)
        return f"{last.get_what_display()}: {last.reason}" if last else ""

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictions.promote_modelversion")

    @admin.action(permissions=["promote"], description="Promote, through the gate")
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        self._decide(request, queryset, "is primary", services.promote_version)

    @admin.action(permissions=["promote"], description="Roll back, for a reason")
    def roll_back(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if not request.POST.get("reason", "").strip():
            messages.error(request, "A roll-back needs a reason. Nothing was changed.")
            return
        self._decide(request, queryset, "is rolled back", services.roll_back_from)

    @admin.action(permissions=["promote"], description="Put into the shadow")
    def shadow(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        self._decide(request, queryset, "is in the shadow", partial(_shadow, on=True))

    @admin.action(permissions=["promote"], description="Take out of the shadow")
    def unshadow(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        act = partial(_shadow, on=False)
        self._decide(request, queryset, "is out of the shadow", act)

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[ModelVersion],
        what: str,
        act: Callable[..., object],
    ) -> None:
        """One version at a time: each decision is one line of the ledger."""
        chosen = list(queryset)
        if len(chosen) != 1:
            messages.error(request, "Choose one version. Nothing was changed.")
            return
        (version,) = chosen
        try:
            act(version, reason=request.POST.get("reason", ""), user=request.user)
        except services.PromotionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{version} {what}.")


def _shadow(version: ModelVersion, *, on: bool, **why: Any) -> None:
    services.set_shadow(version, on, **why)


@admin.register(ModelEvent)
class ModelEventAdmin(ReadOnlyAdmin[ModelEvent]):
    """The ledger of models. The database refuses any change."""

    list_display = ["at", "version", "what", "reason", "user"]
    list_filter = ["what", "version__name"]
    list_select_related = ["version", "user"]
    search_fields = ["reason", "version__name"]
    date_hierarchy = "at"


@admin.register(Forecast)
class ForecastAdmin(ReadOnlyAdmin[Forecast]):
    """What was said of each race. Sealed: the database refuses any change."""

    list_display = [
        "race",
        "kind",
        "stage",
        "model_version",
        "issued_at",
        "late",
        "is_primary",
    ]
    list_filter = [
        SeasonFilter,
        "kind",
        "stage",
        "late",
        "is_primary",
        "model_version__name",
    ]
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
        "kind",
        "stage",
        "model_of",
        "driver",
        "team",
        "p_win",
        "p_podium",
        "expected_position",
    ]
    list_filter = [SeasonFilter, "forecast__kind", "forecast__stage", "is_favorite"]
    list_select_related = ["race", "forecast__model_version", "driver", "team"]
    search_fields = ["driver__name", "race__name", "race__season__year"]
    ordering = ["-race_id", "-forecast_id", "-p_win", "id"]

    @admin.display(description="kind")
    def kind(self, prediction: Prediction) -> str:
        return prediction.forecast.kind

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
    list_filter = ["is_current", "winner_hit", "forecast__kind", "forecast__stage"]
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
