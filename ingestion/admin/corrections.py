"""Corrections in the admin: who changed what and why, and what waits for a decision."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from f1site.base.admin import ReadOnlyAdmin, SeasonFilter
from ingestion.admin.correcting import preview_page
from ingestion.errors import CorrectionError
from ingestion.models import CorrectedFigure, Correction
from ingestion.services import corrections
from ingestion.services.overlay import subject
from ingestion.services.tables import BY_NAME
from ingestion.services.wording import lines_of_drafts, plain, seal_of

State = CorrectedFigure.State
MAY_DECIDE = "ingestion.change_correction"


def may_decide(request: HttpRequest) -> bool:
    return request.user.has_perm(MAY_DECIDE)


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin[Correction]):
    """Acts of editors, with the way back."""

    list_display = ["made_at", "author", "reason", "figures_in_words", "undone_at"]
    list_select_related = ["author"]
    search_fields = ["reason", "link", "author__email"]
    date_hierarchy = "made_at"
    change_form_template = "admin/ingestion/correction_change_form.html"
    fields = ["made_at", "author", "reason", "link", "undone_at", "undone_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Correction]:
        figures = CorrectedFigure.objects.order_by("id")
        return (
            super().get_queryset(request).prefetch_related(Prefetch("figures", figures))
        )

    @admin.display(description="figures")
    def figures_in_words(self, correction: Correction) -> str:
        states = Counter(f.get_state_display() for f in correction.figures.all())
        return ", ".join(f"{n} {state}" for state, n in states.items()) or "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo)
        name = "ingestion_correction_undo"
        return [path("<int:key>/undo/", view, name=name), *super().get_urls()]

    @method_decorator(require_POST)
    def undo(self, request: HttpRequest, key: int) -> HttpResponse:
        """Show what an undo would do; undo once the editor has seen it."""
        if not may_decide(request):
            raise PermissionDenied
        correction = get_object_or_404(Correction, pk=key)
        try:
            lines = lines_of_drafts(corrections.undoing(correction))
            if request.POST.get("_seal") != seal_of(lines):
                effects = corrections.preview_undo(correction=correction)
                title = f"Undo: {correction}"
                return preview_page(
                    self, request, lines=lines, effects=effects, title=title
                )
            corrections.undo(correction=correction, author=request.user)
        except CorrectionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Undone: the record is as it was before.")
        return redirect("admin:ingestion_correction_change", key)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        correction = kwargs.get("obj")
        figures = list(correction.figures.all()) if correction else []
        in_force = any(f.state in CorrectedFigure.IN_FORCE for f in figures)
        context |= {
            "lines": [(_about(figure), figure) for figure in figures],
            "may_undo": in_force and may_decide(request),
        }
        return super().render_change_form(request, context, *args, **kwargs)


class StateFilter(admin.SimpleListFilter):
    """First of all what waits for an editor."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "all"), *((s.value, str(s.label)) for s in State)]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "waiting for a decision"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset.filter(state__in=CorrectedFigure.OPEN)
        return queryset if value == "all" else queryset.filter(state=value)


@admin.register(CorrectedFigure)
class CorrectedFigureAdmin(ReadOnlyAdmin[CorrectedFigure]):
    """Figures over those of a source; agreed and conflicting ones wait here."""

    list_display = ["about", "editors", "sources", "state", "seen_at", "correction"]
    list_filter = [StateFilter, SeasonFilter, "sheet"]
    list_select_related = ["race", "correction"]
    search_fields = ["sheet", "race__name", "race__season__year", "correction__reason"]
    actions = ["take_sources", "keep_ours"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        counts = Counter(CorrectedFigure.objects.open().values_list("state", flat=True))
        title = (
            f"Corrected figures: {counts[State.CONFLICT]} in conflict with the source,"
            f" {counts[State.AGREED]} that the source has come to agree with"
        )
        return super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    @admin.display(description="figure", ordering="sheet")
    def about(self, figure: CorrectedFigure) -> str:
        return _about(figure)

    @admin.display(description="editor")
    def editors(self, figure: CorrectedFigure) -> str:
        return plain(figure.value)

    @admin.display(description="source")
    def sources(self, figure: CorrectedFigure) -> str:
        return plain(figure.beneath)

    @admin.action(permissions=["decide"], description="Take the source's value")
    def take_sources(
        self, request: HttpRequest, queryset: QuerySet[CorrectedFigure]
    ) -> None:
        self._decide(request, queryset, corrections.retire, "left to the source")

    @admin.action(permissions=["decide"], description="Keep ours")
    def keep_ours(
        self, request: HttpRequest, queryset: QuerySet[CorrectedFigure]
    ) -> None:
        self._decide(request, queryset, corrections.keep, "kept as the editor has them")

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[CorrectedFigure],
        decide: Any,
        words: str,
    ) -> None:
        figures = list(queryset)
        try:
            decide(figures=figures, author=request.user)
        except CorrectionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{len(figures)} figures {words}.")


def _about(figure: CorrectedFigure) -> str:
    name = figure.field or figure.get_action_display()
    return subject(BY_NAME[figure.sheet], figure.key, name)
