"""What a human eye should see, and what it decides."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from f1site.base.admin import ReadOnlyAdmin, SeasonFilter
from ingestion.errors import CorrectionError
from ingestion.models import Finding
from ingestion.services import corrections, findings
from ingestion.services.wording import lines_of, seal_of

CORRECT = "ingestion.add_correction"
TEMPLATE = "admin/ingestion/finding/decide.html"


class DismissForm(ActionForm):
    """Why the findings that are ticked need no correction."""

    reason = forms.CharField(max_length=200, required=False)


class DecideForm(forms.Form):
    reason = forms.CharField(max_length=200)
    link = forms.URLField(max_length=500, required=False, assume_scheme="https")


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin[Finding]):
    """Unknown names, and figures that sources disagree about."""

    list_display = ["kind", "subject", "field", "ours", "theirs", "race", "resolved_at"]
    list_filter = [
        SeasonFilter,
        "kind",
        ("resolved_at", admin.EmptyFieldListFilter),
        "source",
        "sheet",
    ]
    list_select_related = ["race"]
    search_fields = ["subject", "race__name", "race__season__year"]
    actions = ["dismiss"]
    action_form = DismissForm

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CORRECT)

    @admin.action(description="Dismiss, for a reason", permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Finding]) -> None:
        reason = request.POST.get("reason", "")
        try:
            n = findings.resolve(findings=queryset, reason=reason)
        except ValueError:
            messages.error(request, "A dismissal needs a reason. Nothing was changed.")
        else:
            messages.success(request, f"{n} dismissed.")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        decide = path(
            "<int:key>/decide/", wrap(self.decide), name="ingestion_finding_decide"
        )
        return [decide, *super().get_urls()]

    def decide(self, request: HttpRequest, key: int) -> HttpResponse:
        """Dismiss a finding, or take over what the source says after a look."""
        finding = Finding.objects.select_related("race").filter(pk=key).first()
        if finding is None:
            raise Http404(f"There is no finding {key}.")
        if not self.has_decide_permission(request):
            raise PermissionDenied
        form = DecideForm(request.POST or None)
        act = request.POST.get("act", "")
        if not act or not form.is_valid():
            return self._page(request, finding, form=form)
        try:
            if act == "look" or (act == "take" and not _was_seen(request, finding)):
                return self._look(request, finding, form)
            told = self._act(request, finding, act, **form.cleaned_data)
        except CorrectionError as error:
            return self._page(request, finding, form=form, error=error)
        messages.success(request, told)
        return redirect("admin:ingestion_finding_changelist")

    def _look(
        self, request: HttpRequest, finding: Finding, form: DecideForm
    ) -> HttpResponse:
        edit = findings.edit_to_take(finding)
        effects = corrections.preview(edits=[edit])
        seal = seal_of(lines_of([edit]))
        return self._page(request, finding, form=form, seal=seal, effects=effects)

    def _act(
        self, request: HttpRequest, finding: Finding, act: str, reason: str, link: str
    ) -> str:
        if act == "take":
            findings.take(
                finding=finding, author=request.user, reason=reason, link=link
            )
            return f"{finding.subject}: what the source says is taken over."
        findings.resolve(findings=[finding], reason=reason)
        return f"{finding.subject}: dismissed."

    def _page(
        self, request: HttpRequest, finding: Finding, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Decide: {finding.subject}",
            "opts": self.model._meta,
            "finding": finding,
            "ours": findings.in_words(finding, finding.ours),
            "theirs": findings.in_words(finding, finding.theirs),
            "can_take": findings.edit_of(finding) is not None,
            **more,
        }
        return TemplateResponse(request, TEMPLATE, context)


def _was_seen(request: HttpRequest, finding: Finding) -> bool:
    """Whether what is taken over is still what was looked at."""
    edit = findings.edit_to_take(finding)
    return request.POST.get("_seal") == seal_of(lines_of([edit]))
