"""An edited result tells the ratings from which race to replay, and whether that race
was held. No signals."""

from collections.abc import Collection
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from f1site.base.admin import RecordAdmin
from ingestion.services.changes import mark_changed
from ingestion.services.versions import note_typed_in

M = TypeVar("M", bound=Model)


def note_changed(race_ids: Collection[int]) -> None:
    mark_changed(race_ids)
    note_typed_in(race_ids)


class ReplayAdmin(RecordAdmin[M]):
    """Rows that ratings are made of; each belongs to a race and stays with it."""

    autocomplete_fields = ["race", "driver", "team"]
    list_select_related = ["race", "driver", "team"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: M | None = None
    ) -> list[str]:
        """A row is corrected within its race; a wrong race is a new row."""
        fixed = [] if obj is None else ["race"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(
        self, request: HttpRequest, obj: Any, form: "ModelForm[M]", change: bool
    ) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            note_changed([obj.race_id])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            note_changed([obj.race_id])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        with transaction.atomic():
            races = set(queryset.order_by().values_list("race_id", flat=True))
            super().delete_queryset(request, queryset)
            note_changed(races)
