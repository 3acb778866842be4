"""How whole and how fresh the record is."""

from typing import Any

from rest_framework import serializers

from ingestion import condition
from ingestion.completeness import SeasonShares
from ingestion.models import Season
from predictions.api.serializers.addresses import RaceRef


class HealthQuery(serializers.Serializer[Any]):
    """What the answer can be narrowed down to."""

    season = serializers.IntegerField(
        required=False, help_text="Completeness of this season alone."
    )

    def validate_season(self, year: int) -> int:
        if not Season.objects.filter(year=year).exists():
            raise serializers.ValidationError(f"The record holds no season {year}.")
        return year


class ShareOut(serializers.Serializer[Any]):
    kind = serializers.CharField(source="kind.key")
    have = serializers.IntegerField(source="n", help_text="races that have it")
    of = serializers.IntegerField(help_text="races that should; 0: not expected")


class SeasonOut(serializers.Serializer[SeasonShares]):
    season = serializers.IntegerField(source="year")
    n_races = serializers.IntegerField(help_text="not cancelled")
    n_over = serializers.IntegerField(help_text="held, or their day has passed")
    kinds = ShareOut(source="shares", many=True)


class SourceOut(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment] # a name of ours
    good_at = serializers.DateTimeField(
        allow_null=True, help_text="end of the last good import"
    )
    tried_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(help_text="done, failed, running or killed")
    n_requests = serializers.IntegerField(help_text="in the last hour")
    budget = serializers.IntegerField(
        allow_null=True, help_text="most requests in an hour"
    )
    shut_until = serializers.DateTimeField(
        allow_null=True, help_text="not asked before"
    )
    due_at = serializers.DateTimeField(allow_null=True, help_text="null: not known")


class ImportOut(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment] # a name of ours
    location = serializers.CharField()
    started_at = serializers.DateTimeField()
    outcome = serializers.CharField(help_text="done, failed, running or killed")
    added = serializers.IntegerField(help_text="rows")
    changed = serializers.IntegerField(help_text="rows")
    removed = serializers.IntegerField(help_text="rows")
    error = serializers.CharField(help_text="its first line")


class FindingsOut(serializers.Serializer[Any]):
    disagreements = serializers.IntegerField(help_text="open")
    unknown_names = serializers.IntegerField(help_text="open")


class CorrectionsOut(serializers.Serializer[Any]):
    in_force = serializers.IntegerField(help_text="figures")
    conflicts = serializers.IntegerField(
        help_text="of them those of which the source changed its mind"
    )


class FreshnessOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(list(condition.FRESHNESS.values()))
    confirmed_at = serializers.DateTimeField(
        allow_null=True, help_text="when a source last said so of any race"
    )


class HealthOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField()
    record_since = serializers.IntegerField(
        allow_null=True, help_text="season with which the record begins"
    )
    newest_result = RaceRef(allow_null=True)
    without_result = RaceRef(many=True, help_text="their day has passed")
    completeness = SeasonOut(many=True)
    sources = SourceOut(many=True)
    freshness = FreshnessOut(many=True)
    imports = ImportOut(many=True, help_text="the last ones")
    findings = FindingsOut()
    corrections = CorrectionsOut()
