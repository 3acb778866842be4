"""Addresses and references: how one answer points at another."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from ingestion.models import Race
from predictions.models import ModelVersion


def race_key(race: Race) -> dict[str, Any]:
    """The parts of a race's address; a cancelled race has no round."""
    return {"year": race.season_id, "round": race.round or race.grand_prix}


class Slug(serializers.SlugRelatedField[Any]):
    """A driver, team or circuit, by its natural key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", read_only=True, **kwargs)


class Number(serializers.FloatField):
    """A decimal of the record as a JSON number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)


class Text(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)


class SlugAddress(serializers.HyperlinkedIdentityField):
    """The address of a row that has a slug."""

    def __init__(self, view: str) -> None:
        super().__init__(view_name=f"api:{view}", lookup_field="slug")


@extend_schema_field(OpenApiTypes.URI)
class RaceAddress(serializers.Field[Race, None, str, Any]):
    """The address of a race, or of something below it."""

    def __init__(self, view: str = "race", source: str = "*") -> None:
        super().__init__(source=source, read_only=True)
        self.view = view

    def to_representation(self, race: Race) -> str:
        request = self.context.get("request")
        return reverse(f"api:{self.view}", kwargs=race_key(race), request=request)


@extend_schema_field(OpenApiTypes.URI)
class ModelAddress(serializers.Field[ModelVersion, None, str, Any]):
    """The address of a version of a model."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, model: ModelVersion) -> str:
        key = {"name": model.name, "version": model.version}
        return reverse("api:model", kwargs=key, request=self.context.get("request"))


class RaceRef(serializers.Serializer[Race]):
    """Which race: the parts of its key, its name, its address."""

    season = serializers.IntegerField(source="season_id")
    round = serializers.IntegerField(allow_null=True, help_text="null: cancelled")
    name = serializers.CharField()
    url = RaceAddress()


class ModelRef(serializers.Serializer[ModelVersion]):
    """Which version of which model."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    url = ModelAddress()
