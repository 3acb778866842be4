"""Forecasts, the predictions in them, the models and their scores."""

from typing import Any

from django.db.models import (
    Case,
    IntegerField,
    Prefetch,
    Value,
    When,
    prefetch_related_objects,
)
from rest_framework import serializers as rest
from rest_framework.request import Request
from rest_framework.response import Response

from ingestion import queries as record
from ingestion.models import Race, SessionKind
from predictions import explanations, queries
from predictions.api import filters, schema
from predictions.api.errors import NoExplanation, NoForecast, NotFound
from predictions.api.examples import forecasts as examples
from predictions.api.serializers import forecasts as serializers
from predictions.api.views.base import Readable, ReadList, ReadOne, find_race
from predictions.models import (
    Forecast,
    ModelVersion,
    PredictionAccuracy,
    Stage,
)
from predictions.withdrawals import remaining

#: How much each stage knows.
KNOWN = Case(
    *(When(stage=stage, then=Value(n)) for n, stage in enumerate(Stage)),
    output_field=IntegerField(),
)


class Selection(rest.Serializer[Any]):
    """Which forecast of a race is asked for."""

    kind = rest.ChoiceField(
        [SessionKind.RACE, SessionKind.SPRINT], default=SessionKind.RACE
    )
    stage = rest.ChoiceField(
        Stage.choices, required=False, help_text="the most informed unless told"
    )
    model = rest.CharField(
        required=False, max_length=30, help_text="the primary model unless told"
    )
    version = rest.IntegerField(
        required=False, min_value=1, max_value=99_999, help_text="of the model"
    )
    starters = rest.BooleanField(
        default=False,
        help_text="shares among those who still take part, instead of what was sealed",
    )


def choose(race: Race, wanted: dict[str, Any]) -> Forecast | None:
    """The newest forecast of the most informed stage, of the model that is wanted."""
    if not {"model", "version"} & set(wanted):
        return queries.latest_forecast(race, wanted.get("stage"), wanted["kind"])
    paths = {
        "kind": "kind",
        "stage": "stage",
        "model": "model_version__name",
        "version": "model_version__version",
    }
    chosen = {paths[name]: value for name, value in wanted.items()}
    issued = queries.forecasts_of_race(race, wanted["kind"]).filter(**chosen)
    return issued.order_by(KNOWN.desc(), "late", "-issued_at", "-id").first()


def with_predictions(forecast: Forecast) -> Forecast:
    """Fetch the rows of a forecast from the one partition that holds them."""
    rows = Prefetch("predictions", queries.predictions_of(forecast))
    prefetch_related_objects([forecast], rows)
    return forecast


@schema.a_list("forecasts", "All forecasts", examples.FORECAST, serializers.ForecastRow)
class Forecasts(ReadList[Forecast]):
    """Every forecast ever issued, of races and of sprints, the newest first. None is
    ever changed."""

    serializer_class = serializers.ForecastRow
    filterset_class = filters.ForecastFilter
    queryset = Forecast.objects.select_related("race", "model_version")
    orderings = {"issued_at": "issued_at", "starts_on": "race__starts_on"}
    default_ordering = ["-issued_at"]


@schema.one(
    "forecasts",
    "One forecast",
    examples.FORECAST_DETAIL,
    serializers.ForecastDetail,
    text="A forecast by the hash of its content, with its predictions.",
)
class ForecastView(ReadOne[Forecast]):
    """A forecast, by the hash of its content, with its predictions."""

    serializer_class = serializers.ForecastDetail
    queryset = Forecast.objects.select_related("race", "model_version")
    lookup_field = "content_hash"

    def get_object(self) -> Forecast:
        return with_predictions(super().get_object())


@schema.described(
    "forecasts",
    "Why a forecast gives its chances",
    examples.EXPLANATION,
    answer=serializers.Explanation,
    text="Each driver's chance to win taken apart, the favourite first. The log odds"
    " of the facts add up to the difference of log p_win from the mean of the field,"
    " the points of the groups to p_win less an even chance.",
    errors={404: schema.NO_EXPLANATION},
)
class ExplanationView(ReadOne[Forecast]):
    """The reasons of a forecast."""

    serializer_class = serializers.Explanation
    queryset = Forecast.objects.select_related("race", "model_version")
    lookup_field = "content_hash"

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        forecast = self.get_object()
        try:
            why = explanations.why(forecast)
        except explanations.UnexplainedError as error:
            raise NoExplanation(str(error)) from error
        told = self.get_serializer({"forecast": forecast, "why": why})
        return Response(told.data)


@schema.described(
    "predictions",
    "Forecast of one race",
    examples.PREDICTIONS,
    answer=serializers.RacePredictions,
    text="The chances of every driver in one race: the newest forecast of the most"
    " informed stage by the primary model, unless `stage` or `model` say otherwise."
    " With `kind=sprint` those of the sprint of its weekend. `late` marks one that was"
    " issued after lights out and never counts."
    " With `starters=true` the chances of those who have withdrawn since are shared out"
    " among the others, and `withdrawn` names them.",
    errors={400: schema.BAD_VALUE, 404: schema.NO_FORECAST},
    parameters=[schema.YEAR, schema.ROUND, Selection],
)
class Predictions(Readable):
    """The forecast of one race."""

    def get(self, request: Request, year: int, round: str) -> Response:
        return self.answer(request, find_race(year, round))

    def answer(self, request: Request, race: Race) -> Response:
        asked = Selection(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        among_starters = wanted.pop("starters")
        forecast = choose(race, wanted)
        if forecast is None:
            raise NoForecast(_what_to_do(race, wanted))
        forecast.race = race
        told = serializers.RacePredictions(
            with_predictions(forecast), context={"request": request}
        ).data
        return Response(told | _shared_out(forecast) if among_starters else told)


@schema.described(
    "predictions",
    "Forecast of the next race",
    examples.PREDICTIONS,
    answer=serializers.RacePredictions,
    text="As the forecast of one race, for the earliest race that is neither"
    " cancelled nor has a result.",
    errors={400: schema.BAD_VALUE, 404: schema.NO_FORECAST},
    parameters=[Selection],
)
class NextPredictions(Predictions):
    """The forecast of the next race."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        race = record.next_race()
        if race is None:
            raise NotFound(
                "The record holds no race to come. Load a newer calendar:"
                " ./run manage ingest_archive.",
                "no_next_race",
            )
        return self.answer(request, race)


def _shared_out(forecast: Forecast) -> dict[str, Any]:
    """What stands of a forecast among those who still take part."""
    now = remaining(forecast)
    return {
        "withdrawn": [driver.slug for driver in now.withdrawn],
        "predictions": serializers.PredictionRow(now.rows, many=True).data,
    }


def _what_to_do(race: Race, wanted: dict[str, Any]) -> str:
    """Why there is nothing to answer, and how to change that."""
    kind = wanted["kind"]
    issued = race.forecasts.filter(kind=kind).values_list(
        "stage", "model_version__name"
    )
    known = sorted({f"{model} {stage}" for stage, model in issued.order_by()})
    is_sprint = kind == SessionKind.SPRINT
    what = f"sprint of the {race}" if is_sprint else f"{race}"
    if is_sprint and not race.is_sprint_weekend:
        return f"The {race} has no sprint."
    if known:
        return f"No such forecast of the {what}. Issued: {', '.join(known)}."
    option = " --sprint" if is_sprint else ""
    return (
        f"No forecast of the {what} was issued yet."
        f" Issue one: ./run manage forecast --race {race.label}{option}."
    )


@schema.a_list("models", "All models", examples.MODEL, serializers.ModelRow)
class Models(ReadList[ModelVersion]):
    """Every version of every model, by name."""

    serializer_class = serializers.ModelRow
    filterset_class = filters.ModelFilter
    queryset = queries.model_versions()
    search_fields = ["name"]
    orderings = {"name": "name", "version": "version", "trained_at": "trained_at"}
    default_ordering = ["name", "-version"]


@schema.one("models", "One model", examples.MODEL_DETAIL, serializers.ModelDetail)
class ModelView(ReadOne[ModelVersion]):
    """A version of a model: what it saw, what it is."""

    serializer_class = serializers.ModelDetail
    queryset = queries.model_versions()


@schema.a_list("accuracy", "Scores", examples.ACCURACY, serializers.AccuracyRow)
class Accuracy(ReadList[PredictionAccuracy]):
    """How every scored forecast of a race fared, or with ``kind=sprint`` of a sprint,
    against the newest version of its result or, with ``result_version``, against an
    older one."""

    serializer_class = serializers.AccuracyRow
    queryset = PredictionAccuracy.objects.select_related(
        "forecast__race", "forecast__model_version", "result_version"
    ).defer("result_version__rows")
    filterset_class = filters.AccuracyFilter
    orderings = {
        "starts_on": "forecast__race__starts_on",
        "scored_at": "scored_at",
        "log_loss": "log_loss",
        "brier": "brier",
        "rps": "rps",
    }
    default_ordering = ["-forecast__race__starts_on"]
