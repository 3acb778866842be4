"""Corrections in the admin: who changed what, and why."""

from django.contrib import admin

from f1site.base.admin import ReadOnlyAdmin, SeasonFilter
from ingestion.models import CorrectedFigure, Correction


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin[Correction]):
    """Acts of editors."""

    list_display = ["made_at", "author", "reason", "link", "undone_at"]
    search_fields = ["reason", "link"]
    date_hierarchy = "made_at"


@admin.register(CorrectedFigure)
class CorrectedFigureAdmin(ReadOnlyAdmin[CorrectedFigure]):
    """Figures that stand over those of a source."""

    list_display = ["sheet", "key", "field", "value", "beneath", "state"]
    list_filter = [SeasonFilter, "state", "sheet"]
    list_select_related = ["race", "correction"]
    search_fields = ["sheet", "race__name", "race__season__year"]
