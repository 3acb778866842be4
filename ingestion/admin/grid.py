"""The starting order of a race as a form, for what no source tells before the race.

It writes the file that could be uploaded, and goes the same way from there: looked at
first, then stored.
"""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from ingestion.admin.upload import UploadMixin
from ingestion.errors import CorrectionError, SourceFormatError
from ingestion.grid_draft import DraftSlot, draft_grid
from ingestion.models import GridPenalty, Race
from ingestion.sources.upload import LAYOUTS, dump_upload

SHEET = "grid"
FILE = "the form"
TEMPLATE = "admin/ingestion/race/grid.html"
MOST_SLOTS = 60

if TYPE_CHECKING:
    SlotsBase = forms.BaseFormSet["SlotForm"]
else:
    SlotsBase = forms.BaseFormSet


class SlotForm(forms.Form):
    """Where one entrant starts; with neither slot nor pit lane he does not."""

    driver = forms.CharField(widget=forms.HiddenInput, max_length=100)
    slot = forms.IntegerField(min_value=1, max_value=MOST_SLOTS, required=False)
    from_pit_lane = forms.BooleanField(label="pit lane", required=False)
    penalty_places = forms.IntegerField(
        label="places lost", min_value=0, max_value=200, required=False
    )
    penalty = forms.CharField(label="words", max_length=50, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            label = f"{field.label or name}, {self.initial.get('driver', '')}"
            field.widget.attrs["aria-label"] = label

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("slot") and said.get("from_pit_lane"):
            self.add_error("slot", "Either a slot or the pit lane.")
        return said


class SlotFormSet(SlotsBase):
    """Each slot once, none left out; ``drivers`` are those of the race."""

    drivers: frozenset[str] = frozenset()

    def clean(self) -> None:
        if any(self.errors):
            return
        if {form.cleaned_data.get("driver") for form in self.forms} != self.drivers:
            raise forms.ValidationError("The line-up has changed: open the page again.")
        slots = sorted(
            form.cleaned_data["slot"]
            for form in self.forms
            if form.cleaned_data.get("slot")
        )
        twice = sorted({slot for slot in slots if slots.count(slot) > 1})
        missing = sorted(set(range(1, len(slots) + 1)) - set(slots))
        if not slots:
            raise forms.ValidationError("Nobody has a slot.")
        if twice:
            raise forms.ValidationError(f"Given twice: {_listed(twice)}.")
        if missing:
            raise forms.ValidationError(f"Left out: {_listed(missing)}.")


def _listed(slots: list[int]) -> str:
    return f"slot{'s' * (len(slots) > 1)} {', '.join(map(str, slots))}"


Slots = forms.formset_factory(SlotForm, formset=SlotFormSet, extra=0)


class GridMixin(UploadMixin):
    """The page "Enter the grid" below a race."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.enter_grid)
        own = path("<int:key>/grid/", view, name="ingestion_race_grid")
        return [own, *super().get_urls()]

    def enter_grid(self, request: HttpRequest, key: int) -> HttpResponse:
        race = self._race(request, key)
        if "signed" in request.POST:
            return self._confirm(request, race)
        draft = draft_grid(race)
        slots: Any = Slots(request.POST or None, initial=[row.initial for row in draft])
        slots.drivers = frozenset(row.driver.slug for row in draft)
        if request.method != "POST" or not slots.is_valid():
            return self._grid_page(request, race, draft, slots)
        try:
            return self._looked_at(
                request, race, SHEET, FILE, _file(race, draft, slots)
            )
        except (SourceFormatError, CorrectionError) as error:
            return self._grid_page(request, race, draft, slots, error=error)

    def _grid_page(
        self,
        request: HttpRequest,
        race: Race,
        draft: list[DraftSlot],
        slots: Any,
        error: Exception | None = None,
    ) -> HttpResponse:
        known = {row.driver.slug: row for row in draft}
        context = {
            **self.admin_site.each_context(request),
            "title": f"Enter the grid: {race}",
            "opts": self.model._meta,
            "original": race,
            "slots": slots,
            "rows": [
                (known[slug], form)
                for form in slots.forms
                if (slug := form["driver"].value()) in known
            ],
            "penalties": GridPenalty.objects.filter(race=race).select_related("driver"),
            "error": error,
        }
        status = 422 if error or slots.is_bound else 200
        return TemplateResponse(request, TEMPLATE, context, status=status)


def _file(race: Race, draft: list[DraftSlot], slots: Any) -> bytes:
    """The rows in order of the start, the pit lane behind, without who stays away."""
    known = {row.driver.slug: row for row in draft}
    said = [form.cleaned_data for form in slots.forms]
    starting = [row for row in said if row["slot"] or row["from_pit_lane"]]
    starting.sort(key=lambda row: (row["slot"] is None, row["slot"] or 0))
    lines = [
        known[row["driver"]].line | _figures(row) | {"display_order": order}
        for order, row in enumerate(starting, start=1)
    ]
    return dump_upload(LAYOUTS[SHEET], race.label, lines).encode()


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    names = ("from_pit_lane", "penalty_places", "penalty")
    return {"position": row["slot"], **{name: row[name] for name in names}}
