"""Backtests, and what one asks for."""

from typing import Any

from rest_framework import serializers

from predictions.models import Backtest, Stage

MOST_SEASONS = 10


class BacktestRow(serializers.ModelSerializer[Backtest]):
    number = serializers.IntegerField(source="pk", read_only=True)
    models = serializers.ListField(
        source="model_names", child=serializers.CharField(), read_only=True
    )

    class Meta:
        model = Backtest
        fields = [
            "number",
            "state",
            "seasons",
            "stages",
            "models",
            "n_races",
            "created_at",
            "finished_at",
        ]


class BacktestDetail(BacktestRow):
    class Meta(BacktestRow.Meta):
        fields = [*BacktestRow.Meta.fields, "tables"]


class BacktestIn(serializers.Serializer[Any]):
    first = serializers.IntegerField(min_value=1951, max_value=9999)
    last = serializers.IntegerField(min_value=1951, max_value=9999)
    stages = serializers.MultipleChoiceField(
        choices=Stage.choices, default={Stage.FINAL_GRID.value}, allow_empty=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        n = attrs["last"] - attrs["first"] + 1
        if not 1 <= n <= MOST_SEASONS:
            raise serializers.ValidationError(
                {"last": f"from first on, {MOST_SEASONS} seasons at most."}
            )
        return attrs


class Asked(serializers.Serializer[Any]):
    seasons = serializers.ListField(child=serializers.IntegerField())
    stages = serializers.ListField(child=serializers.CharField())
