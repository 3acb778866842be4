"""What may be taken along as whole tables."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from predictions.api.serializers.addresses import reverse


class ColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField(
        help_text="boolean, integer, number, date, moment, text, list or object"
    )
    about = serializers.CharField(allow_blank=True, help_text="unit and meaning")


class TableOut(serializers.Serializer[Any]):
    """A table by its name."""

    name = serializers.CharField(help_text="in addresses")
    about = serializers.CharField()
    url = serializers.SerializerMethodField()
    columns = ColumnOut(many=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, table: dict[str, Any]) -> str:
        request = self.context.get("request")
        return reverse("api:export", kwargs={"table": table["name"]}, request=request)


class ExportsOut(serializers.Serializer[Any]):
    formats = serializers.ListField(child=serializers.CharField())
    tables = TableOut(many=True)
