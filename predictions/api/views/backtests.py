"""Backtests: what has been computed, and asking for another."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import InScope
from accounts.models import Scope
from f1site.base.limits import CallerLimit, ExpensiveLimit
from ingestion import queries as record
from predictions import spread
from predictions.api import schema
from predictions.api.examples import forecasts as examples
from predictions.api.serializers import backtests as serializers
from predictions.api.views.base import ReadList, ReadOne
from predictions.models import Backtest


class Busy(exceptions.APIException):
    """One at a time."""

    status_code = 409
    default_detail = "A backtest that you asked for is still running. Ask again then."
    default_code = "busy"


@schema.a_list(
    "backtests",
    "All backtests",
    examples.BACKTEST_ROW,
    serializers.BacktestRow,
    text="Forecasts of the past made afterwards, each season by models that saw only"
    " those before it; the newest first.",
)
class Backtests(ReadList[Backtest]):
    """Backtests; one is asked for by POST: ``{"first": 2021, "last": 2024}``."""

    http_method_names = ["get", "head", "options", "post"]
    permission = "accounts.run_backtest"
    scope = Scope.BACKTEST
    queryset = Backtest.objects.order_by("-pk")
    serializer_class = serializers.BacktestRow

    def get_permissions(self) -> list[Any]:
        return [AllowAny() if self.request.method in SAFE_METHODS else InScope()]

    def get_throttles(self) -> list[Any]:
        reads = self.request.method in SAFE_METHODS
        return [CallerLimit()] if reads else [CallerLimit(), ExpensiveLimit()]

    @extend_schema(
        tags=["backtests"],
        summary="Ask for a backtest",
        description="Queued for the workers; it appears in the list once it is begun."
        " One of the same record by the same code is gone on with, not computed anew.",
        request=serializers.BacktestIn,
        responses={
            (202, schema.JSON): serializers.Asked,
            (400, schema.JSON): schema.BAD_VALUE,
            (409, schema.JSON): schema.BUSY,
        },
    )
    def post(self, request: Request) -> Response:
        sent = serializers.BacktestIn(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted = sent.validated_data
        seasons = list(range(wanted["first"], wanted["last"] + 1))
        known = record.seasons_held()
        if unknown := [year for year in seasons if year not in known[1:]]:
            raise exceptions.ValidationError(
                {"first": f"no race of {unknown[0]} is over, or none before it."}
            )
        stages, by = sorted(wanted["stages"]), f"user {request.user.pk}"
        running = Backtest.objects.filter(state=Backtest.State.RUNNING)
        if running.filter(asked_by=by).exists():
            raise Busy
        spread.ask(seasons, stages, by=by)
        asked = {"seasons": seasons, "stages": stages}
        return Response(asked, status=status.HTTP_202_ACCEPTED)


@schema.one("backtests", "One backtest", examples.BACKTEST, serializers.BacktestDetail)
class BacktestView(ReadOne[Backtest]):
    """What came out of it: a table of each stage."""

    queryset = Backtest.objects.all()
    serializer_class = serializers.BacktestDetail

    def get_object(self) -> Backtest:
        self.kwargs = {"pk": self.kwargs["number"]}
        return super().get_object()
