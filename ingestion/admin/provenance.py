"""Imports, where rows came from, and other names, in the admin."""

from django.contrib import admin

from f1site.base.admin import ReadOnlyAdmin, RecordAdmin, SeasonFilter
from ingestion.models import (
    Alias,
    LiveWords,
    Provenance,
    RawPayload,
    SourceFetch,
    SourceRequest,
)


@admin.register(SourceFetch)
class SourceFetchAdmin(ReadOnlyAdmin[SourceFetch]):
    """What was imported, from where, and what it did."""

    list_display = ["source", "location", "started_at", "finished_at", "outcome"]
    list_filter = ["source", "outcome"]
    search_fields = ["source", "location", "sha256"]
    date_hierarchy = "started_at"


@admin.register(SourceRequest)
class SourceRequestAdmin(ReadOnlyAdmin[SourceRequest]):
    """What was asked of a source, and what it answered."""

    list_display = ["source", "address", "sent_at", "status", "error", "retry_at"]
    list_filter = ["source", "status"]
    search_fields = ["address"]
    date_hierarchy = "sent_at"


@admin.register(RawPayload)
class RawPayloadAdmin(ReadOnlyAdmin[RawPayload]):
    """Answers kept word for word."""

    list_display = ["sha256", "n_bytes", "kept_at"]
    search_fields = ["sha256"]
    fields = ["sha256", "n_bytes", "kept_at"]


@admin.register(LiveWords)
class LiveWordsAdmin(ReadOnlyAdmin[LiveWords]):
    """What the live source says and no other table has a field for."""

    list_display = ["kind", "key"]
    list_filter = ["kind"]
    search_fields = ["key"]


@admin.register(Provenance)
class ProvenanceAdmin(ReadOnlyAdmin[Provenance]):
    """Which source has the rows of a kind of a race."""

    list_display = ["race", "sheet", "source", "n_rows", "changed_at", "confirmed_at"]
    list_filter = [SeasonFilter, "source", "sheet"]
    list_select_related = ["race"]
    search_fields = ["race__name", "race__season__year", "sheet"]
    ordering = ["-race_id", "sheet"]


@admin.register(Alias)
class AliasAdmin(RecordAdmin[Alias]):
    """What other sources call the rows of the record."""

    list_display = ["source", "kind", "alias", "slug", "first_season", "note"]
    list_filter = ["source", "kind"]
    search_fields = ["alias", "slug"]
