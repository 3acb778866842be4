"""Imports, where rows came from, and other names, in the admin."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from f1site.base import outbox
from f1site.base.admin import ReadOnlyAdmin, RecordAdmin, SeasonFilter
from ingestion.models import (
    Alias,
    LiveWords,
    Provenance,
    RawPayload,
    Source,
    SourceFetch,
    SourceRequest,
)
from ingestion.tasks import replay_live_task


@admin.register(SourceFetch)
class SourceFetchAdmin(ReadOnlyAdmin[SourceFetch]):
    """What was imported, from where, and what it did."""

    list_display = ["source", "location", "started_at", "finished_at", "outcome"]
    list_filter = ["source", "outcome"]
    search_fields = ["source", "location", "sha256"]
    date_hierarchy = "started_at"
    actions = ["replay"]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ingestion.change_race")

    @admin.action(permissions=["replay"], description="Replay from the kept answers")
    def replay(self, request: HttpRequest, queryset: QuerySet[SourceFetch]) -> None:
        """Have imports read again what the live source once answered."""
        chosen = list(queryset.order_by("started_at"))
        if any(fetch.source != Source.LIVE for fetch in chosen):
            said = "Only of the live source are the answers kept. Nothing is replayed."
            messages.error(request, said)
            return
        outbox.send_all(replay_live_task, [(fetch.pk,) for fetch in chosen])
        for fetch in chosen:
            messages.success(request, _replayed(fetch))


def _replayed(fetch: SourceFetch) -> str:
    name = f"replay of import {fetch.pk}"
    ledger = reverse("admin:base_jobrun_changelist", query={"q": name})
    return format_html(
        "{} is read again from the answers that are kept; the source is not asked, and"
        " corrections stay. What it did will stand at the top of this list, how it"
        ' ended in <a href="{}">the job ledger</a>.',
        fetch.location,
        ledger,
    )


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
