"""A CSV file for one sheet of a race, in the admin: looked at first, then stored."""

import base64
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_permission_codename
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from f1site.base.admin import ReferenceAdmin
from ingestion.errors import CorrectionError, SourceFormatError
from ingestion.models import Race
from ingestion.services.tables import BY_NAME
from ingestion.services.upload import UploadReport, export_upload, import_upload
from ingestion.sources.upload import (
    LAYOUTS,
    MAX_BYTES,
    Figure,
    Layout,
    People,
    who_columns,
)

SALT = "ingestion.upload"
#: For so long a file that was looked at can be stored as it was seen.
GOOD_FOR_S = 3600
TEMPLATE = "admin/ingestion/race/upload.html"
if TYPE_CHECKING:
    RaceBase = ReferenceAdmin[Race]
else:
    RaceBase = object


class UploadForm(forms.Form):
    """Which sheet, and the file."""

    sheet = forms.ChoiceField(
        choices=[(layout.key, layout.label) for layout in LAYOUTS.values()]
    )
    file = forms.FileField(label="CSV file")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"Larger than {MAX_BYTES // 1000} kB.")
        return file


class ConfirmForm(forms.Form):
    """The file as it was seen, and why it corrects a source."""

    signed = forms.CharField(widget=forms.HiddenInput, max_length=4 * MAX_BYTES)
    reason = forms.CharField(max_length=500, required=False)
    link = forms.URLField(max_length=500, required=False, assume_scheme="https")


class UploadMixin(RaceBase):
    """Pages below a race for those who may change it."""

    change_form_template = "admin/ingestion/race/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<int:key>/upload/",
                wrap(self.upload),
                name="ingestion_race_upload",
            ),
            path(
                "<int:key>/upload/<slug:sheet>.csv",
                wrap(self.download),
                name="ingestion_race_download",
            ),
        ]
        return [*own, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return [*shown, "upload_link"] if self.has_change_permission(request) else shown

    def upload_link(self, race: Race) -> str:
        url = reverse("admin:ingestion_race_upload", args=[race.pk])
        return format_html('<a href="{}">Upload</a>', url)

    upload_link.short_description = "CSV"  # type: ignore[attr-defined] # of the admin

    def upload(self, request: HttpRequest, key: int) -> HttpResponse:
        race = self._race(request, key)
        if request.method != "POST":
            return self._upload_page(request, race)
        if "signed" in request.POST:
            return self._confirm(request, race)
        return self._look(request, race)

    def download(self, request: HttpRequest, key: int, sheet: str) -> HttpResponse:
        """The sheet as it stands, or its entries to fill in."""
        race = self._race(request, key)
        if sheet not in LAYOUTS:
            raise Http404(f"No sheet is called {sheet}.")
        text = export_upload(race=race, sheet=sheet)
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        name = f"{race.label}-{sheet}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _race(self, request: HttpRequest, key: int) -> Race:
        race = Race.objects.select_related("season").filter(pk=key).first()
        if race is None:
            raise Http404(f"There is no race {key}.")
        if not self.has_change_permission(request, race):
            raise PermissionDenied
        return race

    def _look(self, request: HttpRequest, race: Race) -> HttpResponse:
        """A dry run of the file."""
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._upload_page(request, race, form=form)
        file = form.cleaned_data["file"]
        sheet, content = form.cleaned_data["sheet"], file.read(MAX_BYTES + 1)
        try:
            return self._looked_at(request, race, sheet, file.name[:100], content)
        except (SourceFormatError, CorrectionError) as error:
            return self._upload_page(request, race, form=form, error=error)

    def _looked_at(
        self, request: HttpRequest, race: Race, sheet: str, name: str, content: bytes
    ) -> HttpResponse:
        """What a file would change, and the button that stores it as it was seen."""
        seen = {
            "race": race.pk,
            "user": request.user.pk,
            "sheet": sheet,
            "name": name,
            "content": base64.b85encode(content).decode(),
        }
        report = self._run(request, race, seen, dry_run=True)
        signed = signing.dumps(
            {**seen, "digest": report.digest}, salt=SALT, compress=True
        )
        confirm = ConfirmForm(initial={"signed": signed})
        return self._upload_page(request, race, report=report, confirm=confirm)

    def _confirm(self, request: HttpRequest, race: Race) -> HttpResponse:
        """Store what was looked at, unless the record has changed since."""
        confirm = ConfirmForm(request.POST)
        seen = self._unsigned(request, race, confirm)
        if seen is None:
            messages.error(
                request, "Nothing was stored: look at the file again, within an hour."
            )
            return redirect("admin:ingestion_race_upload", race.pk)
        why = {name: confirm.cleaned_data[name] for name in ("reason", "link")}
        try:
            report = self._run(request, race, seen, dry_run=True)
            if report.digest != seen["digest"]:
                raise SourceFormatError(
                    "The record has changed: look at the file again"
                )
            if report.corrects and not why["reason"].strip():
                confirm.add_error("reason", "A correction needs a reason.")
                return self._upload_page(request, race, report=report, confirm=confirm)
            report = self._run(request, race, seen, **why)
        except (SourceFormatError, CorrectionError) as error:
            return self._upload_page(request, race, error=error)
        told = _told(report)
        self.log_change(request, race, told)
        messages.success(request, told)
        return redirect("admin:ingestion_race_change", race.pk)

    def _unsigned(
        self, request: HttpRequest, race: Race, form: ConfirmForm
    ) -> dict[str, Any] | None:
        if not form.is_valid():
            return None
        try:
            seen: dict[str, Any] = signing.loads(
                form.cleaned_data["signed"], salt=SALT, max_age=GOOD_FOR_S
            )
        except signing.BadSignature:
            return None
        mine = (seen["race"], seen["user"]) == (race.pk, request.user.pk)
        return seen if mine else None

    def _run(
        self, request: HttpRequest, race: Race, seen: dict[str, Any], **how: Any
    ) -> UploadReport:
        if not _may_write(request, seen["sheet"]):
            raise PermissionDenied
        return import_upload(
            race=race,
            sheet=seen["sheet"],
            content=base64.b85decode(seen["content"]),
            filename=seen["name"],
            author=request.user,
            **how,
        )

    def _upload_page(
        self, request: HttpRequest, race: Race, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Upload CSV: {race}",
            "opts": self.model._meta,
            "original": race,
            "form": UploadForm(initial={"sheet": request.GET.get("sheet")}),
            "groups": _groups(race),
            **more,
        }
        status = 422 if more.get("error") else 200
        return TemplateResponse(request, TEMPLATE, context, status=status)


def _may_write(request: HttpRequest, sheet: str) -> bool:
    """A file may do with the rows of a sheet what is done to one of them by hand."""
    opts = BY_NAME[LAYOUTS[sheet].table].model._meta
    names = [get_permission_codename(act, opts) for act in ("add", "change", "delete")]
    return request.user.has_perms([f"{opts.app_label}.{name}" for name in names])


def _told(report: UploadReport) -> str:
    counts = [
        f"{report.count(each)} {each}" for each in ("added", "changed", "removed")
    ]
    way = f"corrects the {report.corrects}" if report.corrects else "stored"
    label = report.layout.label
    return f"{label}: {report.n_rows} rows {way}: {', '.join(counts)}."


def _groups(race: Race) -> list[dict[str, Any]]:
    """Columns, with the files that have them; first those that all files have."""
    groups: dict[tuple[Figure, ...], list[Layout]] = {}
    for layout in LAYOUTS.values():
        groups.setdefault(layout.figures, []).append(layout)
    of_all = {"layouts": [], "figures": who_columns(People(race.label, {}, {}))}
    return [of_all, *({"layouts": v, "figures": k} for k, v in groups.items())]
