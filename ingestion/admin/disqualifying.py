"""A disqualification in the admin: one act, and everybody behind moves up."""

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from ingestion.admin.correcting import CorrectingAdmin, ReasonForm
from ingestion.models import RaceResult, ResultStatus, SprintResult
from ingestion.services.disqualify import disqualify, keeps_gaps

GAPS_STAY = (
    "Gaps stay those to the winner who is taken out: the times to work them out anew"
    " are not known. Correct them where the stewards publish them."
)
R = TypeVar("R", RaceResult, SprintResult)


class DisqualifyForm(ReasonForm):
    """Why, and whether points move up, too."""

    move_points = forms.BooleanField(
        required=False,
        label="Those behind take the points of their new places",
        help_text="Standings are sheets of their own: correct them where they follow.",
    )


class DisqualifyingAdmin(CorrectingAdmin[R]):
    """Classifications of which somebody can be taken out."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_disqualify"
        view = self.admin_site.admin_view(self.disqualify)
        return [path("<int:key>/disqualify/", view, name=name), *super().get_urls()]

    def disqualify(self, request: HttpRequest, key: int) -> HttpResponse:
        row = self.model._default_manager.filter(pk=key).first()
        if row is None:
            raise Http404("There is no such result.")
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = DisqualifyForm(request.POST if request.method == "POST" else None)
        edits = disqualify(row, move_points="move_points" in request.POST)
        note = GAPS_STAY if row.position == 1 and keeps_gaps(row) else ""
        return self.act(request, edits, f"Disqualify {row}", form, note)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        row = kwargs.get("obj")
        context["may_disqualify"] = (
            row is not None
            and row.status != ResultStatus.DISQUALIFIED
            and self.has_change_permission(request, row)
        )
        return super().render_change_form(request, context, *args, **kwargs)
