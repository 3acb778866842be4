"""The cards of a race page as files: of the forecast that the page shows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ingestion.models import Race, SessionKind
from predictions.tables import plain
from predictions.views.downloads import FORMS, table_file
from predictions.views.forecasts import forecast_context
from predictions.views.presenters.why import WhyRows
from predictions.views.races import race_or_404, scores_of
from predictions.views.stored import chance_of_winner
from predictions.views.versions import Edition, edition
from predictions.views.weekend import TABLES
from predictions.views.why import FIRST, why_block

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]
FORECAST = (
    "rank",
    "driver",
    "code",
    "team",
    "grid",
    "p_win",
    "p_podium",
    "p_points",
    "p_dnf",
    "expected_position",
    "low",
    "high",
    "result",
)
MATES = ("driver", "mate", "team", "p_ahead", "was_ahead")
SCORES = (
    "model",
    "version",
    "is_ours",
    "result_version",
    "winner_chance",
    "log_loss",
    "brier",
    "rps",
)


class Page(NamedTuple):
    """What the page of a race or of its sprint shows."""

    race: Race
    kind: str
    result: Edition
    context: dict[str, Any]


@require_safe
def race_file(
    request: HttpRequest,
    year: int,
    round: int,
    card: str,
    form: str,
    kind: str = SessionKind.RACE,
) -> HttpResponse:
    """The table of a card, for the same question that the page was asked."""
    if card not in {*CARDS, *TABLES} or form not in FORMS:
        raise Http404(f"No file {card}.{form} is kept.")
    race = race_or_404(year, round, kind)
    if card in TABLES:
        return _weekend_file(race, kind, card, form)
    result = edition(race, request.GET.get("version"), kind)
    context = forecast_context(
        race,
        kind=kind,
        asked=request.GET.get("stage", ""),
        model=request.GET.get("model", ""),
        base_url="",
        results=result.results,
    )
    if context["forecast"] is None:
        raise Http404(f"No forecast of {race} was issued.")
    forecast = context["shown"]
    model = forecast.model_version
    name = f"{kind}-{year}-{round}-{forecast.stage}-{model.name}-v{model.version}"
    head, rows = CARDS[card](Page(race, kind, result, context))
    name += "" if card == "forecast" else f"-{card}"
    return table_file(form, name, head, rows, content_hash=forecast.content_hash)


def _weekend_file(race: Race, kind: str, card: str, form: str) -> HttpResponse:
    """What is told of the weekend, whatever was forecast."""
    rows = TABLES[card](race, kind)
    if not rows:
        raise Http404(f"The record has no {card} of {race}.")
    head = [field.name for field in fields(rows[0])]
    lines = ([plain(getattr(row, name)) for name in head] for row in rows)
    return table_file(form, f"{kind}-{race.season_id}-{race.round}-{card}", head, lines)


def _forecast(page: Page) -> Table:
    """The favourite first."""
    return FORECAST, (
        (
            row.position_rank,
            row.driver_name,
            row.code,
            row.team_name,
            row.grid,
            row.p_win,
            row.p_podium,
            row.p_points,
            row.p_dnf,
            row.expected_position,
            row.low,
            row.high,
            row.result.text if row.result else "",
        )
        for row in page.context["rows"]
    )


def _mates(page: Page) -> Table:
    """Of each pair the likelier first; who was ahead only once both started."""
    return MATES, (
        (
            duel.first.slug,
            duel.second.slug,
            duel.team_slug,
            duel.first.chance,
            duel.is_first_ahead,
        )
        for duel in page.context["mates"]
    )


def _scores(page: Page) -> Table:
    stage = page.context["forecast"].stage
    return SCORES, (
        (
            score.forecast.model_version.name,
            score.forecast.model_version.version,
            score.forecast.is_primary,
            score.result_version.number if score.result_version else None,
            chance_of_winner(score),
            score.log_loss,
            score.brier,
            score.rps,
        )
        for score in scores_of(page.result, page.race, page.kind, stage)
    )


def _why(page: Page) -> Table:
    return _reasons(_block(page).stands)


def _changes(page: Page) -> Table:
    since = _block(page).since
    if since is None:
        raise Http404("No stage came before.")
    return _reasons(since)


def _block(page: Page) -> Any:
    context = page.context
    shown, before = context["shown"], context["before"]
    return why_block(shown, before, context["rows"], "", FIRST)


def _reasons(rows: WhyRows) -> Table:
    """Percentage points of each group of facts, which add up to the sum."""
    if rows.reason:
        raise Http404(rows.reason)
    groups = [part.label for part in rows.everybody[0].parts] if rows.everybody else []
    return ["driver", "p_win", "sum", *groups], (
        [row.driver_slug, row.p_win, row.change, *(part.change for part in row.parts)]
        for row in rows.everybody
    )


CARDS: dict[str, Callable[[Page], Table]] = {
    "forecast": _forecast,
    "mates": _mates,
    "scores": _scores,
    "why": _why,
    "changes": _changes,
}
