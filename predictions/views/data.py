"""What the record holds, where it came from, and where its sources disagree."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from f1site.base import clock
from ingestion import completeness, condition
from ingestion.completeness import KINDS
from ingestion.models import Finding, Season
from ingestion.origins import source_label
from ingestion.services.findings import in_words
from predictions import ledger
from predictions.charts import words
from predictions.views import parts
from predictions.views.downloads import csv_file
from predictions.views.fragments import HtmxHttpRequest, render_part
from predictions.views.presenters.data import (
    Cell,
    CompletenessRow,
    FindingRow,
    KindRow,
    MissingRow,
    SourceRow,
)
from predictions.views.presenters.frame import Choice, Kpi

CORRECT = "ingestion.add_correction"
LOOK_AT_IMPORTS = "ingestion.view_sourcefetch"
#: Where an editor mends what a race lacks of a kind: a page of it, or a new row of it.
OF_RACE = {
    "calendar": "race_change",
    "practice": "race_upload",
    "qualifying": "race_upload",
    "grid": "race_grid",
    "sprint": "race_upload",
    "results": "race_upload",
}
NEW_ROW = {
    "sessions": "session_add",
    "entries": "entry_add",
    "standings": "driverstanding_add",
    "weather": "weatherdata_add",
}
#: Of a kind whose sheet is called otherwise.
SHEETS = {"practice": "fp1"}
NO_TIME = timedelta()


@require_safe
def data_health(request: HtmxHttpRequest) -> HttpResponse:
    may_correct = request.user.has_perm(CORRECT)
    context = completeness_context(asked_season(request), may_correct=may_correct)
    if request.htmx and not request.htmx.history_restore_request:
        return render_part(request, "data", "data_completeness", context)
    return render_part(request, "data", "data", context | _health(request, may_correct))


@require_safe
def completeness_csv(request: HttpRequest) -> HttpResponse:
    """The table that is shown, as a file."""
    year = asked_season(request)
    name = f"completeness-{year}" if year else "completeness"
    head, *lines = _race_lines(year) if year else _season_lines()
    return csv_file(name, head, lines)


def asked_season(request: HttpRequest) -> int | None:
    """The season that the address asks for; None: all of them."""
    asked = request.GET.get("season", "")
    if not asked:
        return None
    is_year = asked.isascii() and asked.isdigit() and len(asked) == len("2024")
    if not is_year or not Season.objects.filter(year=int(asked)).exists():
        raise Http404(f"The record holds no season {asked}.")
    return int(asked)


# --- completeness -----------------------------------------------------------------
def completeness_context(year: int | None, *, may_correct: bool) -> dict[str, Any]:
    rows = _of_season(year, may_correct) if year else _by_season()
    query = f"?season={year}" if year else ""
    return {
        "season": year,
        "may_correct": may_correct,
        "seasons": _choices(year, rows),
        "kinds": KINDS,
        "rows": rows,
        "csv_url": reverse("data-csv") + query,
        "json_url": reverse("api:data-health") + query,
    }


def _choices(year: int | None, rows: list[CompletenessRow]) -> list[Choice]:
    """The seasons of the table, or of the record where the table shows one."""
    known = Season.objects.order_by("-year").values_list("year", flat=True)
    years = [str(y) for y in known] if year else [row.label for row in rows]
    return [
        Choice(label=y, url=f"?season={y}", is_active=y == str(year)) for y in years
    ]


def _by_season() -> list[CompletenessRow]:
    address = reverse("data")
    return [
        CompletenessRow(
            label=str(season.year),
            url=f"{address}?season={season.year}",
            note=_held(season.n_over, season.n_races),
            cells=[_share(season.year, share) for share in season.shares],
        )
        for season in completeness.by_season()
    ]


def _held(n_over: int, n_races: int) -> str:
    return str(n_races) if n_over == n_races else f"{n_over} of {n_races}"


def _share(year: int, share: completeness.Share) -> Cell:
    if not share.of:
        return Cell(text=words.DASH, tone="off", reading=f"{year}: not expected")
    tone = "full" if share.n == share.of else "part" if share.n else "none"
    text = str(share.n) if tone == "full" else f"{share.n}/{share.of}"
    reading = f"{year}: {share.n} of {share.of} races, {share.kind.what}"
    url = "" if tone == "full" else f"{reverse('data')}?season={year}"
    return Cell(text=text, tone=tone, reading=reading, url=url)


def _of_season(year: int, may_correct: bool) -> list[CompletenessRow]:
    return [
        CompletenessRow(
            label=sheets.name.removesuffix(" Grand Prix"),
            url=reverse("race", args=[year, sheets.round]) if sheets.round else "",
            note="" if sheets.is_over else "ahead",
            cells=[
                _count(sheets, kind, n, may_correct)
                for kind, n in zip(KINDS, sheets.counts, strict=True)
            ],
        )
        for sheets in completeness.of_season(year)
    ]


def _count(
    sheets: completeness.Sheets, kind: completeness.Kind, n: int | None, may_mend: bool
) -> Cell:
    race = sheets.name
    if n is None:
        return Cell(text=words.DASH, tone="off", reading=f"{race}: not expected")
    if not n:
        url = mended_at(sheets.race, kind.key) if may_mend else ""
        reading = f"{race}: none, {kind.what}"
        return Cell(text="none", tone="none", reading=reading, url=url)
    text = str(n) if kind.rows else "known"
    return Cell(text=text, tone="full", reading=f"{race}: {text}, {kind.what}")


def mended_at(race: int, kind: str) -> str:
    """The page of the admin on which an editor enters what a race lacks."""
    if kind in NEW_ROW:
        return f"{reverse(f'admin:ingestion_{NEW_ROW[kind]}')}?race={race}"
    name = OF_RACE[kind]
    address = reverse(f"admin:ingestion_{name}", args=[race])
    is_upload = name == "race_upload"
    return f"{address}?sheet={SHEETS.get(kind, kind)}" if is_upload else address


def _season_lines() -> list[list[Any]]:
    head = ["season", "races", "held"]
    head += [f"{kind.key}_{part}" for kind in KINDS for part in ("have", "of")]
    return [head] + [
        [
            season.year,
            season.n_races,
            season.n_over,
            *(figure for share in season.shares for figure in (share.n, share.of)),
        ]
        for season in completeness.by_season()
    ]


def _race_lines(year: int) -> list[list[Any]]:
    """Rows of each sheet; an empty cell where none are to be expected."""
    head = ["season", "round", "race", *(kind.key for kind in KINDS)]
    return [head] + [
        [year, sheets.round, sheets.name, *sheets.counts]
        for sheets in completeness.of_season(year)
    ]


# --- the rest of the page ---------------------------------------------------------
def _health(request: HtmxHttpRequest, may_correct: bool) -> dict[str, Any]:
    findings = condition.findings()
    return {
        "kpis": _kpis(findings, *condition.corrections(), may_correct=may_correct),
        "missing": [
            MissingRow(
                label=parts.race_label(race),
                url=parts.race_url(race),
                edit_url=mended_at(race.pk, "results") if may_correct else "",
            )
            for race in condition.without_result()
        ],
        "sources": [_source(state) for state in condition.sources()],
        "ages": [_kind(*told) for told in condition.heard().items()],
        "imports": condition.imports(),
        "jobs": ledger.states(),
        "may_look": request.user.has_perm(LOOK_AT_IMPORTS) and request.user.is_staff,
        "findings": _findings(findings, may_correct=may_correct),
        "n_open": findings.n_disagreements + findings.n_unknown,
    }


def _kpis(
    found: condition.Findings, in_force: int, conflicts: int, *, may_correct: bool
) -> list[Kpi]:
    """Those who may correct are led to what waits for them."""

    def led(name: str, query: str = "") -> str:
        address = reverse(f"admin:ingestion_{name}_changelist") + query
        return address if may_correct else ""

    return [
        Kpi(
            label="Figures that sources disagree about",
            figure=str(found.n_disagreements),
            note="open; the record keeps the archive’s until an editor decides",
            url=led("finding", "?kind=disagreement&resolved_at__isempty=1"),
        ),
        Kpi(
            label="Unknown names",
            figure=str(found.n_unknown),
            note="open; added as newcomers, never guessed",
            url=led("finding", "?kind=unknown&resolved_at__isempty=1"),
        ),
        Kpi(
            label="Corrections in force",
            figure=str(in_force),
            note=f"{conflicts or 'none'} in conflict with what the source says now",
            url=led("correctedfigure"),
        ),
    ]


def _age(moment: datetime | None) -> str:
    return words.span(max(clock.now() - moment, NO_TIME)) if moment else ""


def _kind(kind: str, heard_at: datetime | None) -> KindRow:
    label = kind.replace("_", " ").capitalize()
    return KindRow(label=label, heard_at=heard_at, age=_age(heard_at))


def _source(state: condition.SourceState) -> SourceRow:
    asked = f"{state.n_requests} of {state.budget}" if state.budget else ""
    return SourceRow(
        label=state.label,
        good_at=state.good_at,
        age=_age(state.good_at),
        tried_at=state.tried_at,
        outcome=state.outcome,
        asked=asked or (str(state.n_requests) if state.n_requests else ""),
        shut_until=state.shut_until,
        due_at=state.due_at,
    )


def _findings(found: condition.Findings, *, may_correct: bool) -> list[FindingRow]:
    return [
        FindingRow(
            subject=finding.subject,
            url=parts.race_url(finding.race) if finding.race else "",
            what=_what(finding),
            ours=in_words(finding, finding.ours),
            theirs=in_words(finding, finding.theirs),
            source=source_label(finding.source),
            since=finding.first_seen_at,
            edit_url=reverse("admin:ingestion_finding_decide", args=[finding.pk])
            if may_correct
            else "",
        )
        for finding in found.shown
    ]


def _what(finding: Finding) -> str:
    sheet = finding.sheet.replace("_", " ")
    field = finding.field.removesuffix("_ms").replace("_", " ")
    return f"{sheet}, {field}" if field else sheet
