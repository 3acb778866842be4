"""Imports and other names in the admin."""

from django.contrib import admin

from f1site.base.admin import ReadOnlyAdmin, RecordAdmin
from ingestion.models import Alias, SourceFetch


@admin.register(SourceFetch)
class SourceFetchAdmin(ReadOnlyAdmin[SourceFetch]):
    """What was imported, from where, and what it did."""

    list_display = ["source", "location", "started_at", "finished_at", "outcome"]
    list_filter = ["source", "outcome"]
    search_fields = ["source", "location", "sha256"]
    date_hierarchy = "started_at"


@admin.register(Alias)
class AliasAdmin(RecordAdmin[Alias]):
    """What other sources call the rows of the record."""

    list_display = ["kind", "alias", "slug"]
    list_filter = ["kind"]
    search_fields = ["alias", "slug"]
