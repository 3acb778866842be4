"""Admins of the record: what a source has is corrected over it, with a reason, after a
look at what follows. What nobody brought is typed in and saved as it is."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from f1site.base.admin import RecordAdmin
from ingestion.errors import CorrectionError
from ingestion.models import Race
from ingestion.services import corrections
from ingestion.services.changes import mark_changed
from ingestion.services.edits import BY_MODEL, Edit
from ingestion.services.figures import (
    as_record,
    encode_row,
    figure_fields,
    fixed_fields,
    identity,
    key_of,
    over,
    rows_about,
    rows_of,
)
from ingestion.services.merge import Table
from ingestion.services.tables import RACES, RATED
from ingestion.services.versions import note_typed_in
from ingestion.services.wording import Line, lines_of, seal_of

M = TypeVar("M", bound=Model)

PAGE = "admin/ingestion/correction_preview.html"
REASON, LINK = "correction_reason", "correction_link"
#: Names of the page itself; whatever else was sent is sent again.
OWN = {"csrfmiddlewaretoken", "_seal", "_edit", REASON, LINK}


def preview_page(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    *,
    lines: Sequence[Line],
    error: str = "",
    **context: Any,
) -> TemplateResponse:
    """What would change and what would follow, to be confirmed with its seal."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "lines": lines,
        "seal": seal_of(lines),
        "error": error,
        **context,
    }
    return TemplateResponse(request, PAGE, context, status=422 if error else 200)


class Unconfirmed(Exception):
    """What an editor typed in, before he has seen what follows."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.edits = edits
        super().__init__()


def reason_field(**options: Any) -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="why the source is wrong",
        **options,
    )


def link_field() -> forms.URLField:
    return forms.URLField(
        label="Link",
        max_length=500,
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text="the document that says so",
    )


class ReasonForm(forms.Form):
    """Why, and who says so."""

    correction_reason = reason_field()
    correction_link = link_field()


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of the record; its figures need a reason where a source has them."""

    correction_reason = reason_field(required=False)
    correction_link = link_field()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.edits():
            return
        if not self.cleaned_data.get(REASON):
            self.add_error(REASON, "A source has this figure: say why it is wrong.")
        elif "_edit" in self.data:
            self.add_error(None, "Nothing is saved yet.")

    def edits(self) -> list[Edit]:
        """What would go over the figures of a source; empty where there is none."""
        row = self.instance
        table = BY_MODEL[type(row)]
        if not is_over_source(row, is_new=row._state.adding):
            return []
        record = as_record(table, row)
        if row._state.adding:
            return [Edit.add(record)]
        stored = rows_of(table).get(pk=row.pk)
        before, after = (encode_row(table, as_record(table, r)) for r in (stored, row))
        fields = {n: getattr(record, n) for n in after if before[n] != after[n]}
        is_figure = not fields.keys().isdisjoint(figure_fields(table))
        return [Edit(table, stored, fields)] if is_figure else []


def is_over_source(row: Any, *, is_new: bool = False) -> bool:
    """Whether an editor's word on a row goes over that of a source.

    A line-up that is typed in stands as a whole; rows that no import takes away are
    added as they are.
    """
    table = BY_MODEL[type(row)]
    if getattr(row, "is_typed_in", False):
        return False
    if is_new and not table.scope and table is not RACES:
        return False
    race = getattr(row, "race_id", None)
    if isinstance(row, Race) and not is_new:
        race = row.pk
    return corrections.is_sourced(table, race=race, kind=getattr(row, "kind", ""))


class CorrectingAdmin(RecordAdmin[M]):
    """Rows of the record, with the way to correct them."""

    form = CorrectionForm
    change_form_template = "admin/ingestion/correcting_change_form.html"
    actions = ["delete_selected"]

    @property
    def table(self) -> Table:
        return BY_MODEL[self.model]

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        shown = [
            (name, {**options, "fields": _without_own(options["fields"])})
            for name, options in fieldsets
        ]
        may = (
            self.has_add_permission(request)
            if obj is None
            else self.has_change_permission(request, obj) and is_over_source(obj)
        )
        words = (
            "What a source has keeps its figure beneath. You see first what follows."
        )
        why = {"fields": [REASON, LINK], "description": words}
        return [*shown, ("Correction", why)] if may else shown

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        """A row is corrected within its race; a wrong race is a new row."""
        fields = [*super().get_readonly_fields(request, obj)]
        if obj is None:
            return fields
        fixed = fixed_fields(self.table) if is_over_source(obj) else set()
        of_race = {"race"} if self.table in RATED else set()
        return [*fields, *sorted((fixed | of_race) - {*fields, "id"})]

    # --- saving -------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Unconfirmed as asked:
            form = ReasonForm(request.POST)
            title = f"Correct {self.opts.verbose_name}"
            return self._page(request, asked.edits, form, title, is_form=True)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        edits = form.edits()
        if not edits:
            self.type_in(request, obj, form, change)
        elif not self._store(request, edits, ReasonForm(request.POST)):
            raise Unconfirmed(edits)
        elif not change:
            key = identity(self.table, edits[0].record)
            obj.pk = rows_about(self.table, key)[-1].pk

    def type_in(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a row as it is."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            self._note([obj])

    def _note(self, rows: Sequence[Any]) -> None:
        if self.table in RATED:
            races = {row.race_id for row in rows}
            mark_changed(races)
            note_typed_in(races)

    # --- deleting -----------------------------------------------------------------

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> Any:
        row = self.get_object(request, unquote(object_id))
        if row is None or not is_over_source(row):
            return super().delete_view(request, object_id, extra_context)
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        return self.act(request, [Edit.remove(row)], f"Remove {row}")

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            self._note([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        with transaction.atomic():
            rows = list(queryset)
            super().delete_queryset(request, queryset)
            self._note(rows)

    @admin.action(
        permissions=["delete"], description="Delete selected %(verbose_name_plural)s"
    )
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[M]) -> Any:
        rows = list(queryset)
        if not any(map(is_over_source, rows)):
            return delete_selected(self, request, queryset)
        edits = [Edit.remove(row) for row in rows]
        return self.act(request, edits, f"Remove {len(rows)} rows")

    # --- looking first ------------------------------------------------------------

    def act(
        self,
        request: HttpRequest,
        edits: Sequence[Edit],
        title: str,
        form: ReasonForm | None = None,
        note: str = "",
    ) -> HttpResponse:
        """Show what edits would do; store them once the editor has seen it."""
        is_sent = "_seal" in request.POST
        form = form or ReasonForm(request.POST if is_sent else None)
        if is_sent and self._store(request, edits, form):
            messages.success(request, f"{title}: done.")
            names = self.opts.app_label, self.opts.model_name
            return redirect("admin:{}_{}_changelist".format(*names))
        return self._page(request, edits, form, title, note=note)

    def _store(
        self, request: HttpRequest, edits: Sequence[Edit], form: ReasonForm
    ) -> bool:
        """Whether they were stored: only what was looked at is."""
        if request.POST.get("_seal") != seal_of(lines_of(edits)) or not form.is_valid():
            return False
        try:
            corrections.correct(
                edits=edits,
                author=request.user,
                reason=form.cleaned_data[REASON],
                link=form.cleaned_data[LINK],
            )
        except CorrectionError:
            return False  # the page says why
        return True

    def _page(
        self,
        request: HttpRequest,
        edits: Sequence[Edit],
        form: ReasonForm,
        title: str,
        is_form: bool = False,
        note: str = "",
    ) -> HttpResponse:
        lines, effects, error = lines_of(edits), {}, ""
        try:
            effects = corrections.preview(edits=edits)
        except CorrectionError as refused:
            error = str(refused)
        own = OWN | set(form.fields)
        return preview_page(
            self,
            request,
            lines=lines,
            title=title,
            effects=effects,
            error=error,
            note=note,
            form=form,
            is_form=is_form,
            carried=[
                (name, value)
                for name, values in request.POST.lists()
                if name not in own
                for value in values
            ],
            media=self.media + form.media,
        )

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: M | None = None,
    ) -> Any:
        if obj is not None and change:
            context["figures"] = self._figures(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _figures(self, obj: M) -> Sequence[Any]:
        stored = rows_of(self.table).filter(pk=obj.pk).first()
        if stored is None:
            return []
        return over(self.table, key_of(self.table, stored)).figures


def _without_own(fields: Sequence[Any]) -> list[Any]:
    """Django lists all fields of a form where an admin does not say which."""
    return [name for name in fields if name not in {REASON, LINK}]
