"""Addresses and references: how one answer points at another."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse as path_of
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from ingestion.models import Race
from predictions.models import ModelVersion


def reverse(
    viewname: str,
    kwargs: dict[str, Any] | None = None,
    request: Request | None = None,
    format: str | None = None,
) -> str:
    """The one address of a thing, whatever format it was told in."""
    path = path_of(viewname, kwargs=kwargs)
    return request.build_absolute_uri(path) if request else path


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


class OwnAddress(serializers.HyperlinkedIdentityField):
    """The address of a row by one field, mostly its slug."""

    def __init__(self, view: str, field: str = "slug") -> None:
        super().__init__(view_name=f"api:{view}", lookup_field=field)
        self.reverse = reverse


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


class Row(serializers.ModelSerializer[Any]):
    """A row of a list that may be long: what its fields read is settled once a class.

    Fields that depend on who asks (addresses, and what has them) are made each time.
    """

    @classmethod
    def columns_of(cls, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
        """The rows as no more than what is told of them: no objects are made."""
        return rows.values_list(*[_column(field) for field in cls().fields.values()])

    def to_representation(self, instance: Any) -> dict[str, Any]:
        if isinstance(instance, tuple):
            return self._of_columns(instance)
        told = {}
        for name, read, tell in _readers(type(self)):
            value = read(instance)
            tell = tell or self.fields[name].to_representation
            told[name] = None if value is None else tell(value)
        return told

    def _of_columns(self, values: tuple[Any, ...]) -> dict[str, Any]:
        return {
            name: value if value is None or tell is None else tell(value)
            for (name, tell), value in zip(_tellers(type(self)), values, strict=True)
        }


#: Fields that look at the request, or at the serializer they stand in.
OF_THE_ASKER = (
    serializers.BaseSerializer,
    serializers.HyperlinkedRelatedField,
    serializers.SerializerMethodField,
    RaceAddress,
    ModelAddress,
)
Reader = tuple[str, Callable[[Any], Any], Callable[[Any], Any] | None]


@cache
def _readers(row: type[Row]) -> list[Reader]:
    """Name, what it is read from, and how it is told; None: by a field of its own."""
    return [
        (
            name,
            attrgetter(".".join(field.source_attrs)) if field.source_attrs else _itself,
            None if isinstance(field, OF_THE_ASKER) else field.to_representation,
        )
        for name, field in row().fields.items()
    ]


@cache
def _tellers(row: type[Row]) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """Name, and how what stands in its column is told; None: as it stands."""
    return [
        (name, None if isinstance(field, Slug) else field.to_representation)
        for name, field in row().fields.items()
    ]


def _column(field: Any) -> str:
    """The path of a field from its row, for the query."""
    of_slug = ["slug"] if isinstance(field, Slug) else []
    return "__".join([*field.source_attrs, *of_slug])


def _itself(row: Any) -> Any:
    return row


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
